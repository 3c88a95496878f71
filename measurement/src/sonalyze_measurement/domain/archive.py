"""What storage is told of recordings and of what was found in them.

The lobby writes into the same rows when and by whom something was recorded; those fields are never
given here.
"""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.archive import (
    ArchivedRow,
    Resource,
    analysis_row_id,
    recording_row_id,
)
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.provenance import Versions
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.files import upload_key
from sonalyze_measurement.domain.uploads import Upload


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an audio file says of it."""

    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload of a job, and where other systems find it."""

    job_id: JobId
    upload: Upload
    blob_ref: str

    @property
    def row_id(self) -> UUID:
        """The id of its row."""
        return recording_row_id(self.job_id, self.upload.name)

    def row(self, header: Header | None = None) -> ArchivedRow:
        """Give the row as far as it is known: an earlier file's header is not this one's."""
        fields = {
            "kind": "raw",
            "raw_bytes": self.upload.size_bytes,
            "raw_sha256": self.upload.sha256,
            "raw_blob_ref": self.blob_ref,
            **(asdict(header) if header else {"sample_rate_hz": None, "channels": None}),
        }
        return ArchivedRow(Resource.MEASUREMENTS, self.row_id, fields)


def arrival_in(row: ArchivedRow, address: str) -> Arrival | None:
    """Read an arrival back from its row; ``None`` if it was in a store at another address."""
    blob_ref: str = row.fields["raw_blob_ref"]
    job_id, _, name = blob_ref.removeprefix(address).partition("/uploads/")
    if blob_ref != f"{address}{upload_key(JobId(job_id), UploadName(name))}":
        return None
    size_bytes, sha256 = row.fields["raw_bytes"], row.fields["raw_sha256"]
    return Arrival(JobId(job_id), Upload(UploadName(name), size_bytes, sha256), blob_ref)


def row_of_deletion(job_id: JobId, name: UploadName) -> ArchivedRow:
    """Say that a recording was deleted; what it was stays known."""
    row_id = recording_row_id(job_id, name)
    return ArchivedRow(Resource.MEASUREMENTS, row_id, {"kind": "raw", "raw_blob_ref": None})


def rows_of_results(
    measurement: UUID, request: AnalysisRequest, versions: Versions, results: AnalysisResults
) -> list[ArchivedRow]:
    """Say what an analysis found."""
    found = {"results": results.model_dump(mode="json")}
    return _rows(measurement, request, versions, "completed", found)


def rows_of_refusal(
    measurement: UUID, request: AnalysisRequest, versions: Versions, refusal: SonalyzeError
) -> list[ArchivedRow]:
    """Say why a recording has no results."""
    found = {"error": refusal.body().model_dump(mode="json")}
    return _rows(measurement, request, versions, "failed", found)


def _rows(
    measurement: UUID,
    request: AnalysisRequest,
    versions: Versions,
    status: str,
    found: dict[str, Any],
) -> list[ArchivedRow]:
    """Mention the recording first: it may have arrived before there was an archive."""
    parameters = AnalysisRequest.model_validate(request.model_dump())
    what = f"{versions.analysis} {parameters.model_dump_json()}"
    fields = {
        "measurement_id": str(measurement),
        "type": "room_acoustics",
        "status": status,
        "result": {
            **found,
            "parameters": parameters.model_dump(mode="json"),
            "versions": versions.model_dump(mode="json"),
        },
    }
    return [
        ArchivedRow(Resource.MEASUREMENTS, measurement, {"kind": "raw"}),
        ArchivedRow(Resource.ANALYSIS_OUTPUTS, analysis_row_id(measurement, what), fields),
    ]
