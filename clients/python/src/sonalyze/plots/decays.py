"""How each octave decays: its energy, the decay curve, the line through it, and the noise.

Energy is drawn on the decay curve's scale: an exponential decay's energy density, divided by its
rate, is what is still to come. So both fall on one line where the decay is exponential, and the
noise stands where it takes the decay over.
"""

from collections.abc import Sequence
from textwrap import fill
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sonalyze.notation import MISSING, frequency, spread
from sonalyze.plots.style import BLUE, FAINT, INK, PALE, PANEL, VERMILION
from sonalyze_acoustics import (
    T20,
    T30,
    BandMetrics,
    BandResponse,
    Evaluation,
    EvaluationRange,
    octave_responses,
)

HIGHEST_DB: Final = 8.0
LEAST_RANGE_DB: Final = 65.0
MOST_RANGE_DB: Final = 95.0
BELOW_NOISE_DB: Final = 8.0
SMOOTHED_S: Final = 0.010
BEHIND: Final = 1.35
"""How much longer than the longest decay the time axis is: enough to see the noise."""

SHORTEST_S: Final = 0.25
FITS: Final = (("t30_s", "T30", T30), ("t20_s", "T20", T20))
FITTED_TO_DB: Final = -60.0
DECAY_OF_60_DB: Final = 6 * np.log(10)

REASON_LETTERS: Final = 36
DASHES: Final = (0, (5, 2))
MIDDLE, BOTTOM = 0.5, 0.06
"""Where in a panel the reason stands: below energy and noise, where there are any."""

Levels = NDArray[np.float64]
Fit = tuple[str, str, EvaluationRange]


def draw_decays(area: SubFigure, evaluation: Evaluation) -> float:
    """Draw a panel per octave; those without a decay say why. Return the seconds shown."""
    responses = {each.band.center_hz: each for each in octave_responses(evaluation)}
    panels = area.subplots(
        2,
        4,
        sharex=True,
        sharey=True,
        gridspec_kw={
            "left": 0.055,
            "right": 0.985,
            "top": 0.865,
            "bottom": 0.095,
            "wspace": 0.06,
            "hspace": 0.22,
        },
    )
    noises_db = []
    for panel, band in zip(panels.flat, evaluation.bands, strict=True):
        panel.set_title(frequency(band.center_hz))
        response = responses.get(band.center_hz)
        if response is None:
            _explain(panel, band, MIDDLE)
            continue
        noises_db.append(_draw_energy(panel, band, response))
        if _has_decay(band):
            _draw_decay(panel, band, response)
        else:
            _explain(panel, band, BOTTOM)
    lowest_db = min([-LEAST_RANGE_DB, *(level - BELOW_NOISE_DB for level in noises_db)])
    end_s = _end_s(evaluation.bands, list(responses.values()))
    panels.flat[0].set(
        xlim=(-0.02 * end_s, end_s), ylim=(max(-MOST_RANGE_DB, lowest_db), HIGHEST_DB)
    )
    # The last label would meet the first of the next panel.
    panels.flat[0].xaxis.set_major_locator(MaxNLocator(5, prune="upper"))
    for panel in panels[-1]:
        panel.set_xlabel("time after the direct sound in s")
    for panel in panels[:, 0]:
        panel.set_ylabel("level in dB")
    area.text(0.04, 0.955, "Decay per octave", fontsize=13, fontweight="bold", va="top")
    area.legend(
        handles=_legend(), loc="upper right", ncols=4, frameon=False, bbox_to_anchor=(0.99, 0.985)
    )
    return end_s


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=PALE, lw=3, label="energy in the band"),
        Line2D([], [], color=BLUE, lw=2.2, label="decay curve"),
        Line2D([], [], color=VERMILION, lw=2, ls=DASHES, label="line fitted, down to -60 dB"),
        Line2D([], [], color=INK, lw=1.4, ls=":", label="noise"),
    ]  # fmt: skip


def _end_s(bands: Sequence[BandMetrics], responses: Sequence[BandResponse]) -> float:
    """Return how much time is shown: the longest decay that stands, and some noise."""
    known = {band.center_hz for band in bands if _has_decay(band)}
    ends = [each.decay.end_s for each in responses if each.band.center_hz in known]
    return max([SHORTEST_S, *(BEHIND * end for end in ends)])


def _has_decay(band: BandMetrics) -> bool:
    return any(value is not None for value in (band.t30_s, band.t20_s, band.edt_s))


def _draw_decay(panel: Axes, band: BandMetrics, response: BandResponse) -> None:
    """Draw the decay curve and the line of the longest range that stands, and tell the times."""
    levels_db = response.levels_db
    panel.plot(_times(response), levels_db, color=BLUE, lw=2.2)
    fitted = next((fit for fit in FITS if getattr(band, fit[0]) is not None), None)
    if fitted is not None:
        _draw_line(panel, response, getattr(band, fitted[0]), fitted[2])
    panel.text(
        0.97,
        0.95,
        "\n".join(_figures(band, fitted)),
        transform=panel.transAxes,
        ha="right",
        va="top",
        fontsize=11,
        linespacing=1.4,
        bbox={"boxstyle": "round,pad=0.3", "facecolor": "white", "alpha": 0.85, "lw": 0},
    )


def _draw_energy(panel: Axes, band: BandMetrics, response: BandResponse) -> float:
    """Draw energy and noise; return the level of the noise, 0 dB if there is none."""
    scale = _rate_per_s(band, response) * response.total_energy
    width = max(1, round(SMOOTHED_S * response.rate_hz))
    first = max(0, int(response.onset) - width)
    smooth = np.convolve(response.energy[first:], np.full(width, 1 / width), mode="same")
    time_s = (np.arange(smooth.size) + first - response.onset) / response.rate_hz
    with np.errstate(divide="ignore"):
        panel.plot(time_s, 10 * np.log10(np.maximum(smooth, 0.0) / scale), color=PALE, lw=1.2)
    if response.decay.noise <= 0:
        return 0.0
    level_db = float(10 * np.log10(response.decay.noise / scale))
    panel.axhline(level_db, color=INK, lw=1.4, ls=":")
    return level_db


def _rate_per_s(band: BandMetrics, response: BandResponse) -> float:
    """Return the decay's rate, or where there is none the rate at which energy and peak meet."""
    for decay_s in (band.t20_s, band.t30_s):
        if decay_s is not None:
            return float(DECAY_OF_60_DB / decay_s)
    if response.decay.rate_per_s > 0:
        return response.decay.rate_per_s
    return response.peak_power / response.total_energy


def _times(response: BandResponse) -> Levels:
    """Return the instants of the decay curve's samples."""
    start_s = float(np.ceil(response.onset) - response.onset) / response.rate_hz
    return np.asarray(start_s + np.arange(response.levels_db.size) / response.rate_hz)


def _draw_line(
    panel: Axes, response: BandResponse, decay_s: float, fitted: EvaluationRange
) -> None:
    """Draw the line of a reverberation time through the middle of what it was fitted to."""
    levels_db = response.levels_db
    inside = (levels_db <= fitted.upper_db) & (levels_db >= fitted.lower_db)
    middle_s = float(_times(response)[inside].mean())
    middle_db = float(levels_db[inside].mean())
    ends_db = np.array([fitted.upper_db, FITTED_TO_DB])
    ends_s = middle_s + (middle_db - ends_db) * decay_s / 60.0
    panel.plot(ends_s, ends_db, color=VERMILION, lw=2, ls=DASHES)


def _figures(band: BandMetrics, fitted: Fit | None) -> list[str]:
    lines = []
    for key, name in (("t30_s", "T30"), ("t20_s", "T20"), ("edt_s", "EDT")):
        value: float | None = getattr(band, key)
        if value is None:
            lines.append(f"{name}  {MISSING}")
            continue
        error = band.uncertainty.get(key)
        spread_shown = "" if error is None else f" {spread(error, 2)}"
        mark = " ◂" if fitted is not None and key == fitted[0] else ""
        lines.append(f"{name}  {value:.2f}{spread_shown} s{mark}")
    if band.shape is not None and len(band.shape.slopes) > 1:
        times = " and ".join(f"{slope.time_s:.2f}" for slope in band.shape.slopes)
        lines.append(f"bent: {times} s")
    return lines


def _explain(panel: Axes, band: BandMetrics, height: float) -> None:
    """Say in the panel why the octave has no decay time."""
    reason = next(
        (band.reasons[key] for key in ("t20_s", "edt_s", "t30_s") if key in band.reasons), ""
    ).removeprefix(f"{band.center_hz:g} Hz: ")
    panel.set_facecolor(PANEL)
    panel.text(
        0.5,
        height,
        fill(f"No decay time: {reason[:1].lower()}{reason[1:]}", REASON_LETTERS),
        transform=panel.transAxes,
        ha="center",
        va="center" if height == MIDDLE else "bottom",
        color=FAINT,
        fontsize=11,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", "alpha": 0.9, "lw": 0},
    )
