"""The measurement signal as clients learn of it."""

from typing import Literal

from pydantic import Field

from sonalyze_contracts.model import Model

DEFAULT_SAMPLE_RATE_HZ = 48_000
LOWEST_SAMPLE_RATE_HZ = 8_000
HIGHEST_SAMPLE_RATE_HZ = 192_000
DEFAULT_SWEEP_START_HZ = 20.0
DEFAULT_SWEEP_END_HZ = 20_000.0
LOWEST_SWEEP_HZ = 20.0
HIGHEST_SWEEP_HZ = 20_000.0
SIGNAL_DURATION_S = 15.0


class SignalSegment(Model):
    """One piece of the signal on its timeline, in seconds; chirps and sweeps with their range."""

    name: str
    type: Literal["chirp", "silence", "sweep"]
    start: float
    end: float
    f_start: float | None = Field(default=None, exclude_if=lambda value: value is None)
    f_end: float | None = Field(default=None, exclude_if=lambda value: value is None)


class AudioInfo(Model):
    """The timeline of the signal, in seconds from its first sample."""

    sample_rate: int
    total_duration: float
    segments: list[SignalSegment]
    sweep_start: float
    sweep_end: float
    recommended_recording_start: float
    recommended_recording_end: float
