"""What an evaluation says: frozen values, None where a number cannot be stood for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from sonalyze_acoustics.deconvolution import ImpulseResponse

VERSION: Final = "1"
"""Version of the analysis; it rises whenever the same recording may give another number."""


@dataclass(frozen=True, slots=True)
class BandMetrics:
    """One octave band; `reasons` has one plain sentence for each metric that is None."""

    center_hz: float
    t20_s: float | None
    t30_s: float | None
    edt_s: float | None
    c50_db: float | None
    c80_db: float | None
    d50: float | None
    d80: float | None
    ts_s: float | None
    drr_db: float | None
    inr_db: float | None
    decay_range_db: float | None
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MidFrequency:
    """Mean of 500 Hz and 1 kHz (ISO 3382-1's single numbers); direct sound figures broadband."""

    t20_s: float | None
    t30_s: float | None
    edt_s: float | None
    c50_db: float | None
    c80_db: float | None
    d50: float | None
    d80: float | None
    ts_s: float | None
    drr_db: float | None
    direct_to_late_db: float | None


@dataclass(frozen=True, slots=True)
class SpeechTransmission:
    """Speech transmission index after IEC 60268-16, level independent."""

    sti: float | None
    sti_male: float | None
    sti_female: float | None
    bands_hz: tuple[float, ...]
    band_ti: tuple[float | None, ...]
    modulation_hz: tuple[float, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class FrequencyResponse:
    """Magnitudes relative to the largest; None where there is no information."""

    bands_hz: tuple[float, ...]
    magnitude_db: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class DecayCurveSummary:
    """Extent of the broadband energy decay curve."""

    n: int
    min_db: float
    max_db: float


@dataclass(frozen=True, slots=True)
class ChirpFound:
    """One synchronisation chirp; the peak is relative to the median of the matched filter."""

    detected: bool
    sample_index: int
    time_s: float
    correlation_peak: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the signal lay in the recording, in the recording's own samples."""

    skew_ppm: float | None
    latency_s: float
    start_chirp: ChirpFound | None
    end_chirp: ChirpFound | None
    sweep_start_sample: int
    sweep_end_sample: int
    original_length_samples: int
    aligned_length_samples: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about the recording; the message says what and what to change."""

    code: str
    severity: Literal["info", "warning", "error"]
    band_hz: float | None
    message: str


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the recording can be trusted."""

    grade: Literal["good", "usable", "poor"]
    findings: tuple[Finding, ...]
    snr_db: float | None
    peak_db: float | None
    noise_floor_db: float | None
    clipped_samples: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that one response says; `direct_index` counts in its samples.

    The response itself is as it was measured, before any loudspeaker was levelled out, for whoever
    wants to keep it.
    """

    sample_rate_hz: int
    bands: tuple[BandMetrics, ...]
    mid: MidFrequency
    speech: SpeechTransmission
    frequency_response: FrequencyResponse
    decay_curve: DecayCurveSummary
    alignment: Alignment | None
    quality: Quality
    direct_index: int
    response: ImpulseResponse = field(repr=False, compare=False)
    version: str = VERSION
