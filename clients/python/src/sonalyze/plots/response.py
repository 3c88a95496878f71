"""The broadband impulse response in dB over time."""

from typing import Final

import numpy as np
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from sonalyze.plots.style import BLUE, GREEN, INK, PALE
from sonalyze_acoustics import OCTAVES, Evaluation

COLUMNS: Final = 900
"""As many as there are dots: each holds the loudest sample of its time."""

BEFORE: Final = 0.12
"""Share of the time axis ahead of the direct sound."""

SMOOTHED_S: Final = 0.005
HEADROOM_DB: Final = 5.0
BELOW_NOISE_DB: Final = 12.0
LEAST_RANGE_DB, MOST_RANGE_DB = 50.0, 120.0


def draw_response(area: SubFigure, evaluation: Evaluation, end_s: float) -> None:
    """Draw the response up to an instant, its short mean, its noise, and the direct sound."""
    panel = area.subplots(gridspec_kw={"left": 0.11, "right": 0.965, "top": 0.87, "bottom": 0.125})
    response, rate_hz, onset = (
        evaluation.response,
        evaluation.sample_rate_hz,
        evaluation.direct_index,
    )
    heard = response.samples[: response.valid(OCTAVES[-1].upper_hz)].astype(np.float64)
    relative = (heard / np.abs(heard).max()) ** 2
    noise_db = _noise_db(relative, round(SMOOTHED_S * rate_hz))
    first = max(0, onset - round(BEFORE * end_s * rate_hz))
    shown = relative[first : onset + round(end_s * rate_hz)]
    time_ms = 1000 * (np.arange(shown.size) + first - onset) / rate_hz
    width = max(1, shown.size // COLUMNS)
    count = shown.size // width
    loudest = shown[: count * width].reshape(count, width).max(axis=-1)
    short = max(1, round(SMOOTHED_S * rate_hz))
    mean = np.convolve(shown, np.full(short, 1 / short), mode="same")
    panel.fill_between(
        time_ms[: count * width : width],
        _level_db(loudest),
        -200.0,
        color=PALE,
        lw=0,
        step="mid",
        label="loudest samples",
    )
    panel.plot(time_ms, _level_db(mean), color=BLUE, lw=1.8, label="mean over 5 ms")
    panel.axhline(noise_db, color=INK, lw=1.4, ls=":", label="noise")
    panel.axvline(0.0, color=GREEN, lw=1.8, label="direct sound (onset)")
    panel.set(
        xlabel="time after the direct sound in ms",
        ylabel="level in dB re maximum",
        xlim=(time_ms[0], time_ms[-1]),
        ylim=(
            float(np.clip(noise_db - BELOW_NOISE_DB, -MOST_RANGE_DB, -LEAST_RANGE_DB)),
            HEADROOM_DB,
        ),
    )
    panel.legend(loc="upper right", ncols=2, framealpha=0.9, edgecolor="none")
    area.text(0.08, 0.965, "Impulse response", fontsize=13, fontweight="bold", va="top")


def _noise_db(relative: NDArray[np.float64], width: int) -> float:
    """Return the usual level of the last quarter, in which single events do not count."""
    last = relative[-max(width, relative.size // 4) :]
    count = max(1, last.size // width)
    return float(_level_db(np.median(last[: count * width].reshape(count, -1).mean(axis=-1))))


def _level_db(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)))
