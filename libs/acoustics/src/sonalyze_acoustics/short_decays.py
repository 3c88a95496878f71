"""Reverberation times that are hardly longer than their band's own filter lasts.

A mask without phase rings into a decay as long as ahead of it: from B T = 8 on that lengthens T20
by less than 0.8 %, at 4 by 9 %. A causal filter run backwards rings only ahead of each sound, so
what comes after the onset decays as the room does, whatever B T: measured on exponentials, T20 and
T30 are exact from 4 on (Jacobsen and Rindel, JSV 117, 187, 1987; ISO 3382-2:2008 7.3). It moves
the direct sound ahead, too, so nothing but T20, T30 and Topt is taken from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot
from typing import Final, TypeVar

from sonalyze_acoustics.evaluation import BandMetrics, DecayShape
from sonalyze_acoustics.heard import Heard
from sonalyze_acoustics.metrics import OF_THE_FILTER, bands_metrics
from sonalyze_acoustics.response_bands import BandResponse, backward_responses

_Value = TypeVar("_Value")

NAMES: Final = ("t20_s", "t30_s", "topt_s")

BACKWARD_OWN_DECAY: Final = 4.0
"""Bandwidth times reverberation time from which a filter run backwards tells it (ISO 3382-2)."""

SCATTER: Final = 0.25
"""Standard uncertainty of such a time, in shares of it: measured on noise-like responses of B T
from 4 to 8, whose times differ by that much from one to the next."""


def with_short_decays(
    responses: Sequence[BandResponse], figures: Sequence[BandMetrics], heard: Heard
) -> tuple[BandMetrics, ...]:
    """Fill in the times that were withheld because the band's filter had too great a part in them.

    Parameters
    ----------
    responses : sequence of BandResponse
        The bands.
    figures : sequence of BandMetrics
        What was found in them.
    heard : Heard
        The response that they were cut out of.

    Returns
    -------
    tuple of BandMetrics
        All bands, in their order.
    """
    short = [
        row
        for row, found in enumerate(figures)
        if found.reasons.get("t20_s", "").endswith(OF_THE_FILTER)
    ]
    filled = list(figures)
    if short:
        backward = backward_responses(
            heard.response, heard.onset, [responses[row] for row in short], heard.corner_hz
        )
        for row, response, again in zip(short, backward, bands_metrics(backward), strict=True):
            filled[row] = _filled(figures[row], again, response.band.bandwidth_hz)
    return tuple(filled)


def _filled(found: BandMetrics, again: BandMetrics, bandwidth_hz: float) -> BandMetrics:
    """Take over the times of the filter that ran backwards, where they are long enough."""
    known = {name: getattr(again, name) for name in NAMES}
    if known["t20_s"] is None or known["t20_s"] * bandwidth_hz < BACKWARD_OWN_DECAY:
        return found
    given = {name: value for name, value in known.items() if value is not None}
    return replace(
        found,
        **given,
        reasons={name: why for name, why in found.reasons.items() if name not in given},
        uncertainty={
            **found.uncertainty,
            **{name: hypot(again.uncertainty[name], SCATTER * given[name]) for name in given},
        },
        shape=None if again.shape is None else _without_edt(again.shape),
    )


def _without_edt(shape: DecayShape) -> DecayShape:
    """Describe T20, T30 and Topt only: the early decay is not this filter's to judge."""
    return replace(
        shape,
        estimators=_times_only(shape.estimators),
        correlation=_times_only(shape.correlation),
        nonlinearity_permille=_times_only(shape.nonlinearity_permille),
    )


def _times_only(values: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name: value for name, value in values.items() if name in NAMES}
