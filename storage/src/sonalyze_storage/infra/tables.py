"""The schema: native UUIDs and JSONB on PostgreSQL, times in UTC everywhere.

Columns have their wire names as keys. Every list is ordered by its time and id, so every documented
filter has an index that ends with these two, and the whole table has one of its own.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from sonalyze_chassis.columns import DOCUMENT, NAMES, UtcDateTime

MIGRATIONS = "sonalyze_storage.infra:migrations"

METADATA = MetaData(naming_convention=NAMES)


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _revision() -> Column[Any]:
    return Column("revision", Integer, nullable=False, server_default=text("1"))


def _time(name: str = "created_at") -> Column[Any]:
    return Column(name, UtcDateTime, nullable=False)


def _document(name: str, key: str | None = None) -> Column[Any]:
    return Column(name, DOCUMENT, nullable=False, key=key or name)


def _part_of(name: str, owner: str, *, unique: bool = False) -> Column[Any]:
    """Refer to what it goes with."""
    owner_id = ForeignKey(f"{owner}.id", ondelete="CASCADE")
    return Column(name, Uuid, owner_id, nullable=False, unique=unique)


def _related_to(name: str, other: str) -> Column[Any]:
    """Refer to what may go without it."""
    return Column(name, Uuid, ForeignKey(f"{other}.id", ondelete="SET NULL"))


DEVICES = Table(
    "devices",
    METADATA,
    _id(),
    Column("external_id", String(128), nullable=False, unique=True),
    Column("label", String(256)),
    Column("platform", String(64)),
    _document("meta", key="metadata"),
    _time(),
    _revision(),
    Index(None, "created_at", "id"),
)

LOBBIES = Table(
    "lobbies",
    METADATA,
    _id(),
    Column("code", String(16), nullable=False, unique=True),
    Column("state", String(32), nullable=False),
    _related_to("creator_device_id", "devices"),
    _time(),
    _revision(),
    Index(None, "created_at", "id"),
    Index(None, "creator_device_id"),
)

PARTICIPANTS = Table(
    "participants",
    METADATA,
    _id(),
    _part_of("lobby_id", "lobbies"),
    _part_of("device_id", "devices"),
    Column("role", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    _time("joined_at"),
    _revision(),
    UniqueConstraint("lobby_id", "device_id"),
    Index(None, "joined_at", "id"),
    Index(None, "lobby_id", "joined_at", "id"),
    Index(None, "device_id", "joined_at", "id"),
)

MEASUREMENTS = Table(
    "measurements",
    METADATA,
    _id(),
    _related_to("lobby_id", "lobbies"),
    _related_to("created_by_device_id", "devices"),
    Column("kind", String(64), nullable=False),
    Column("sample_rate_hz", Integer),
    Column("channels", Integer),
    Column("raw_blob_ref", Text),
    Column("raw_bytes", BigInteger),
    Column("raw_sha256", String(64)),
    _document("meta", key="metadata"),
    Column("started_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    _time(),
    _revision(),
    Index(None, "created_at", "id"),
    Index(None, "lobby_id", "created_at", "id"),
    Index(None, "created_by_device_id", "created_at", "id"),
)

ANALYSIS_OUTPUTS = Table(
    "analysis_outputs",
    METADATA,
    _id(),
    _part_of("measurement_id", "measurements"),
    Column("type", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    _document("result"),
    _time(),
    _revision(),
    Index(None, "created_at", "id"),
    Index(None, "measurement_id", "created_at", "id"),
)

SIMULATION_JOBS = Table(
    "simulation_jobs",
    METADATA,
    _id(),
    _related_to("requested_by_device_id", "devices"),
    _related_to("lobby_id", "lobbies"),
    Column("status", String(32), nullable=False),
    _document("params"),
    _time(),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("error", Text),
    _revision(),
    Index(None, "created_at", "id"),
    Index(None, "requested_by_device_id"),
    Index(None, "lobby_id", "created_at", "id"),
    Index(None, "status", "created_at", "id"),
)

SIMULATION_RESULTS = Table(
    "simulation_results",
    METADATA,
    _id(),
    _part_of("job_id", "simulation_jobs", unique=True),
    _document("result"),
    _time(),
    _revision(),
    Index(None, "created_at", "id"),
)
