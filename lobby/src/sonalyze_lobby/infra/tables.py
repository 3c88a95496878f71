"""The lobby's schema. Times are UTC in every database; ids that clients see are texts."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names, so that a later migration can drop them in every database."""


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: PostgreSQL keeps the zone, for SQLite it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse what has no zone; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is no point in time")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


METADATA = MetaData(naming_convention=NAMES)

LOBBIES = Table(
    "lobbies",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("code", String(16), nullable=False, unique=True),
    Column("creator_device_id", String(128), nullable=False),
    Column("state", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

PARTICIPANTS = Table(
    "participants",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("lobby_id", String(36), ForeignKey("lobbies.id", ondelete="CASCADE"), nullable=False),
    Column("device_id", String(128), nullable=False),
    Column("role", String(32), nullable=False),
    Column("role_slot_id", String(64)),
    Column("role_slot_label", String(128)),
    Column("status", String(32), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    UniqueConstraint("lobby_id", "device_id"),
)

LOBBY_EVENTS = Table(
    "lobby_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("lobby_id", String(36), ForeignKey("lobbies.id", ondelete="CASCADE"), nullable=False),
    Column("type", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "lobby_id", "id"),
    sqlite_autoincrement=True,
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("lobby_id", String(36), ForeignKey("lobbies.id", ondelete="CASCADE"), nullable=False),
    Column("status", String(32), nullable=False),
    Column("deadline", UtcDateTime, index=True),
    Column("settled", Boolean, nullable=False),
    Column("state", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "lobby_id", "created_at"),
)
"""``state`` is the session itself; the other columns are what it is looked up by."""

Index(
    "uq_sessions_running",
    SESSIONS.c.lobby_id,
    unique=True,
    sqlite_where=text("status = 'running'"),
    postgresql_where=text("status = 'running'"),
)

Index(
    "ix_sessions_unsettled",
    SESSIONS.c.id,
    sqlite_where=text("NOT settled"),
    postgresql_where=text("NOT settled"),
)

OUTCOMES = Table(
    "analysis_outcomes",
    METADATA,
    Column(
        "session_id",
        String(36),
        ForeignKey("sessions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("speaker_slot_id", String(64), primary_key=True),
    Column("microphone_slot_id", String(64), primary_key=True),
    Column("upload_name", String(128), nullable=False),
    Column("results", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
)
