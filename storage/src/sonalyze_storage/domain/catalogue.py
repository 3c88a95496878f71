"""The seven resources."""

from uuid import UUID

from sonalyze_contracts import stored
from sonalyze_contracts.archive import Resource, device_row_id
from sonalyze_contracts.identifiers import DeviceIdField
from sonalyze_storage.domain.codes import random_code
from sonalyze_storage.domain.collection import Collection, Lookup

DEVICES = Collection(
    resource=Resource.DEVICES,
    entity="device",
    row=stored.Device,
    new=stored.DeviceNew,
    patch=stored.DevicePatch,
    entry=stored.NamedDevice,
    defaults={"label": None, "platform": None, "metadata": {}},
    lookups=(Lookup("by-external", "external_id", DeviceIdField),),
    named=lambda given: device_row_id(given["external_id"]),
    replaced=("label", "platform", "metadata"),
)

LOBBIES = Collection(
    resource=Resource.LOBBIES,
    entity="lobby",
    row=stored.StoredLobby,
    new=stored.StoredLobbyNew,
    patch=stored.StoredLobbyPatch,
    entry=stored.StoredLobbyEntry,
    defaults={"state": stored.StoredLobbyState.CREATED, "creator_device_id": None},
    drawn={"code": random_code},
    lookups=(Lookup("by-code", "code", stored.Code),),
)

PARTICIPANTS = Collection(
    resource=Resource.PARTICIPANTS,
    entity="participant",
    row=stored.StoredParticipant,
    new=stored.StoredParticipantNew,
    patch=stored.StoredParticipantPatch,
    entry=stored.StoredParticipantEntry,
    defaults={"role": stored.StoredRole.OBSERVER, "status": stored.StoredPresence.CONNECTED},
    time="joined_at",
    filters={"lobby_id": UUID, "device_id": UUID},
)

MEASUREMENTS = Collection(
    resource=Resource.MEASUREMENTS,
    entity="measurement",
    row=stored.Measurement,
    new=stored.MeasurementNew,
    patch=stored.MeasurementPatch,
    entry=stored.MeasurementEntry,
    defaults={
        "lobby_id": None,
        "created_by_device_id": None,
        "kind": "raw",
        "sample_rate_hz": None,
        "channels": None,
        "raw_blob_ref": None,
        "raw_bytes": None,
        "raw_sha256": None,
        "metadata": {},
        "started_at": None,
        "stopped_at": None,
    },
    filters={"lobby_id": UUID, "created_by_device_id": UUID},
)

ANALYSIS_OUTPUTS = Collection(
    resource=Resource.ANALYSIS_OUTPUTS,
    entity="analysis output",
    row=stored.AnalysisOutput,
    new=stored.AnalysisOutputNew,
    patch=stored.AnalysisOutputPatch,
    entry=stored.AnalysisOutputEntry,
    defaults={"status": stored.OutputStatus.CREATED, "result": {}},
    filters={"measurement_id": UUID},
)

SIMULATION_JOBS = Collection(
    resource=Resource.SIMULATION_JOBS,
    entity="simulation job",
    row=stored.StoredSimulationJob,
    new=stored.StoredSimulationJobNew,
    patch=stored.StoredSimulationJobPatch,
    entry=stored.StoredSimulationJobEntry,
    defaults={
        "requested_by_device_id": None,
        "lobby_id": None,
        "status": stored.SimulationStatus.QUEUED,
        "params": {},
        "started_at": None,
        "finished_at": None,
        "error": None,
    },
    filters={"lobby_id": UUID, "status": stored.SimulationStatus},
)

SIMULATION_RESULTS = Collection(
    resource=Resource.SIMULATION_RESULTS,
    entity="simulation result",
    row=stored.StoredSimulationResult,
    new=stored.StoredSimulationResultNew,
    patch=stored.StoredSimulationResultPatch,
    entry=stored.StoredSimulationResultEntry,
    defaults={"result": {}},
    filters={"job_id": UUID},
    lookups=(Lookup("by-job", "job_id", UUID),),
)

COLLECTIONS = (
    DEVICES,
    LOBBIES,
    PARTICIPANTS,
    MEASUREMENTS,
    ANALYSIS_OUTPUTS,
    SIMULATION_JOBS,
    SIMULATION_RESULTS,
)
