"""Putting a response's figures together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import BROADBAND, OCTAVES, Band
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
from sonalyze_acoustics.levels import Levels, rms
from sonalyze_acoustics.loudspeaker import corner_hz, without_delay
from sonalyze_acoustics.metrics import (
    NEEDED_RANGE_DB,
    RATIOS,
    absent_band,
    band_metrics,
    early_to_late_db,
)
from sonalyze_acoustics.onset import onset_of
from sonalyze_acoustics.quality import judge
from sonalyze_acoustics.response_bands import BandResponse, split_into_bands
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.spectrum import frequency_response
from sonalyze_acoustics.speech import speech_of
from sonalyze_acoustics.speech_levels import BackgroundNoise

MID_HZ: Final = (500.0, 1000.0)


def assembled(
    response: ImpulseResponse,
    levels: Levels,
    alignment: Alignment | None,
    background: BackgroundNoise | None = None,
    faults: Sequence[Finding] = (),
) -> Evaluation:
    """Evaluate a response band by band and put everything together."""
    measured = response
    rate_hz, samples = response.sample_rate_hz, response.samples
    tail = _tail(response)
    onset = onset_of(samples, rate_hz, rms(tail))
    corner = None
    if alignment is not None:
        response, corner = _levelled(response, onset, tail)
    usable = tuple(band for band in OCTAVES if _holds(response, band))
    *octaves, broadband = split_into_bands(response, onset, (*usable, BROADBAND), corner)
    found = {octave.band.center_hz: band_metrics(octave) for octave in octaves}
    bands = tuple(
        found.get(band.center_hz)
        or absent_band(
            band, f"{band.center_hz:g} Hz: not played, or beyond what the sample rate carries."
        )
        for band in OCTAVES
    )
    mid = mid_frequency(found, broadband)
    end = onset + round(broadband.decay.end_s * rate_hz)
    return Evaluation(
        sample_rate_hz=rate_hz,
        bands=bands,
        mid=mid,
        speech=speech_of(octaves, background=background),
        frequency_response=frequency_response(
            response.samples[max(0, onset - round(0.01 * rate_hz)) : end],
            tail,
            rate_hz,
            response.played_band_hz,
        ),
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
            (*faults, *_levelling_finding(corner)),
        ),
        direct_index=onset,
        response=measured,
    )


def _levelled(
    response: ImpulseResponse, onset: int, noise: Samples
) -> tuple[ImpulseResponse, float | None]:
    """Undo a small loudspeaker's delay; its corner tells the bands to undo its tilt."""
    rate_hz = response.sample_rate_hz
    corner = corner_hz(response.samples[onset:], noise, rate_hz, response.played_band_hz)
    if corner is None:
        return response, None
    return replace(response, samples=without_delay(response.samples, rate_hz, corner)), corner


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


def _holds(response: ImpulseResponse, band: Band) -> bool:
    """Say whether a band was played and recorded completely."""
    low_hz, high_hz = response.played_band_hz
    return band.inside((low_hz, min(high_hz, 0.5 * response.sample_rate_hz)))


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
    response, onset = evaluation.response, evaluation.direct_index
    corner = None
    if evaluation.alignment is not None:
        response, corner = _levelled(response, onset, _tail(response))
    usable = tuple(band for band in OCTAVES if _holds(response, band))
    return split_into_bands(response, onset, usable, corner)


def _tail(response: ImpulseResponse) -> Samples:
    """Return the last tenth of what every octave holds: noise."""
    heard = response.samples[: response.valid(BROADBAND.upper_hz)]
    return heard[-max(1, heard.size // 10) :]


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
    )
