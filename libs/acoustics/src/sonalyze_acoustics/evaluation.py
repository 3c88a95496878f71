"""What an evaluation says: frozen values, None where a number cannot be stood for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from sonalyze_acoustics.deconvolution import ImpulseResponse

VERSION: Final = "2"
"""Version of the analysis; it rises whenever the same recording may give another number."""


@dataclass(frozen=True, slots=True)
class Slope:
    """One of the exponential decays that a curve is the sum of."""

    time_s: float
    level_db: float
    """Where it starts, relative to the whole curve at the onset."""


@dataclass(frozen=True, slots=True)
class DecayShape:
    """How straight a band's decay is, and how it was found (ISO 3382-2 Annex B).

    `estimators` has an entry for each decay time given, `correlation` (of level and time, -1 where
    they lie on a line) and `nonlinearity_permille` for each that is given by a line.
    """

    estimators: Mapping[str, Literal["line", "likelihood"]]
    correlation: Mapping[str, float]
    nonlinearity_permille: Mapping[str, float]
    curvature_percent: float | None
    topt_range_db: tuple[float, float] | None
    slopes: tuple[Slope, ...]
    """Two where the decay is bent beyond doubt, one where it is straight, none where unknown."""


@dataclass(frozen=True, slots=True)
class BandMetrics:
    """One octave or third of an octave.

    `reasons` has one plain sentence for each metric that is None, `uncertainty` the standard
    uncertainty, in the metric's own unit, of each that is not. `topt_s` is the reverberation time
    from the range of levels that fits a line best.
    """

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
    topt_s: float | None = None
    uncertainty: Mapping[str, float] = field(default_factory=dict)
    shape: DecayShape | None = None


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
    uncertainty: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpeechTransmission:
    """Speech transmission index after IEC 60268-16.

    `modulation` is the modulation transfer: one row of 14 per band, None where it is unknown.
    """

    sti: float | None
    sti_male: float | None
    sti_female: float | None
    bands_hz: tuple[float, ...]
    band_ti: tuple[float | None, ...]
    modulation_hz: tuple[float, ...]
    note: str | None
    modulation: tuple[tuple[float, ...] | None, ...] = ()
    is_level_independent: bool = True
    uncertainty: Mapping[str, float] = field(default_factory=dict)


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
class BandDistortion:
    """Harmonics that an octave of the sweep left behind, and the reason where that is unknown."""

    center_hz: float
    thd_percent: float | None
    harmonics_percent: tuple[float | None, ...]
    """Second, third and fourth harmonic."""
    reason: str | None = None


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
    summary: str = ""
    """One plain sentence: what the recording carries and what to change first."""


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
    third_octaves: tuple[BandMetrics, ...] = ()
    distortion: tuple[BandDistortion, ...] = ()
