"""What the documents say of each resource, as data that tests go through."""

from dataclasses import dataclass, field
from typing import Any

from sonalyze_contracts.archive import Resource

START, STOP = "2026-05-04T12:30:00.250000Z", "2026-05-04T12:30:15.500000Z"
SHA256 = "ab" * 32

Fields = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """One resource as it is documented."""

    entity: str
    defaults: Fields
    """What a row has that was created with required fields only, apart from those and the id."""
    full: Fields
    """Every further field on creation, each other than its default."""
    patchable: Fields
    """Every field that can be changed, each other than its default."""
    too_much: tuple[Fields, ...] = ()
    """Values just outside their documented limits."""
    just_enough: tuple[Fields, ...] = ()
    """Values just inside."""
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields with a documented list of values."""
    references: tuple[str, ...] = ()
    """Fields that name a row of another resource."""
    json_field: str | None = None
    """The field that holds an object."""
    happened_at: str = "created_at"


SHAPES = {
    Resource.DEVICES: Shape(
        entity="device",
        defaults={"label": None, "platform": None, "metadata": {}},
        full={"label": "Ada's phone", "platform": "ios", "metadata": {"model": "A1"}},
        patchable={"label": "Eve's phone", "platform": "android", "metadata": {"model": "B2"}},
        too_much=(
            {"external_id": ""},
            {"external_id": "x" * 129},
            {"external_id": None},
            {"external_id": 7},
            {"label": "x" * 257},
            {"platform": "x" * 65},
            {"metadata": []},
            {"metadata": None},
        ),
        just_enough=({"label": "x" * 256}, {"platform": "x" * 64}),
        json_field="metadata",
    ),
    Resource.LOBBIES: Shape(
        entity="lobby",
        defaults={"state": "created", "creator_device_id": None},
        full={"state": "open"},
        patchable={"state": "measuring"},
        too_much=({"code": "X" * 17}, {"code": None}, {"state": None}, {"state": "x" * 33}),
        choices={"state": ("created", "open", "measuring", "closed")},
        references=("creator_device_id",),
    ),
    Resource.PARTICIPANTS: Shape(
        entity="participant",
        defaults={"role": "observer", "status": "connected"},
        full={"role": "speaker", "status": "disconnected"},
        patchable={"role": "microphone", "status": "left"},
        too_much=(
            {"lobby_id": None},
            {"device_id": None},
            {"lobby_id": "nobody"},
            {"role": None},
            {"status": None},
            {"role": "x" * 33},
            {"status": "x" * 33},
        ),
        choices={
            "role": ("observer", "speaker", "microphone"),
            "status": ("connected", "disconnected", "left"),
        },
        references=("lobby_id", "device_id"),
        happened_at="joined_at",
    ),
    Resource.MEASUREMENTS: Shape(
        entity="measurement",
        defaults={
            "kind": "raw",
            "metadata": {},
            "lobby_id": None,
            "created_by_device_id": None,
            "sample_rate_hz": None,
            "channels": None,
            "raw_blob_ref": None,
            "raw_bytes": None,
            "raw_sha256": None,
            "started_at": None,
            "stopped_at": None,
        },
        full={
            "kind": "session",
            "metadata": {"slot": "s1"},
            "sample_rate_hz": 48_000,
            "channels": 2,
            "raw_blob_ref": "jobs/1/recording.wav",
            "raw_bytes": 5 << 30,
            "raw_sha256": SHA256,
            "started_at": START,
            "stopped_at": STOP,
        },
        patchable={
            "kind": "other",
            "metadata": {"slot": "s2"},
            "sample_rate_hz": 44_100,
            "channels": 1,
            "raw_blob_ref": "jobs/2/recording.wav",
            "raw_bytes": 0,
            "raw_sha256": SHA256[::-1],
            "started_at": START,
            "stopped_at": STOP,
        },
        too_much=(
            {"kind": "x" * 65},
            {"kind": None},
            {"metadata": None},
            {"metadata": "text"},
            {"sample_rate_hz": 0},
            {"sample_rate_hz": 1 << 63},
            {"sample_rate_hz": 1.5},
            {"channels": 0},
            {"channels": 1 << 63},
            {"raw_bytes": -1},
            {"raw_bytes": 1 << 63},
            {"raw_sha256": "a" * 63},
            {"raw_sha256": "a" * 65},
            {"started_at": "yesterday"},
            {"started_at": "2026-01-01T00:00:00"},
            {"stopped_at": "0001-01-01T00:00:00+01:00"},
            {"stopped_at": "9999-12-31T23:59:59-01:00"},
        ),
        just_enough=(
            {"kind": "x" * 64},
            {"sample_rate_hz": 1},
            {"sample_rate_hz": 768_000},
            {"channels": 1},
            {"raw_bytes": (1 << 63) - 1},
            {"raw_blob_ref": "s3://bucket/" + "x" * 1000},
        ),
        references=("lobby_id", "created_by_device_id"),
        json_field="metadata",
    ),
    Resource.ANALYSIS_OUTPUTS: Shape(
        entity="analysis output",
        defaults={"status": "created", "result": {}},
        full={"status": "completed", "result": {"sti": 0.7}},
        patchable={"status": "failed", "result": {"error": "no chirp"}},
        too_much=(
            {"measurement_id": None},
            {"type": None},
            {"type": ""},
            {"type": "x" * 65},
            {"status": None},
            {"status": "x" * 33},
            {"result": None},
            {"result": [1]},
        ),
        choices={
            "type": ("room_acoustics", "frequency_response", "sti", "custom"),
            "status": ("created", "processing", "completed", "failed"),
        },
        references=("measurement_id",),
        json_field="result",
    ),
    Resource.SIMULATION_JOBS: Shape(
        entity="simulation job",
        defaults={
            "status": "queued",
            "params": {},
            "requested_by_device_id": None,
            "lobby_id": None,
            "started_at": None,
            "finished_at": None,
            "error": None,
        },
        full={"status": "running", "params": {"rays": 2000}},
        patchable={
            "status": "failed",
            "params": {"rays": 10_000},
            "started_at": START,
            "finished_at": STOP,
            "error": "out of time",
        },
        too_much=(
            {"status": None},
            {"status": "x" * 33},
            {"params": None},
            {"params": 3},
            {"lobby_id": "nobody"},
        ),
        choices={"status": ("queued", "running", "completed", "failed")},
        references=("requested_by_device_id", "lobby_id"),
        json_field="params",
    ),
    Resource.SIMULATION_RESULTS: Shape(
        entity="simulation result",
        defaults={"result": {}},
        full={"result": {"rt60_s": 0.4}},
        patchable={"result": {"rt60_s": 0.5}},
        too_much=({"job_id": None}, {"job_id": 7}, {"result": None}, {"result": "text"}),
        references=("job_id",),
        json_field="result",
    ),
}

WITH_JSON = [resource for resource, shape in SHAPES.items() if shape.json_field]
