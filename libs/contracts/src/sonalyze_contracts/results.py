"""What an analysis says of a room.

The documented figures stand at the top: the mean of the 500 Hz and 1 kHz octaves, as ISO 3382-1
forms its mid-frequency single numbers, and the speech transmission index. ``bands`` holds every
metric of every octave from 63 Hz to 8 kHz, each with the reason where there is none. Names that
older apps read are given beside the documented ones. An analysis of all recordings of a job has
the mean of their positions in the same places, and what each position has of its own beside it.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field

from sonalyze_contracts.alignments import AlignmentResult
from sonalyze_contracts.bands import BandDistortionResult, BandResult
from sonalyze_contracts.display import DisplayMetric, display_metrics
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.model import Model
from sonalyze_contracts.spatial import SpatialResult


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
    summary: str = Field(
        default="", description="What the recording carries, and what to change first."
    )


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
    modulation: list[list[float] | None] = Field(
        default_factory=list,
        description="The modulation transfer: a row per band, a column per modulation frequency.",
    )
    is_level_independent: bool = Field(
        default=True, description="Whether masking and the reception threshold are left out."
    )
    uncertainty: dict[str, float] = Field(
        default_factory=dict, description="Standard uncertainty of each index."
    )


class RecordingResults(Model):
    """Everything that an analysis says of one recording, or of the mean of several."""

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
    third_octaves: list[BandResult] = Field(
        default_factory=list,
        description="50 Hz to 10 kHz, where the request asks for `third_octaves`.",
        exclude_if=lambda bands: not bands,
    )
    distortion: list[BandDistortionResult] = Field(
        default_factory=list, description="Per octave; empty where no sweep was played."
    )
    uncertainty: dict[str, float] = Field(
        default_factory=dict,
        description="Standard uncertainty of the figures in `rt`, `clarity` and `drr`, by their "
        "names and each in its own unit.",
    )
    alignment: AlignmentResult | None = None

    @classmethod
    def of(cls, evaluation: Any, *, audio_hash: str | None = None) -> Self:  # noqa: ANN401
        """Put an evaluation of the acoustics library into the documented shape.

        The library knows nothing of this package, so the evaluation is read by its attributes.
        """
        mid, speech = evaluation.mid, evaluation.speech
        rt60_s = mid.t20_s if mid.t30_s is None else mid.t30_s
        uncertainty = _uncertainty(mid)
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
            quality=RecordingQuality.model_validate(evaluation.quality),
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
                snr_db=evaluation.quality.snr_db,
            ),
            bands=[BandResult.model_validate(band) for band in evaluation.bands],
            third_octaves=[BandResult.model_validate(band) for band in evaluation.third_octaves],
            distortion=[
                BandDistortionResult.model_validate(band) for band in evaluation.distortion
            ],
            uncertainty=uncertainty,
            alignment=AlignmentResult.of(evaluation.alignment, audio_hash),
        )


class Refusal(Model):
    """Why nothing can be said of a recording."""

    code: str
    detail: str


class LeftOut(Refusal):
    """A repeat that is not in the mean of its position."""

    upload: UploadName


class PositionResult(Model):
    """One position: its recordings, several if they are repeats, and what they say."""

    uploads: list[UploadName]
    source_id: str | None = Field(default=None, description="Where the speaker stood, if known.")
    receiver_id: str | None = Field(
        default=None, description="Where the microphone stood, if known."
    )
    results: RecordingResults | None = Field(
        default=None,
        description="Of repeats, what their coherent mean says.",
        exclude_if=lambda results: results is None,
    )
    left_out: list[LeftOut] = Field(
        default_factory=list,
        description="Repeats of which nothing can be said, beside others of which something can.",
        exclude_if=lambda refused: not refused,
    )
    refusal: Refusal | None = Field(default=None, exclude_if=lambda refusal: refusal is None)


class AnalysisResults(RecordingResults):
    """Everything that an analysis says; of all recordings of a job, of each position as well."""

    positions: list[PositionResult] | None = Field(
        default=None,
        description="Where all recordings of a job were analysed.",
        exclude_if=lambda positions: positions is None,
    )
    spatial: SpatialResult | None = Field(
        default=None,
        description="Where all recordings of a job were analysed.",
        exclude_if=lambda spatial: spatial is None,
    )

    @classmethod
    def of_positions(cls, mean: Any, positions: Sequence[PositionResult]) -> Self:  # noqa: ANN401
        """Put a spatial mean into the documented shape, and the positions beside it."""
        spatial = SpatialResult.of(mean)
        return cls.of(mean).model_copy(update={"positions": positions, "spatial": spatial})


def _uncertainty(mid: Any) -> dict[str, float]:  # noqa: ANN401
    known: dict[str, float] = dict(mid.uncertainty)
    rt60 = known.get("t20_s" if mid.t30_s is None else "t30_s")
    return known if rt60 is None else {"rt60_s": rt60, **known}


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
        modulation=[None if row is None else list(row) for row in speech.modulation],
        is_level_independent=speech.is_level_independent,
        uncertainty=dict(speech.uncertainty),
    )
