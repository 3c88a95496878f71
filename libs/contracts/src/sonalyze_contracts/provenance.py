"""Where results come from: what was asked for, which bytes were read, and with which software.

Together with the bytes themselves that is all it takes to compute the same results again.
"""

from typing import Annotated, Final

from pydantic import Field

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import AudioHashField, UploadNameField
from sonalyze_contracts.model import Model
from sonalyze_contracts.signals import (
    HIGHEST_SAMPLE_RATE_HZ,
    HIGHEST_SWEEP_HZ,
    LOWEST_SAMPLE_RATE_HZ,
    LOWEST_SWEEP_HZ,
)

KEPT_AS: Final = "provenance"
"""Its name in the document of the results, beside their documented groups."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Versions(Model):
    """The software that may have a say in the last digit of a figure."""

    analysis: str
    sonalyze: str
    python: str
    numpy: str
    scipy: str
    soxr: str
    libsndfile: str


class PlayedSignal(Model):
    """The parameters from which a generated measurement signal can be made again."""

    sample_rate_hz: Annotated[int, Field(ge=LOWEST_SAMPLE_RATE_HZ, le=HIGHEST_SAMPLE_RATE_HZ)]
    sweep_start_hz: Annotated[float, Field(ge=LOWEST_SWEEP_HZ, le=HIGHEST_SWEEP_HZ)]
    sweep_end_hz: Annotated[float, Field(ge=LOWEST_SWEEP_HZ, le=HIGHEST_SWEEP_HZ)]


class RecordedPosition(Model):
    """One position of an analysis of all recordings, as it was understood then."""

    uploads: list[UploadNameField]
    source_id: str | None = None
    receiver_id: str | None = None
    audio_hash: AudioHashField
    signal: PlayedSignal


class Provenance(Model):
    """What produced the results of one analysis."""

    request: AnalysisRequest
    inputs: dict[UploadNameField, Sha256] = Field(
        description="The SHA-256 of each upload that was read, as it was then."
    )
    signal: PlayedSignal | None = Field(
        default=None, description="What was played, if it was a generated signal."
    )
    response_sha256: Sha256 | None = Field(
        default=None, description="The SHA-256 of the impulse response that was kept as a file."
    )
    positions: list[RecordedPosition] | None = Field(
        default=None,
        description="Of an analysis of all recordings.",
        exclude_if=lambda positions: positions is None,
    )
    versions: Versions
