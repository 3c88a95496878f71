"""What an analysis says of a room.

The documented figures stand at the top: the mean of the 500 Hz and 1 kHz octaves, as ISO 3382-1
forms its mid-frequency single numbers, and the speech transmission index. ``bands`` holds every
metric of every octave from 63 Hz to 8 kHz, each with the reason where there is none. Names that
older apps read are given beside the documented ones.
"""

from typing import Any, Literal, Self

from pydantic import Field

from sonalyze_contracts.display import DisplayMetric, display_metrics
from sonalyze_contracts.model import Model


class BandResult(Model):
    """Every metric of one octave; a metric that is null has its reason in ``reasons``."""

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
    reasons: dict[str, str] = Field(default_factory=dict)


class DecayCurve(Model):
    """Extent of the broadband energy decay curve."""

    n: int
    min_db: float | None
    max_db: float | None


class ReverberationTimes(Model):
    """Reverberation in seconds; RT60 is T30 where the decay allows, else T20."""

    rt60_s: float | None
    edt_s: float | None
    t20_s: float | None
    t30_s: float | None
    t20_rt60_s: float | None
    t30_rt60_s: float | None
    edc_db: DecayCurve


class Clarity(Model):
    """Early against late energy."""

    c50_db: float | None
    c80_db: float | None
    d50: float | None
    d80: float | None


class DirectSound(Model):
    """Direct against reverberant energy."""

    drr_db: float | None
    direct_to_late_db: float | None
    direct_index: int | None


class QualityFinding(Model):
    """Something that a person should know of the recording, and what to change."""

    code: str
    severity: Literal["info", "warning", "error"]
    band_hz: float | None = None
    message: str


class RecordingQuality(Model):
    """How far the recording can be trusted."""

    snr_db: float | None
    peak_db: float | None
    noise_floor_db: float | None
    clipped_samples: int = 0
    grade: Literal["good", "usable", "poor"]
    findings: list[QualityFinding] = Field(default_factory=list)


class FrequencyResponseResult(Model):
    """The magnitude response relative to its maximum; null where nothing was played."""

    bands_hz: list[float]
    magnitude_db: list[float | None]


class SpeechTransmissionResult(Model):
    """The speech transmission index of IEC 60268-16 and what it is made of."""

    sti: float | None
    sti_male: float | None
    sti_female: float | None
    bands_hz: list[float] = Field(default_factory=list)
    band_ti: list[float | None] = Field(default_factory=list)
    mod_freqs_hz: list[float] = Field(default_factory=list)
    note: str | None = None


class ChirpResult(Model):
    """One sync chirp as it was found."""

    detected: bool
    sample_index: int
    time_seconds: float
    correlation_peak: float
    confidence: float


class AlignmentResult(Model):
    """Where the signal lies in the recording, and how fast the recorder's clock runs."""

    success: bool = True
    message: str
    original_length_samples: int
    aligned_length_samples: int
    sweep_start_sample: int
    sweep_end_sample: int
    audio_hash: str | None = None
    start_chirp: ChirpResult | None
    end_chirp: ChirpResult | None
    skew_ppm: float | None
    latency_s: float


class AnalysisResults(Model):
    """Everything that an analysis says."""

    version: str
    samplerate_hz: int
    rt: ReverberationTimes
    clarity: Clarity
    drr: DirectSound
    quality: RecordingQuality
    frequency_response: FrequencyResponseResult
    sti: SpeechTransmissionResult
    display_metrics: list[DisplayMetric]
    bands: list[BandResult]
    alignment: AlignmentResult | None = None

    @classmethod
    def of(cls, evaluation: Any, *, audio_hash: str | None = None) -> Self:  # noqa: ANN401
        """Put an evaluation of the acoustics library into the documented shape.

        The library knows nothing of this package, so the evaluation is read by its attributes.
        """
        mid, quality, speech = evaluation.mid, evaluation.quality, evaluation.speech
        rt60_s = mid.t20_s if mid.t30_s is None else mid.t30_s
        return cls(
            version=evaluation.version,
            samplerate_hz=evaluation.sample_rate_hz,
            rt=_reverberation(mid, rt60_s, evaluation.decay_curve),
            clarity=Clarity(c50_db=mid.c50_db, c80_db=mid.c80_db, d50=mid.d50, d80=mid.d80),
            drr=DirectSound(
                drr_db=mid.drr_db,
                direct_to_late_db=mid.direct_to_late_db,
                direct_index=evaluation.direct_index,
            ),
            quality=RecordingQuality.model_validate(quality),
            frequency_response=FrequencyResponseResult(
                bands_hz=list(evaluation.frequency_response.bands_hz),
                magnitude_db=list(evaluation.frequency_response.magnitude_db),
            ),
            sti=_speech(speech),
            display_metrics=display_metrics(
                rt60_s=rt60_s,
                edt_s=mid.edt_s,
                sti=speech.sti,
                c50_db=mid.c50_db,
                c80_db=mid.c80_db,
                d50=mid.d50,
                drr_db=mid.drr_db,
                snr_db=quality.snr_db,
            ),
            bands=[BandResult.model_validate(band) for band in evaluation.bands],
            alignment=_alignment(evaluation.alignment, audio_hash),
        )


def _reverberation(mid: Any, rt60_s: float | None, curve: Any) -> ReverberationTimes:  # noqa: ANN401
    return ReverberationTimes(
        rt60_s=rt60_s,
        edt_s=mid.edt_s,
        t20_s=mid.t20_s,
        t30_s=mid.t30_s,
        t20_rt60_s=mid.t20_s,
        t30_rt60_s=mid.t30_s,
        edc_db=DecayCurve.model_validate(curve),
    )


def _speech(speech: Any) -> SpeechTransmissionResult:  # noqa: ANN401
    return SpeechTransmissionResult(
        sti=speech.sti,
        sti_male=speech.sti_male,
        sti_female=speech.sti_female,
        bands_hz=list(speech.bands_hz),
        band_ti=list(speech.band_ti),
        mod_freqs_hz=list(speech.modulation_hz),
        note=speech.note,
    )


def _alignment(alignment: Any, audio_hash: str | None) -> AlignmentResult | None:  # noqa: ANN401
    if alignment is None:
        return None
    return AlignmentResult(
        message=alignment.message,
        original_length_samples=alignment.original_length_samples,
        aligned_length_samples=alignment.aligned_length_samples,
        sweep_start_sample=alignment.sweep_start_sample,
        sweep_end_sample=alignment.sweep_end_sample,
        audio_hash=audio_hash,
        start_chirp=_chirp(alignment.start_chirp),
        end_chirp=_chirp(alignment.end_chirp),
        skew_ppm=alignment.skew_ppm,
        latency_s=alignment.latency_s,
    )


def _chirp(chirp: Any) -> ChirpResult | None:  # noqa: ANN401
    if chirp is None:
        return None
    return ChirpResult(
        detected=chirp.detected,
        sample_index=chirp.sample_index,
        time_seconds=chirp.time_s,
        correlation_peak=chirp.correlation_peak,
        confidence=chirp.confidence,
    )
