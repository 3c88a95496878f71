"""What is intended leaves only once it has become true; what is behind is counted."""

from outbox_harness import TABLE, desk, fields_of, row, uuid_of
from prometheus_client import CollectorRegistry
from sqlalchemy import MetaData
from storage_double import StorageDouble

from sonalyze_chassis.archive import NoArchive, archiving
from sonalyze_chassis.arrears import counted
from sonalyze_chassis.outbox import outbox_in


async def test_an_intention_stays_until_it_is_fulfilled(
    database_url: str, storage: StorageDouble
) -> None:
    async with desk(database_url, storage.url) as service:
        service.drainer.start()
        async with service.database.transaction() as connection:
            number = await service.outbox.intend(connection, row("a", code="planned"))
        await service.drained()
        before = list(storage.batches)

        async with service.database.transaction() as connection:
            await service.outbox.fulfil(connection, number, row("a", code="done"))
        await service.drained()

        assert before == []
        assert fields_of(storage.rows[str(uuid_of("a"))]) == {"code": "done"}


async def test_the_next_process_finds_the_intentions_and_settles_them(
    database_url: str, storage: StorageDouble
) -> None:
    async with (
        desk(database_url, storage.url) as dying,
        dying.database.transaction() as connection,
    ):
        await dying.outbox.intend(connection, row("a", code="A"))
        await dying.outbox.intend(connection, row("b", code="B"))

    async with desk(database_url, storage.url) as heir:
        async with heir.database.transaction() as connection:
            found = await heir.outbox.intended(connection)
            first, second = found
            await heir.outbox.drop(connection, first)
            await heir.outbox.fulfil(connection, second, found[second])
            left = await heir.outbox.intended(connection)
        heir.drainer.start()
        await heir.drained()

    assert list(found.values()) == [row("a", code="A"), row("b", code="B")]
    assert left == {}
    assert storage.rows.keys() == {str(uuid_of("b"))}


async def test_the_metrics_say_how_far_behind_the_archive_is(
    database_url: str, storage: StorageDouble
) -> None:
    registry = CollectorRegistry()
    storage.statuses = [503] * 100
    storage.poison = {str(uuid_of("a"))}
    async with desk(database_url, storage.url) as service:
        with counted(registry, service.drainer):
            service.pauses.may_end.clear()
            await service.write(row("a"), row("b"), row("c"))
            service.drainer.start()
            await service.pauses.happened(1)
            behind = registry.get_sample_value("sonalyze_archive_backlog_rows")
            age_s = registry.get_sample_value("sonalyze_archive_oldest_row_age_seconds")

            storage.statuses.clear()
            service.pauses.may_end.set()
            await service.pauses.idle()

            assert behind == 3
            assert age_s
            assert registry.get_sample_value("sonalyze_archive_backlog_rows") == 0
            assert registry.get_sample_value("sonalyze_archive_refused_rows") == 1
            assert registry.get_sample_value("sonalyze_archive_oldest_row_age_seconds") == 0
        assert list(registry.collect()) == []


async def test_the_archive_of_a_service_without_storage_writes_nothing(
    database_url: str, storage: StorageDouble
) -> None:
    archive = NoArchive()
    async with desk(database_url, storage.url) as service:
        async with service.database.transaction() as connection:
            await archive.enqueue(connection, [row("a")])
        archive.committed(connection)

        assert (await service.backlog.counts()).waiting == 0


async def test_an_archive_is_a_context(database_url: str, storage: StorageDouble) -> None:
    async with (
        desk(database_url, storage.url) as service,
        archiving(storage.url, database_url, TABLE, CollectorRegistry()) as outbox,
    ):
        async with service.database.transaction() as connection:
            await outbox.enqueue(connection, [row("a")])
        outbox.committed(connection)

        await storage.has(uuid_of("a"))


def test_the_outbox_is_part_of_a_services_own_schema() -> None:
    metadata = MetaData()

    table = outbox_in(metadata)

    assert metadata.tables == {"outbox": table}
