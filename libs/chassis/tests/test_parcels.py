"""Requests hold every row once, parents first, and stay within storage's limits."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_chassis.parcels import (
    LARGEST_PARCEL_BYTES,
    ORDER,
    Entry,
    Parcel,
    batches_of,
    body_of,
    parcels_of,
)
from sonalyze_contracts.archive import LARGEST_BATCH_BYTES, MOST_BATCH_ROWS, Resource

FIELDS = st.dictionaries(
    st.sampled_from("abc"), st.integers(-9, 9) | st.text(max_size=4) | st.none(), max_size=3
)


@st.composite
def lines(draw: st.DrawFn) -> list[Entry]:
    """Draw the lines of an outbox, several of one thing among them, in any order of reading."""
    drawn = draw(
        st.lists(st.tuples(st.sampled_from(Resource), st.sampled_from("wxyz"), FIELDS), max_size=30)
    )
    entries = [
        Entry(number, resource, row_id, orjson.dumps(fields).decode())
        for number, (resource, row_id, fields) in enumerate(drawn)
    ]
    return draw(st.permutations(entries))


@given(lines())
def test_every_thing_is_one_row_of_all_its_changes_the_later_over_the_earlier(
    entries: list[Entry],
) -> None:
    expected: dict[tuple[Resource, str], dict[str, object]] = {}
    for entry in sorted(entries, key=lambda entry: entry.id):
        row = expected.setdefault((entry.resource, entry.row_id), {"id": entry.row_id})
        row |= orjson.loads(entry.fields)

    parcels = parcels_of(entries)

    rows = {(one.resource, one.row_id): orjson.loads(one.body) for one in parcels}
    assert rows == expected
    assert len(parcels) == len(rows)
    numbers = [number for one in parcels for number in one.entry_ids]
    assert sorted(numbers) == sorted(entry.id for entry in entries)


@given(lines())
def test_parents_come_first_and_things_of_a_kind_in_the_order_of_their_first_change(
    entries: list[Entry],
) -> None:
    parcels = parcels_of(entries)

    order = [(ORDER[one.resource], one.entry_ids[0]) for one in parcels]
    assert order == sorted(order)


@given(
    st.lists(st.tuples(st.sampled_from(Resource), st.integers(2, LARGEST_PARCEL_BYTES)), max_size=8)
)
def test_requests_are_of_one_kind_and_no_larger_than_storage_takes(
    sizes: list[tuple[Resource, int]],
) -> None:
    parcels = [
        Parcel(resource, "x", bytes(size_bytes), (number,))
        for number, (resource, size_bytes) in enumerate(sizes)
    ]

    batches = list(batches_of(parcels))

    assert [one for batch in batches for one in batch] == parcels
    assert all(len({one.resource for one in batch}) == 1 for batch in batches)
    assert all(len(body_of(batch)) <= LARGEST_BATCH_BYTES for batch in batches)


def test_a_request_has_no_more_rows_than_storage_takes() -> None:
    parcels = [
        Parcel(Resource.DEVICES, f"{number}", b"{}", (number,))
        for number in range(2 * MOST_BATCH_ROWS + 1)
    ]

    batches = list(batches_of(parcels))

    assert [len(batch) for batch in batches] == [MOST_BATCH_ROWS, MOST_BATCH_ROWS, 1]


def test_a_row_as_large_as_a_request_fits_into_one() -> None:
    largest = Parcel(Resource.DEVICES, "x", bytes(LARGEST_PARCEL_BYTES), (1,))
    larger = Parcel(Resource.DEVICES, "y", bytes(LARGEST_PARCEL_BYTES + 1), (2,))

    assert len(body_of([largest])) == LARGEST_BATCH_BYTES
    assert (largest.is_too_large, larger.is_too_large) == (False, True)
