"""What the services tell storage of what happened, and the ids that they agree on.

Ids are made by whoever writes, from what a thing is called, so that two services that speak of the
same recording write the same row, and so that saying something twice is saying it once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from sonalyze_contracts.identifiers import DeviceId, JobId, LobbyId, UploadName

MOST_BATCH_ROWS: Final = 1_000
"""Rows of one ``POST /v1/<resource>/batch``, which are written all or none."""

LARGEST_BATCH_BYTES: Final = 8 << 20
"""Of such a request's body; the results of one analysis have up to 2 MiB."""

NAMES: Final = UUID("6b0a1c5e-52a5-4d0e-9c0b-3f6f3d0c7a41")
"""The namespace (RFC 9562, version 5) of the ids below; drawn at random, never to change."""


class Resource(StrEnum):
    """What storage keeps, by its path; parents before what refers to them."""

    DEVICES = "devices"
    LOBBIES = "lobbies"
    PARTICIPANTS = "participants"
    MEASUREMENTS = "measurements"
    ANALYSIS_OUTPUTS = "analysis-outputs"
    SIMULATION_JOBS = "simulation-jobs"
    SIMULATION_RESULTS = "simulation-results"


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """A row to write, under its id; of a row that exists the given fields change, no others."""

    resource: Resource
    id: UUID
    fields: Mapping[str, Any]
    """JSON values by their wire names."""


def device_row_id(device_id: DeviceId) -> UUID:
    """Give a device's row: in storage, too, every device has the id made from its external id."""
    return uuid5(NAMES, f"device/{device_id}")


def participant_row_id(lobby_id: LobbyId, device_id: DeviceId) -> UUID:
    """Give the row of a device in a lobby."""
    return uuid5(NAMES, f"participant/{lobby_id}/{device_id}")


def recording_row_id(job_id: JobId, name: UploadName) -> UUID:
    """Give the measurement that an upload of a job is."""
    return uuid5(NAMES, f"recording/{job_id.lower()}/{name}")


def analysis_row_id(measurement: UUID, what: str) -> UUID:
    """Give the output of an analysis; ``what`` tells apart what was asked, and of which version."""
    return uuid5(measurement, what)
