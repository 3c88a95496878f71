"""What was written down reaches storage once, in order, whatever happens on the way."""

import asyncio
import os
import random
import time
from itertools import pairwise

import pytest
from outbox_harness import desk, fields_of, row, uuid_of
from sqlalchemy import text
from storage_double import StorageDouble
from structlog.testing import capture_logs

from sonalyze_chassis.drain import FAREWELL_S, LONGEST_PAUSE_S
from sonalyze_contracts.archive import LARGEST_BATCH_BYTES, MOST_BATCH_ROWS, Resource


async def test_what_is_committed_leaves_at_once(database_url: str, storage: StorageDouble) -> None:
    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        await service.pauses.idle()

        await service.write(row("a", code="AAAAAA"))
        await storage.has(uuid_of("a"))

        assert storage.rows[str(uuid_of("a"))] == {"id": str(uuid_of("a")), "code": "AAAAAA"}
        assert (await service.drained()).waiting == 0


async def test_what_is_rolled_back_never_leaves(database_url: str, storage: StorageDouble) -> None:
    async with desk(database_url, storage.url) as service:
        service.drainer.start()

        async with service.database.engine.connect() as connection, connection.begin() as change:
            await service.outbox.enqueue(connection, [row("a")])
            await change.rollback()
        await service.drained()

        assert storage.batches == []


async def test_while_storage_is_down_nothing_is_lost_and_afterwards_all_is_there_once(
    database_url: str, storage: StorageDouble
) -> None:
    await storage.stop()
    async with desk(database_url, storage.url) as service:
        service.pauses.may_end.clear()
        service.drainer.start()
        for number in range(30):
            await service.write(row(f"{number}", code=f"{number}"))
        await service.pauses.happened(1)

        await storage.start()
        service.pauses.may_end.set()
        await service.pauses.idle()

        assert [one["code"] for one in storage.of("lobbies")] == [f"{n}" for n in range(30)]
        assert sum(len(batch.ids) for batch in storage.batches) == 30
        assert (await service.backlog.counts()).waiting == 0


async def test_pauses_double_up_to_a_limit_and_begin_anew_after_a_success(
    database_url: str, storage: StorageDouble
) -> None:
    storage.statuses = [500, 502, 503, 500, 404, 401, 429, 500, 500]
    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        await service.write(row("a"))
        await storage.has(uuid_of("a"))
        await service.drained()
        storage.statuses = [503]

        await service.write(row("b"))
        await storage.has(uuid_of("b"))

        growing, again = service.pauses.longest_s[:9], service.pauses.longest_s[9:]
        assert growing == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
        assert again == [0.1]


async def test_an_answer_that_takes_too_long_is_not_waited_for(
    database_url: str, storage: StorageDouble
) -> None:
    storage.is_open.clear()
    async with desk(database_url, storage.url, timeout_s=0.05) as service:
        service.drainer.start()
        await service.write(row("a"))
        await service.pauses.happened(1)

        storage.is_open.set()
        await storage.has(uuid_of("a"))

        assert (await service.drained()).waiting == 0


async def test_a_batch_whose_answer_got_lost_is_sent_again_and_changes_nothing(
    database_url: str, storage: StorageDouble
) -> None:
    storage.hangs_up_after_writing = 1
    async with desk(database_url, storage.url) as service:
        await service.write(row("a", code="A"), row("b", code="B"))

        service.drainer.start()
        left = await service.drained()

        first, second = storage.batches
        assert first == second
        assert [one["code"] for one in storage.of("lobbies")] == ["A", "B"]
        assert left.waiting == 0


async def test_the_next_process_goes_on_where_one_died_before_it_deleted(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as dying:
        await dying.write(row("a", code="A"), row("b", code="B"))
        await dying.backlog.oldest()
        storage.rows[str(uuid_of("a"))] = {"id": str(uuid_of("a")), "code": "A"}
        storage.resources[str(uuid_of("a"))] = "lobbies"

    async with desk(database_url, storage.url) as heir:
        heir.drainer.start()
        left = await heir.drained()

    assert [one["code"] for one in storage.of("lobbies")] == ["A", "B"]
    assert left.waiting == 0


@pytest.mark.parametrize("place", [0, 1, 50, 98, 99])
async def test_a_row_that_is_refused_holds_up_no_other(
    database_url: str, storage: StorageDouble, place: int
) -> None:
    storage.poison = {str(uuid_of(f"{place}"))}
    async with desk(database_url, storage.url) as service:
        await service.write(*(row(f"{number}", code=f"{number}") for number in range(100)))

        service.drainer.start()
        left = await service.drained()

        assert [one["code"] for one in storage.of("lobbies")] == [
            f"{number}" for number in range(100) if number != place
        ]
        assert (left.waiting, left.refused) == (0, 1)
        assert len(storage.batches) <= 15


async def test_what_was_refused_is_tried_again_at_the_next_start(
    database_url: str, storage: StorageDouble
) -> None:
    storage.poison = {str(uuid_of("a"))}
    async with desk(database_url, storage.url) as service:
        await service.write(row("a"), row("b"))
        service.drainer.start()
        await service.drained()
    storage.poison.clear()

    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        left = await service.drained()

    assert str(uuid_of("a")) in storage.rows
    assert (left.waiting, left.refused) == (0, 0)


async def test_an_earlier_change_that_was_refused_never_undoes_a_later_one(
    database_url: str, storage: StorageDouble
) -> None:
    storage.poison = {str(uuid_of("a"))}
    async with desk(database_url, storage.url) as service:
        await service.write(row("a", code="A", state="open"))
        service.drainer.start()
        await service.drained()
        storage.poison.clear()

        await service.write(row("a", state="measuring"))
        left = await service.drained()

    assert fields_of(storage.rows[str(uuid_of("a"))]) == {"code": "A", "state": "measuring"}
    assert (left.waiting, left.refused) == (0, 0)


async def test_a_row_that_no_request_can_carry_is_refused_without_one(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as service:
        await service.write(row("a"), row("b", code="x" * LARGEST_BATCH_BYTES), row("c"))

        service.drainer.start()
        left = await service.drained()

        assert storage.rows.keys() == {str(uuid_of("a")), str(uuid_of("c"))}
        assert left.refused == 1


async def test_requests_stay_within_the_limits_of_rows_and_bytes(
    sqlite_url: str, storage: StorageDouble
) -> None:
    heavy = "x" * (LARGEST_BATCH_BYTES // 3)
    async with desk(sqlite_url, storage.url) as service:
        await service.write(*(row(f"{number}") for number in range(MOST_BATCH_ROWS + 1)))
        await service.write(*(row(f"heavy {number}", code=heavy) for number in range(4)))

        service.drainer.start()
        left = await service.drained()

        assert [len(batch.ids) for batch in storage.batches] == [1_000, 3, 2]
        assert (left.waiting, left.refused) == (0, 0)


async def test_changes_of_one_thing_arrive_as_its_last_one(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as service:
        for state in ("created", "open", "measuring"):
            await service.write(row("a", state=state, code="A"))

        service.drainer.start()
        await service.drained()

        assert fields_of(storage.rows[str(uuid_of("a"))]) == {"code": "A", "state": "measuring"}
        assert [batch.ids for batch in storage.batches] == [[str(uuid_of("a"))]]


async def test_parents_arrive_before_what_refers_to_them(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as service:
        backwards = list(reversed(Resource))
        await service.write(*(row(resource, resource) for resource in backwards))

        service.drainer.start()
        await service.drained()

        assert [batch.resource for batch in storage.batches] == list(Resource)


async def test_rows_leave_in_the_order_in_which_they_were_written(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as service:
        service.drainer.start()

        for number in range(50):
            await service.write(row(f"{number}", code=number))
        await service.drained()

        codes = [one["code"] for one in storage.of("lobbies")]
        assert all(earlier < later for earlier, later in pairwise(codes))
        assert len(codes) == 50


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_on_the_way_things_only_go_forward_and_end_as_they_were_written(
    database_url: str, storage: StorageDouble, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  a test's own chance
    last: dict[str, int] = {}
    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        for version in range(60):
            name = chance.choice("abcdefgh")
            last[name] = version
            await service.write(row(name, version=version))
            if chance.random() < 0.3:
                storage.statuses.append(chance.choice([500, 503, 429]))
            if chance.random() < 0.2:
                storage.hangs_up_after_writing += 1
        for name, version in last.items():
            await storage.shows(uuid_of(name), version=version)
        left = await service.drained()

    seen: dict[str, list[int]] = {}
    for written in storage.history:
        seen.setdefault(written["id"], []).append(written["version"])
    assert all(versions == sorted(versions) for versions in seen.values())
    assert (left.waiting, left.refused) == (0, 0)


async def test_replicas_of_a_service_take_turns(postgres_url: str, storage: StorageDouble) -> None:
    async with desk(postgres_url, storage.url) as one, desk(postgres_url, storage.url) as other:
        storage.is_open.clear()
        await one.write(row("a"))
        one.drainer.start()
        await storage.asked(1)

        other.drainer.start()
        await other.pauses.happened(2)
        storage.is_open.set()
        await other.drained()

        assert [batch.ids for batch in storage.batches] == [[str(uuid_of("a"))]]


async def test_that_another_replica_drains_is_nothing_to_warn_of(
    postgres_url: str, storage: StorageDouble
) -> None:
    async with desk(postgres_url, storage.url) as one, desk(postgres_url, storage.url) as other:
        with capture_logs() as logged:
            async with one.backlog.turn():
                other.drainer.start()
                await other.pauses.happened(2)
            await other.drained()

    assert logged == []


async def test_a_replica_drains_what_a_dead_one_has_left(
    postgres_url: str, storage: StorageDouble
) -> None:
    async with desk(postgres_url, storage.url) as dead:
        await dead.write(row("a"))
        async with desk(postgres_url, storage.url) as living:
            living.drainer.start()

            await storage.has(uuid_of("a"))

            assert (await living.drained()).waiting == 0


async def test_a_stop_sends_what_can_be_sent(database_url: str, storage: StorageDouble) -> None:
    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        await service.pauses.idle()
        await service.write(row("a"))

        await service.drainer.close()

        assert str(uuid_of("a")) in storage.rows
        assert (await service.backlog.counts()).waiting == 0


async def test_a_stop_does_not_wait_for_a_storage_that_does_not_answer(
    database_url: str, storage: StorageDouble
) -> None:
    storage.is_open.clear()
    async with desk(database_url, storage.url, timeout_s=60.0) as service:
        service.drainer.start()
        await service.write(row("a"))
        await storage.asked(1)
        began_at_s = time.monotonic()

        await service.drainer.close()

        assert time.monotonic() - began_at_s < 2 * FAREWELL_S
        assert (await service.backlog.counts()).waiting == 1
        storage.is_open.set()


async def test_a_stop_ends_a_pause_between_attempts(
    database_url: str, storage: StorageDouble
) -> None:
    storage.statuses = [503] * 100
    async with desk(database_url, storage.url) as service:
        service.pauses.may_end.clear()
        service.drainer.start()
        await service.write(row("a"))
        await service.pauses.happened(1)

        await asyncio.wait_for(service.drainer.close(), FAREWELL_S / 2)

        assert (await service.backlog.counts()).waiting == 1


async def test_a_stop_while_the_database_does_not_answer_leaves_nothing_running(
    postgres_url: str, storage: StorageDouble
) -> None:
    async with desk(postgres_url, storage.url) as service:
        await service.write(row("a"))
        before = asyncio.all_tasks()
        async with service.database.transaction() as other:
            await other.execute(text("LOCK TABLE outbox"))
            service.drainer.start()
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while not await other.scalar(waiting):
                await other.execute(text("SELECT pg_stat_clear_snapshot()"))

            await service.drainer.close()

            assert asyncio.all_tasks() <= before


async def test_a_database_that_does_not_answer_is_asked_again(
    sqlite_url: str, storage: StorageDouble
) -> None:
    path = sqlite_url.removeprefix("sqlite+aiosqlite:///")
    async with desk(sqlite_url, storage.url) as service:
        await service.write(row("a"))
        await service.database.close()
        os.rename(path, f"{path}.away")  # noqa: PTH104  between two statements of the test
        os.mkdir(path)  # noqa: PTH102  nothing can be opened here
        service.pauses.may_end.clear()
        service.drainer.start()
        await service.pauses.happened(1)

        os.rmdir(path)  # noqa: PTH106
        os.rename(f"{path}.away", path)  # noqa: PTH104
        service.pauses.may_end.set()

        await storage.has(uuid_of("a"))
