"""Which measurement signal is meant, and the one that was generated for it."""

from dataclasses import dataclass
from enum import StrEnum

from sonalyze_contracts.identifiers import AudioHash
from sonalyze_contracts.signals import (
    DEFAULT_SAMPLE_RATE_HZ,
    DEFAULT_SWEEP_END_HZ,
    DEFAULT_SWEEP_START_HZ,
)

GENERATION = 1
"""Rises when the same parameters shall give other bytes than before."""


class AudioFormat(StrEnum):
    """The file formats of the signal, 16 bit both."""

    WAV = "wav"
    FLAC = "flac"

    @property
    def media_type(self) -> str:
        """The Content-Type of such a file."""
        return f"audio/{self}"


@dataclass(frozen=True, slots=True)
class SignalParameters:
    """What tells one signal from another."""

    sample_rate_hz: int = DEFAULT_SAMPLE_RATE_HZ
    sweep_start_hz: float = DEFAULT_SWEEP_START_HZ
    sweep_end_hz: float = DEFAULT_SWEEP_END_HZ


@dataclass(frozen=True, slots=True)
class SignalFile:
    """A signal in a file format: the same one always has the same bytes."""

    parameters: SignalParameters
    format: AudioFormat = AudioFormat.WAV

    @property
    def key(self) -> str:
        """A file name that tells all signals apart."""
        asked = self.parameters
        return (
            f"{GENERATION}-{asked.sample_rate_hz}-{asked.sweep_start_hz!r}-"
            f"{asked.sweep_end_hz!r}-{self.format}"
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """A generated signal; the hash is that of the file as it is served."""

    audio_hash: AudioHash
    file: SignalFile
    duration_s: float
