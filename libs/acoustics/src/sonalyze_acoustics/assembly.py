"""Putting a response's figures together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import BROADBAND, OCTAVES, THIRDS, Band
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.energies import clarity_db
from sonalyze_acoustics.evaluation import (
    Alignment,
    BandMetrics,
    DecayCurveSummary,
    Evaluation,
    Finding,
    MidFrequency,
)
from sonalyze_acoustics.heard import Heard
from sonalyze_acoustics.levels import Levels
from sonalyze_acoustics.metrics import (
    NEEDED_RANGE_DB,
    RATIOS,
    absent_band,
    bands_metrics,
    early_to_late_db,
)
from sonalyze_acoustics.quality import judge
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.speech import speech_of
from sonalyze_acoustics.speech_levels import BackgroundNoise

MID_HZ: Final = (500.0, 1000.0)
MEANS: Final = ("t20_s", "t30_s", "edt_s", "c50_db", "c80_db", "d50", "d80", "ts_s")


def assembled(  # noqa: PLR0913 - all that is known of a recording besides its response
    response: ImpulseResponse,
    levels: Levels,
    alignment: Alignment | None,
    background: BackgroundNoise | None = None,
    faults: Sequence[Finding] = (),
    *,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate a response band by band and put everything together."""
    heard = Heard.of(response, by_a_phone=alignment is not None)
    octaves = tuple(band for band in OCTAVES if heard.holds(band))
    narrow = tuple(band for band in THIRDS if heard.holds(band)) if thirds else ()
    responses = heard.split((*octaves, BROADBAND, *narrow))
    broadband = responses[len(octaves)]
    whole, narrower = responses[: len(octaves)], responses[len(octaves) + 1 :]
    found = {metrics.center_hz: metrics for metrics in bands_metrics(whole)}
    bands = _with_absent(OCTAVES, found)
    mid = mid_frequency(found, broadband)
    return Evaluation(
        sample_rate_hz=response.sample_rate_hz,
        bands=bands,
        mid=mid,
        speech=speech_of(whole, background=background),
        frequency_response=heard.spectrum(broadband.decay.end_s),
        decay_curve=DecayCurveSummary(
            int(broadband.levels_db.size),
            float(broadband.levels_db.min()),
            float(broadband.levels_db.max()),
        ),
        alignment=alignment,
        quality=judge(
            bands,
            mid,
            _completed(levels, broadband),
            alignment,
            (*faults, *_levelling_finding(heard.corner_hz)),
        ),
        direct_index=heard.onset,
        response=response,
        third_octaves=_with_absent(
            THIRDS, {metrics.center_hz: metrics for metrics in bands_metrics(narrower)}
        )
        if thirds
        else (),
    )


def _with_absent(
    bands: Sequence[Band], found: Mapping[float, BandMetrics]
) -> tuple[BandMetrics, ...]:
    """Put what was found in its place, and reasons where nothing was."""
    return tuple(
        found.get(band.center_hz)
        or absent_band(
            band, f"{band.center_hz:g} Hz: not played, or beyond what the sample rate carries."
        )
        for band in bands
    )


def _levelling_finding(corner: float | None) -> tuple[Finding, ...]:
    if corner is None:
        return ()
    return (
        Finding(
            "loudspeaker_levelled", "info", None,
            f"The loudspeaker falls off below about {corner:.0f} Hz; its tilt inside the octaves "
            "was taken out.",
        ),
    )  # fmt: skip


def _completed(levels: Levels, broadband: BandResponse) -> Levels:
    """Fill in what only the response can tell where there is no recording."""
    if levels.snr_db is not None or broadband.inr_db is None:
        return levels
    floor = None if levels.peak_db is None else levels.peak_db - broadband.inr_db
    return Levels(levels.peak_db, floor, broadband.inr_db, levels.clipped_samples)


def octave_responses(evaluation: Evaluation) -> tuple[BandResponse, ...]:
    """Split an evaluation's response into its octaves once more, for whoever wants to see decays.

    Octaves that were not played, or that the sample rate does not carry, are left out.
    """
    heard = Heard.of(evaluation.response, by_a_phone=evaluation.alignment is not None)
    return heard.split(tuple(band for band in OCTAVES if heard.holds(band)))


def mid_frequency(found: dict[float, BandMetrics], broadband: BandResponse) -> MidFrequency:
    """Average 500 Hz and 1 kHz; the direct sound's figures come from the whole band."""
    pair = [found[hz] for hz in MID_HZ if hz in found]

    def mean(name: str) -> float | None:
        values = [getattr(band, name) for band in pair]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(MID_HZ) else None

    direct, after_50 = broadband.early_energy[2], broadband.late_energy[0]
    range_db = broadband.decay_range_db
    clear = range_db is not None and range_db >= NEEDED_RANGE_DB["drr_db"]
    late_is_known = clear and early_to_late_db(broadband, 0) is not None and direct > 0
    return MidFrequency(
        t20_s=mean("t20_s"),
        t30_s=mean("t30_s"),
        edt_s=mean("edt_s"),
        c50_db=mean("c50_db"),
        c80_db=mean("c80_db"),
        d50=mean("d50"),
        d80=mean("d80"),
        ts_s=mean("ts_s"),
        drr_db=early_to_late_db(broadband, RATIOS.index("drr_db")) if clear else None,
        direct_to_late_db=float(clarity_db(direct, after_50)) if late_is_known else None,
        uncertainty=_uncertainty_of_mean(pair),
    )


def _uncertainty_of_mean(pair: Sequence[BandMetrics]) -> dict[str, float]:
    """Return how sure the means over two octaves are; their noises have nothing in common."""
    if len(pair) < len(MID_HZ):
        return {}
    return {
        name: hypot(*(band.uncertainty[name] for band in pair)) / len(pair)
        for name in MEANS
        if all(name in band.uncertainty for band in pair)
    }
