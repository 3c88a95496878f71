"""What is to be evaluated: one of three things that a file can be."""

from dataclasses import dataclass
from pathlib import Path

from sonalyze_contracts.analysis_requests import AnalysisRequest, BackgroundLevels
from sonalyze_measurement.domain.signals import Reference


@dataclass(frozen=True, slots=True)
class SignalRecording:
    """A recording of a generated signal."""

    path: Path
    channel: int | None
    reference: Reference


@dataclass(frozen=True, slots=True)
class SweepRecording:
    """A recording of a signal that was uploaded, too."""

    path: Path
    channel: int | None
    played: Path


@dataclass(frozen=True, slots=True)
class ImpulseResponse:
    """A room's impulse response itself."""

    path: Path
    channel: int | None


Subject = SignalRecording | SweepRecording | ImpulseResponse


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be said of a subject beyond what is always said."""

    third_octaves: bool = False
    background: BackgroundLevels | None = None


def asked_in(request: AnalysisRequest) -> Asked:
    """Read from a request what is to be said."""
    return Asked(request.third_octaves, request.background)
