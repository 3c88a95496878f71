"""The lobby's schema. Times are UTC in every database; ids that clients see are texts."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from sonalyze_chassis.columns import NAMES, UtcDateTime
from sonalyze_chassis.outbox import outbox_in

MIGRATIONS = "sonalyze_lobby.infra:migrations"

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

OUTBOX = outbox_in(METADATA)
"""What storage has not been told yet; empty while there is no storage."""
