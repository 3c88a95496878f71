"""Devices, lobbies, participants, measurements, their analyses, simulations and results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to the newer schema."""
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("label", sa.String(length=256), nullable=True),
        sa.Column("platform", sa.String(length=64), nullable=True),
        sa.Column("meta", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("external_id", name=op.f("uq_devices_external_id")),
    )
    op.create_index(op.f("ix_devices_created_at_id"), "devices", ["created_at", "id"], unique=False)
    op.create_table(
        "lobbies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("creator_device_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["creator_device_id"],
            ["devices.id"],
            name=op.f("fk_lobbies_creator_device_id_devices"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lobbies")),
        sa.UniqueConstraint("code", name=op.f("uq_lobbies_code")),
    )
    op.create_index(op.f("ix_lobbies_created_at_id"), "lobbies", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_lobbies_creator_device_id"), "lobbies", ["creator_device_id"], unique=False
    )
    op.create_table(
        "measurements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lobby_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_device_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("sample_rate_hz", sa.Integer(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("raw_blob_ref", sa.Text(), nullable=True),
        sa.Column("raw_bytes", sa.BigInteger(), nullable=True),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("meta", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_device_id"],
            ["devices.id"],
            name=op.f("fk_measurements_created_by_device_id_devices"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["lobby_id"],
            ["lobbies.id"],
            name=op.f("fk_measurements_lobby_id_lobbies"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
    )
    op.create_index(
        op.f("ix_measurements_created_at_id"), "measurements", ["created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_measurements_created_by_device_id_created_at_id"),
        "measurements",
        ["created_by_device_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_measurements_lobby_id_created_at_id"),
        "measurements",
        ["lobby_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lobby_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_participants_device_id_devices"),
            ondelete="CASCADE",
        ),
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
    op.create_index(
        op.f("ix_participants_device_id_joined_at_id"),
        "participants",
        ["device_id", "joined_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_participants_joined_at_id"), "participants", ["joined_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_participants_lobby_id_joined_at_id"),
        "participants",
        ["lobby_id", "joined_at", "id"],
        unique=False,
    )
    op.create_table(
        "simulation_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requested_by_device_id", sa.Uuid(), nullable=True),
        sa.Column("lobby_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column(
            "params", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["lobby_id"],
            ["lobbies.id"],
            name=op.f("fk_simulation_jobs_lobby_id_lobbies"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_device_id"],
            ["devices.id"],
            name=op.f("fk_simulation_jobs_requested_by_device_id_devices"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation_jobs")),
    )
    op.create_index(
        op.f("ix_simulation_jobs_created_at_id"),
        "simulation_jobs",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_simulation_jobs_lobby_id_created_at_id"),
        "simulation_jobs",
        ["lobby_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_simulation_jobs_requested_by_device_id"),
        "simulation_jobs",
        ["requested_by_device_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_simulation_jobs_status_created_at_id"),
        "simulation_jobs",
        ["status", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "analysis_outputs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("measurement_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["measurement_id"],
            ["measurements.id"],
            name=op.f("fk_analysis_outputs_measurement_id_measurements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis_outputs")),
    )
    op.create_index(
        op.f("ix_analysis_outputs_created_at_id"),
        "analysis_outputs",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_analysis_outputs_measurement_id_created_at_id"),
        "analysis_outputs",
        ["measurement_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "simulation_results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["simulation_jobs.id"],
            name=op.f("fk_simulation_results_job_id_simulation_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation_results")),
        sa.UniqueConstraint("job_id", name=op.f("uq_simulation_results_job_id")),
    )
    op.create_index(
        op.f("ix_simulation_results_created_at_id"),
        "simulation_results",
        ["created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    """Go back to the older schema."""
    op.drop_index(op.f("ix_simulation_results_created_at_id"), table_name="simulation_results")
    op.drop_table("simulation_results")
    op.drop_index(
        op.f("ix_analysis_outputs_measurement_id_created_at_id"), table_name="analysis_outputs"
    )
    op.drop_index(op.f("ix_analysis_outputs_created_at_id"), table_name="analysis_outputs")
    op.drop_table("analysis_outputs")
    op.drop_index(op.f("ix_simulation_jobs_status_created_at_id"), table_name="simulation_jobs")
    op.drop_index(op.f("ix_simulation_jobs_requested_by_device_id"), table_name="simulation_jobs")
    op.drop_index(op.f("ix_simulation_jobs_lobby_id_created_at_id"), table_name="simulation_jobs")
    op.drop_index(op.f("ix_simulation_jobs_created_at_id"), table_name="simulation_jobs")
    op.drop_table("simulation_jobs")
    op.drop_index(op.f("ix_participants_lobby_id_joined_at_id"), table_name="participants")
    op.drop_index(op.f("ix_participants_joined_at_id"), table_name="participants")
    op.drop_index(op.f("ix_participants_device_id_joined_at_id"), table_name="participants")
    op.drop_table("participants")
    op.drop_index(op.f("ix_measurements_lobby_id_created_at_id"), table_name="measurements")
    op.drop_index(
        op.f("ix_measurements_created_by_device_id_created_at_id"), table_name="measurements"
    )
    op.drop_index(op.f("ix_measurements_created_at_id"), table_name="measurements")
    op.drop_table("measurements")
    op.drop_index(op.f("ix_lobbies_creator_device_id"), table_name="lobbies")
    op.drop_index(op.f("ix_lobbies_created_at_id"), table_name="lobbies")
    op.drop_table("lobbies")
    op.drop_index(op.f("ix_devices_created_at_id"), table_name="devices")
    op.drop_table("devices")
