"""Putting a response's figures together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sonalyze_acoustics.bands import BROADBAND, OCTAVES, THIRDS, Band
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.evaluation import (
    Alignment,
    BandMetrics,
    DecayCurveSummary,
    Evaluation,
    Finding,
)
from sonalyze_acoustics.heard import Heard
from sonalyze_acoustics.levels import Levels
from sonalyze_acoustics.metrics import absent_band, bands_metrics
from sonalyze_acoustics.quality import judge
from sonalyze_acoustics.recording_chain import recorded
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.short_decays import with_short_decays
from sonalyze_acoustics.single_numbers import mid_frequency
from sonalyze_acoustics.speech import speech_of
from sonalyze_acoustics.speech_levels import BackgroundNoise


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
    figures = _figures((*whole, *narrower), heard)
    found = {each.center_hz: each for each in figures[: len(whole)]}
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
        third_octaves=_with_absent(THIRDS, {each.center_hz: each for each in figures[len(whole) :]})
        if thirds
        else (),
    )


def _figures(responses: Sequence[BandResponse], heard: Heard) -> tuple[BandMetrics, ...]:
    """Evaluate bands; those of a recording are less certain than their response says."""
    figures = with_short_decays(responses, bands_metrics(responses), heard)
    if not heard.by_a_phone:
        return figures
    bands = [response.band for response in responses]
    return tuple(map(recorded, figures, bands, [heard.corner_hz] * len(bands)))


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
