"""What only shows on a real database: races, taken codes, and whether an index is there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, repeat
from random import Random
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import Select

from sonalyze_chassis.database import Database
from sonalyze_storage.domain.catalogue import COLLECTIONS, DEVICES, LOBBIES, MEASUREMENTS
from sonalyze_storage.domain.collection import Collection
from sonalyze_storage.domain.conditions import AlreadyExists
from sonalyze_storage.domain.pages import PageRequest
from sonalyze_storage.infra.rows import TableRows
from sonalyze_storage.shelf import TRIES, Shelf

NEWEST = PageRequest(limit=100, offset=0, after=None, filters={})
LISTS = [
    (collection, name)
    for collection in COLLECTIONS
    for name in (None, *collection.filters)
    if name not in {lookup.field for lookup in collection.lookups}
]
"""What is unique is found by itself, and one row is always in order."""


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    database = Database(migrated_url, pool_size=8, read_json=orjson.Fragment)
    yield database
    await database.close()


def shelf_of(collection: Collection, database: Database) -> Shelf:
    return Shelf(collection, TableRows(collection, database))


async def test_a_device_that_many_tell_of_at_once_is_one_row(database: Database) -> None:
    devices = shelf_of(DEVICES, database)

    rows = await asyncio.gather(*(devices.add({"external_id": "phone"}) for _ in range(40)))

    page = await devices.page(NEWEST)
    assert len({row.fields["id"] for row in rows}) == len(page.rows) == 1
    assert sorted(row.revision for row in rows) == list(range(1, 41))


async def test_batches_of_the_same_rows_never_wait_for_each_other_in_a_circle(
    database: Database,
) -> None:
    measurements = shelf_of(MEASUREMENTS, database)
    ids = [uuid4() for _ in range(50)]

    def batch(order: list[UUID], channels: int) -> list[dict[str, object]]:
        return [{"id": row_id, "channels": channels} for row_id in order]

    orders = [ids, ids[::-1], sorted(ids), sorted(ids)[::-1]]
    await asyncio.gather(
        *(measurements.write(batch(order, n)) for n, order in enumerate(orders * 4, start=1))
    )

    page = await measurements.page(NEWEST)
    assert {row["id"] for row in page.rows} == set(ids)
    assert len({row["channels"] for row in page.rows}) == 1


async def test_batches_that_say_different_things_of_the_same_rows_never_do_either(
    database: Database,
) -> None:
    measurements = shelf_of(MEASUREMENTS, database)
    ids = [uuid4() for _ in range(50)]
    chance = Random(7)  # noqa: S311  a test's own chance
    said = [{"channels": 1}, {"kind": "raw"}, {"raw_bytes": 2, "kind": "raw"}, {}]

    def batch() -> list[dict[str, object]]:
        return [{"id": row_id, **chance.choice(said)} for row_id in ids]

    await asyncio.gather(*(measurements.write(batch()) for _ in range(16)))

    page = await measurements.page(NEWEST)
    assert {row["id"] for row in page.rows} == set(ids)


async def test_a_new_row_of_a_mixed_batch_has_not_changed_yet(database: Database) -> None:
    measurements = shelf_of(MEASUREMENTS, database)
    known, new = await measurements.add({"channels": 2}), uuid4()
    known_id = known.fields["id"]

    await measurements.write([{"id": new, "channels": 1}, {"id": known_id, "kind": "session"}])

    first, second = await measurements.find("id", new), await measurements.find("id", known_id)
    assert (first.revision, first.fields["channels"]) == (1, 1)
    assert (second.revision, second.fields["kind"], second.fields["channels"]) == (2, "session", 2)


async def test_a_code_that_is_taken_is_drawn_again(database: Database) -> None:
    codes = chain(repeat("SAME00", TRIES), repeat("OTHER0", 2))
    lobbies = shelf_of(replace(LOBBIES, drawn={"code": lambda: next(codes)}), database)

    first, second = await lobbies.add({}), await lobbies.add({})

    assert (first.fields["code"], second.fields["code"]) == ("SAME00", "OTHER0")


async def test_codes_of_a_batch_that_are_taken_are_drawn_again(database: Database) -> None:
    codes = chain(["SAME00", "SAME00"], (f"CODE{number:02}" for number in range(10)))
    lobbies = shelf_of(replace(LOBBIES, drawn={"code": lambda: next(codes)}), database)

    ids = await lobbies.write([{"state": "open"}, {"state": "closed"}])

    page = await lobbies.page(NEWEST)
    assert {row["id"] for row in page.rows} == set(ids)
    assert len({row["code"] for row in page.rows}) == 2


async def test_drawing_ends(database: Database) -> None:
    lobbies = shelf_of(replace(LOBBIES, drawn={"code": lambda: "SAME00"}), database)
    await lobbies.add({})

    with pytest.raises(AlreadyExists):
        await lobbies.add({})
    with pytest.raises(AlreadyExists):
        await lobbies.write([{}])


async def test_a_document_leaves_as_the_database_keeps_it(database: Database) -> None:
    devices = shelf_of(DEVICES, database)
    metadata = {"os": "17.2", "nested": [{"deep": None}], "ratio": 0.1, "ö": "ü"}

    row = await devices.add({"external_id": "phone", "metadata": metadata})

    assert orjson.loads(orjson.dumps(row.fields["metadata"])) == metadata


async def test_every_list_is_read_from_an_index_in_its_order(database: Database) -> None:
    bounds = {"most": 101, "offset": 0, "after_time": datetime.now(UTC), "after_id": uuid4()}

    plans = {}
    for collection, name in LISTS:
        filters = {name: "queued" if name == "status" else uuid4()} if name else {}
        statements = TableRows(collection, database)._statements
        page = statements.page(frozenset(filters), goes_on=True).params(**bounds, **filters)
        plans[collection.resource, name] = await plan_of(database, page)

    assert all("INDEX" in plan.upper() for plan in plans.values()), plans
    assert not any("Sort" in plan or "TEMP B-TREE" in plan for plan in plans.values()), plans


async def plan_of(database: Database, statement: Select[Any]) -> str:
    """Ask the database what it would do if it had many rows."""
    dialect = database.engine.dialect
    query = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    async with database.engine.connect() as connection:
        if dialect.name == "postgresql":
            await connection.exec_driver_sql("SET enable_seqscan = off")
            await connection.exec_driver_sql("SET enable_bitmapscan = off")
        explain = "EXPLAIN" if dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        lines = (await connection.exec_driver_sql(f"{explain} {query}")).all()
    return "\n".join(str(line[-1]) for line in lines)
