"""Several positions in one room: the spatial mean, in the shape of one evaluation.

Every figure is averaged arithmetically over the positions that have it: reverberation times as ISO
3382-2:2008, clause 8, says, clarity and the direct-to-reverberant ratio in dB as ISO 3382-1:2009
does for its single numbers, the speech transmission index as it is. Its lowest value is told as
well: speech has to be understood at the worst seat.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sonalyze_acoustics.evaluation import (
    VERSION,
    BandDistortion,
    BandMetrics,
    DecayCurveSummary,
    Evaluation,
    FrequencyResponse,
    MidFrequency,
    Quality,
    SpeechTransmission,
)
from sonalyze_acoustics.position_means import (
    BandOverPositions,
    PositionMean,
    as_band,
    as_mid_frequency,
    as_speech,
    known_mean,
    means_of,
    over_positions,
    speech_means_of,
)
from sonalyze_acoustics.positions import Coverage, Grade, Place, coverage_of, grade_of, missing
from sonalyze_acoustics.positions_quality import quality_of_positions


@dataclass(frozen=True, slots=True)
class SpatialMean:
    """The mean of several evaluations, in the shape of one, and what it was formed from.

    It has no alignment and no direct sound of its own. Its decay curve is what the curves of all
    positions have in common.
    """

    sample_rate_hz: int
    bands: tuple[BandMetrics, ...]
    mid: MidFrequency
    speech: SpeechTransmission
    frequency_response: FrequencyResponse
    decay_curve: DecayCurveSummary
    quality: Quality
    third_octaves: tuple[BandMetrics, ...]
    distortion: tuple[BandDistortion, ...]
    over_positions: tuple[BandOverPositions, ...]
    thirds_over_positions: tuple[BandOverPositions, ...]
    mid_over_positions: Mapping[str, PositionMean]
    speech_over_positions: Mapping[str, PositionMean]
    coverage: Coverage
    grade: Grade | None
    missing: tuple[str, ...]
    alignment: None = None
    direct_index: None = None
    version: str = VERSION


def spatial_mean(
    evaluations: Sequence[Evaluation], places: Sequence[Place | None] | None = None
) -> SpatialMean:
    """Average evaluations of one room.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        One per position, at least one; repeats at one position are averaged before.
    places : sequence of Place, optional
        Where the source and the microphone of each stood, None where that is not known: that
        counts for no grade.

    Returns
    -------
    SpatialMean
        With the grade of ISO 3382-2 if there are positions enough for one.

    Raises
    ------
    ValueError
        If there is nothing to average.
    """
    if not evaluations:
        raise ValueError("There is nothing to average")
    octaves = [each.bands for each in evaluations]
    thirds = [each.third_octaves for each in evaluations]
    octave_means, third_means = over_positions(octaves), over_positions(thirds)
    mid = means_of([each.mid for each in evaluations])
    spoken = [each.speech for each in evaluations]
    speech = speech_means_of(spoken)
    coverage = coverage_of(evaluations, places or [None] * len(evaluations))
    return SpatialMean(
        sample_rate_hz=min(each.sample_rate_hz for each in evaluations),
        bands=_bands(octave_means, octaves),
        mid=as_mid_frequency(mid),
        speech=as_speech(speech, spoken),
        frequency_response=_frequency_response([each.frequency_response for each in evaluations]),
        decay_curve=_decay_curve([each.decay_curve for each in evaluations]),
        quality=quality_of_positions([each.quality for each in evaluations]),
        third_octaves=_bands(third_means, thirds),
        distortion=_distortion([each.distortion for each in evaluations]),
        over_positions=octave_means,
        thirds_over_positions=third_means,
        mid_over_positions=mid,
        speech_over_positions=speech,
        coverage=coverage,
        grade=grade_of(coverage),
        missing=missing(coverage),
    )


def _bands(
    means: Sequence[BandOverPositions], positions: Sequence[tuple[BandMetrics, ...]]
) -> tuple[BandMetrics, ...]:
    by_band = zip(*positions, strict=True)
    return tuple(as_band(mean, bands) for mean, bands in zip(means, by_band, strict=True))


def _frequency_response(positions: Sequence[FrequencyResponse]) -> FrequencyResponse:
    """Average in dB, as listeners at all positions would, and begin at the largest again."""
    rows = zip(*(each.magnitude_db for each in positions), strict=True)
    means_db = [known_mean(row) for row in rows]
    largest_db = max((each for each in means_db if each is not None), default=0.0)
    relative_db = tuple(None if each is None else each - largest_db for each in means_db)
    return FrequencyResponse(positions[0].bands_hz, relative_db)


def _decay_curve(positions: Sequence[DecayCurveSummary]) -> DecayCurveSummary:
    return DecayCurveSummary(
        n=min(each.n for each in positions),
        min_db=max(each.min_db for each in positions),
        max_db=max(each.max_db for each in positions),
    )


def _distortion(positions: Sequence[tuple[BandDistortion, ...]]) -> tuple[BandDistortion, ...]:
    """Average every octave over the positions whose sweep held it: not all need have the same."""
    by_octave: defaultdict[float, list[BandDistortion]] = defaultdict(list)
    for band in itertools.chain.from_iterable(positions):
        by_octave[band.center_hz].append(band)
    return tuple(_band_distortion(by_octave[center_hz]) for center_hz in sorted(by_octave))


def _band_distortion(bands: Sequence[BandDistortion]) -> BandDistortion:
    total_percent = known_mean([band.thd_percent for band in bands])
    harmonics = zip(*(band.harmonics_percent for band in bands), strict=True)
    return BandDistortion(
        center_hz=bands[0].center_hz,
        thd_percent=total_percent,
        harmonics_percent=tuple(known_mean(row) for row in harmonics),
        reason=bands[0].reason if total_percent is None else None,
    )
