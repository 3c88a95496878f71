"""Files as the store knows them, and under which keys they lie.

A job exists once its map does, which is written last. An upload without bytes is one that was
deleted: nothing empty is ever taken.
"""

from dataclasses import dataclass
from datetime import datetime

from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_measurement.domain.signals import Reference, SignalFile

SIGNALS = "references"
SIGNALS_BY_PARAMETERS = f"{SIGNALS}/by_parameters"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store as it is now; another ``version`` is another content."""

    key: str
    size_bytes: int
    version: str
    modified_at: datetime

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


def map_key(job_id: JobId) -> str:
    """Name the map of a job."""
    return f"{job_id}/map.json"


def meta_key(job_id: JobId) -> str:
    """Name what a job's creator said of it."""
    return f"{job_id}/job_meta.json"


def uploads_prefix(job_id: JobId) -> str:
    """Name what holds the uploads of a job."""
    return f"{job_id}/uploads"


def upload_key(job_id: JobId, name: UploadName) -> str:
    """Name an upload."""
    return f"{uploads_prefix(job_id)}/{name}"


def checksum_key(job_id: JobId, name: UploadName) -> str:
    """Name the record of an upload's SHA-256."""
    return f"{job_id}/checksums/{name}.json"


def newest_key(job_id: JobId) -> str:
    """Name the results of a job's newest analysis."""
    return f"{job_id}/results/analysis.json"


def alignment_key(job_id: JobId) -> str:
    """Name where the signal lay in the recording that was analysed last."""
    return f"{job_id}/results/alignment.json"


def results_prefix(job_id: JobId) -> str:
    """Name what holds the newest results of each upload."""
    return f"{job_id}/results/by_upload"


def results_key(job_id: JobId, name: UploadName) -> str:
    """Name the newest results of an upload."""
    return f"{results_prefix(job_id)}/{name}.json"


def results_of_all_key(job_id: JobId) -> str:
    """Name the newest results of all recordings of a job together."""
    return f"{job_id}/results/all.json"


def response_key(job_id: JobId, name: UploadName) -> str:
    """Name the impulse response that the newest results of an upload are of."""
    return f"{job_id}/responses/{name}.wav"


def signal_prefix(audio_hash: AudioHash) -> str:
    """Name what holds a generated signal."""
    return f"{SIGNALS}/{audio_hash[:8]}/{audio_hash}"


def signal_metadata_key(audio_hash: AudioHash) -> str:
    """Name what a signal can be generated from again."""
    return f"{signal_prefix(audio_hash)}/metadata.json"


def signal_audio_key(reference: Reference) -> str:
    """Name the file of a signal that is served."""
    return f"{signal_prefix(reference.audio_hash)}/full_signal.{reference.file.format}"


def signal_index_key(file: SignalFile) -> str:
    """Name what leads from the parameters of a signal to its hash."""
    return f"{SIGNALS_BY_PARAMETERS}/{file.key}"


def uploaded_as(key: str) -> tuple[JobId, UploadName] | None:
    """Tell the job and the name of an upload, if this is the key of one."""
    match key.split("/"):
        case [job_id, "uploads", name]:
            return JobId(job_id), UploadName(name)
    return None


def recorded_as(key: str) -> tuple[JobId, UploadName] | None:
    """Tell the job and the name of the upload whose SHA-256 is kept under this key, if one is."""
    match key.split("/"):
        case [job_id, "checksums", name]:
            return JobId(job_id), UploadName(name.removesuffix(".json"))
    return None
