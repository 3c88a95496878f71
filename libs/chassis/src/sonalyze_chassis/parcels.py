"""What goes to storage in one request: rows of one resource, several changes of one row as one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from sonalyze_contracts.archive import LARGEST_BATCH_BYTES, MOST_BATCH_ROWS, Resource

ORDER: Final = {resource: place for place, resource in enumerate(Resource)}

BEFORE, BETWEEN, AFTER = b'{"rows":[', b",", b"]}"

LARGEST_PARCEL_BYTES: Final = LARGEST_BATCH_BYTES - len(BEFORE) - len(AFTER)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outbox; ``fields`` is a JSON object, read only where it has to be."""

    id: int
    resource: Resource
    row_id: str
    fields: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A row as storage takes it, and the lines of the outbox that it makes good."""

    resource: Resource
    row_id: str
    body: bytes
    entry_ids: tuple[int, ...]

    @property
    def is_too_large(self) -> bool:
        """Say whether no request could carry it."""
        return len(self.body) > LARGEST_PARCEL_BYTES


def parcels_of(entries: Iterable[Entry]) -> list[Parcel]:
    """Make one row of all changes of a thing, parents before what refers to them."""
    things: dict[tuple[Resource, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (ORDER[entry.resource], entry.id)):
        things.setdefault((entry.resource, entry.row_id), []).append(entry)
    return [_parcel(changes) for changes in things.values()]


def batches_of(parcels: Iterable[Parcel]) -> Iterator[list[Parcel]]:
    """Split what goes out into requests of one resource each, within storage's limits."""
    batch: list[Parcel] = []
    size_bytes = 0
    for parcel in parcels:
        grown_bytes = size_bytes + len(BETWEEN) + len(parcel.body)
        if batch and (
            parcel.resource is not batch[0].resource
            or len(batch) == MOST_BATCH_ROWS
            or grown_bytes > LARGEST_PARCEL_BYTES
        ):
            yield batch
            batch, grown_bytes = [], len(parcel.body)
        batch.append(parcel)
        size_bytes = grown_bytes
    if batch:
        yield batch


def body_of(batch: Sequence[Parcel]) -> bytes:
    """Give the request's body."""
    return BEFORE + BETWEEN.join(parcel.body for parcel in batch) + AFTER


def _parcel(changes: Sequence[Entry]) -> Parcel:
    first = changes[0]
    fields = first.fields if len(changes) == 1 else _folded(changes)
    rest = f",{fields[1:]}" if fields != "{}" else "}"
    return Parcel(
        first.resource,
        first.row_id,
        f'{{"id":"{first.row_id}"{rest}'.encode(),
        tuple(change.id for change in changes),
    )


def _folded(changes: Sequence[Entry]) -> str:
    fields: dict[str, object] = {}
    for change in changes:
        fields |= orjson.loads(change.fields)
    return orjson.dumps(fields).decode()
