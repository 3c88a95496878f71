"""Lobbies, participants, their log, sessions and what their analyses found."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to the newer schema."""
    op.create_table(
        "lobbies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("creator_device_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lobbies")),
        sa.UniqueConstraint("code", name=op.f("uq_lobbies_code")),
    )
    op.create_table(
        "lobby_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lobby_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lobby_id"],
            ["lobbies.id"],
            name=op.f("fk_lobby_events_lobby_id_lobbies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lobby_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_lobby_events_lobby_id_id"), "lobby_events", ["lobby_id", "id"], unique=False
    )

    op.create_table(
        "participants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lobby_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("role_slot_id", sa.String(length=64), nullable=True),
        sa.Column("role_slot_label", sa.String(length=128), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lobby_id"],
            ["lobbies.id"],
            name=op.f("fk_participants_lobby_id_lobbies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint(
            "lobby_id", "device_id", name=op.f("uq_participants_lobby_id_device_id")
        ),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lobby_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lobby_id"],
            ["lobbies.id"],
            name=op.f("fk_sessions_lobby_id_lobbies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_deadline"), "sessions", ["deadline"], unique=False)
    op.create_index(
        op.f("ix_sessions_lobby_id_created_at"),
        "sessions",
        ["lobby_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sessions_unsettled"),
        "sessions",
        ["id"],
        unique=False,
        sqlite_where=sa.text("NOT settled"),
        postgresql_where=sa.text("NOT settled"),
    )
    op.create_index(
        op.f("uq_sessions_running"),
        "sessions",
        ["lobby_id"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )

    op.create_table(
        "analysis_outcomes",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("speaker_slot_id", sa.String(length=64), nullable=False),
        sa.Column("microphone_slot_id", sa.String(length=64), nullable=False),
        sa.Column("upload_name", sa.String(length=128), nullable=False),
        sa.Column("results", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_analysis_outcomes_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "session_id", "speaker_slot_id", "microphone_slot_id", name=op.f("pk_analysis_outcomes")
        ),
    )


def downgrade() -> None:
    """Go back to the older schema."""
    op.drop_table("analysis_outcomes")

    op.drop_table("sessions")
    op.drop_table("participants")

    op.drop_table("lobby_events")
    op.drop_table("lobbies")
