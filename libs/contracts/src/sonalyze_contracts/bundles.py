"""Bundles: everything of a job in one ZIP, so that others can compute its results again.

``manifest.json`` is the last file of the ZIP: the hashes that it holds are known when everything
else has been written. What has a place in a bundle but is not there any more, for instance a
recording that was deleted after its time, is listed as absent.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName, UploadNameField
from sonalyze_contracts.model import Model
from sonalyze_contracts.provenance import Provenance, Sha256

FORMAT: Final = 1
"""Rises when a bundle can no longer be read as before."""

MANIFEST: Final = "manifest.json"
JOB: Final = "job.json"
RESULTS_OF_ALL: Final = "results/all"
"""Of all recordings together; those of an upload of this name end in ``.json``."""

BundlePath = Annotated[
    str,
    Field(
        pattern=r"^(job\.json|(recordings|responses|results|stimuli)/[A-Za-z0-9][A-Za-z0-9_.-]{0,159})$"
    ),
]


class FileKind(StrEnum):
    """What a file of a bundle is."""

    JOB = "job"
    RECORDING = "recording"
    STIMULUS = "stimulus"
    RESPONSE = "impulse_response"
    RESULTS = "results"


class BundledFile(Model):
    """A file of a bundle."""

    path: BundlePath
    kind: FileKind
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class AbsentFile(Model):
    """A file that belongs into a bundle and is not there, and why."""

    path: BundlePath
    kind: FileKind
    reason: str


class BundledAnalysis(Model):
    """One analysis: the files that it read and wrote, by their paths in the bundle."""

    upload: UploadNameField
    results: BundlePath
    recordings: list[BundlePath]
    stimulus: BundlePath | None = None
    response: BundlePath | None = None
    provenance: Provenance | None = Field(
        default=None, description="Absent if the analysis is older than this record."
    )


class BundledMean(Model):
    """The analysis of all recordings together: what it read and wrote, by paths in the bundle."""

    results: BundlePath
    recordings: list[BundlePath]
    provenance: Provenance


class Manifest(Model):
    """What is in a bundle."""

    format: int = FORMAT
    job_id: JobId
    created_at: AwareDatetime
    files: list[BundledFile]
    absent: list[AbsentFile] = Field(default_factory=list)
    analyses: list[BundledAnalysis] = Field(default_factory=list)
    analysis_of_all: BundledMean | None = Field(
        default=None, exclude_if=lambda analysis: analysis is None
    )


def recording_path(upload: UploadName) -> str:
    """Say where a recording, or what else was uploaded, is in a bundle."""
    return f"recordings/{upload}"


def stimulus_path(audio_hash: AudioHash, audio_format: str | None = None) -> str:
    """Say where a generated signal is in a bundle, byte for byte as it was served."""
    return f"stimuli/{audio_hash}.{audio_format}" if audio_format else f"stimuli/{audio_hash}"


def response_path(upload: UploadName) -> str:
    """Say where the impulse response of an analysed upload is in a bundle."""
    return f"responses/{upload}.wav"


def results_path(upload: UploadName) -> str:
    """Say where the results of an analysed upload are in a bundle."""
    return f"results/{upload}.json"
