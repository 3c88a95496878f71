"""What was heard over time and frequency: the recording, or the response where there is none."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from sonalyze.evaluations import EvaluatedFile
from sonalyze.plots.style import INK
from sonalyze_acoustics import Alignment

COLUMNS: Final = 800
ROWS: Final = 300
LOWEST_HZ: Final = 20.0
WINDOW_S: Final = 0.085
"""Long enough to tell 20 Hz from 40, short enough to see the chirps."""

RESPONSE_WINDOW_S: Final = 0.02
RANGE_DB: Final = 90.0
TICKS_HZ: Final = (20, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000)
COLOURS: Final = "cividis"
"""Even in lightness, and the same to people who do not see red or green."""

Power = NDArray[np.float64]


def draw_spectrogram(area: SubFigure, evaluated: EvaluatedFile) -> None:
    """Draw levels over time and frequency, with the parts of the signal marked where known."""
    panel, scale = area.subplots(
        1,
        2,
        gridspec_kw={
            "left": 0.11,
            "right": 0.905,
            "top": 0.87,
            "bottom": 0.125,
            "wspace": 0.04,
            "width_ratios": (1.0, 0.028),
        },
    )
    samples, sample_rate_hz = evaluated.samples, evaluated.sample_rate_hz
    alignment = evaluated.evaluation.alignment
    power, edges_hz = _log_rows(
        *_spectrogram(samples, sample_rate_hz, WINDOW_S if alignment else RESPONSE_WINDOW_S)
    )
    level_db = 10 * np.log10(np.maximum(power / power.max(), 1e-20))
    image = panel.imshow(
        level_db,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=COLOURS,
        vmin=-RANGE_DB,
        vmax=0.0,
        extent=(0.0, samples.size / sample_rate_hz, *np.log10(edges_hz[[0, -1]])),
    )
    ticks = [hz for hz in TICKS_HZ if edges_hz[0] <= hz <= edges_hz[-1]]
    panel.yaxis.set_major_locator(FixedLocator(list(np.log10(ticks))))
    panel.yaxis.set_major_formatter(FixedFormatter([_short(hz) for hz in ticks]))
    panel.grid(visible=False)
    panel.set(xlabel="time in s", ylabel="frequency in Hz")
    if alignment is not None:
        _mark(panel, alignment, sample_rate_hz)
    area.colorbar(image, cax=scale, label="level in dB re maximum")
    scale.grid(visible=False)
    title = f"Spectrogram of the {'recording' if alignment else 'response'}"
    area.text(0.08, 0.965, title, fontsize=13, fontweight="bold", va="top")


def _spectrogram(
    samples: NDArray[np.float64], sample_rate_hz: int, window_s: float
) -> tuple[Power, NDArray[np.float64]]:
    """Return power, shape (bins, columns), and the bins' frequencies."""
    width = min(2 ** round(np.log2(window_s * sample_rate_hz)), samples.size)
    step = max(1, (samples.size - width) // COLUMNS)
    frames = np.lib.stride_tricks.sliding_window_view(samples, width)[::step]
    window = np.hanning(width)
    power = np.empty((width // 2 + 1, frames.shape[0]))
    for column, frame in enumerate(frames):
        power[:, column] = np.abs(np.fft.rfft(frame * window)) ** 2
    return power, np.arange(power.shape[0]) * (sample_rate_hz / width)


def _log_rows(power: Power, frequency_hz: NDArray[np.float64]) -> tuple[Power, NDArray[np.float64]]:
    """Bring bins to rows of equal ratio: the mean of those inside, or the nearest."""
    edges_hz = np.geomspace(LOWEST_HZ, frequency_hz[-1], ROWS + 1)
    first = np.searchsorted(frequency_hz, edges_hz[:-1])
    last = np.maximum(np.searchsorted(frequency_hz, edges_hz[1:]), first + 1)
    summed = np.vstack([np.zeros(power.shape[1]), np.cumsum(power, axis=0)])
    last = np.minimum(last, power.shape[0])
    first = np.minimum(first, last - 1)
    return (summed[last] - summed[first]) / (last - first)[:, np.newaxis], edges_hz


def _mark(panel: Axes, alignment: Alignment, sample_rate_hz: int) -> None:
    start_s = alignment.sweep_start_sample / sample_rate_hz
    end_s = alignment.sweep_end_sample / sample_rate_hz
    found = [(start_s, "sweep"), (end_s, "")]
    for chirp, name in ((alignment.start_chirp, "chirp"), (alignment.end_chirp, "chirp")):
        if chirp is not None and chirp.detected:
            found.append((chirp.time_s, name))
    for time_s, name in found:
        panel.axvline(time_s, color="white", lw=1.2, ls=(0, (4, 3)), alpha=0.9)
        if name:
            panel.annotate(
                name, (time_s, 1.0), xycoords=("data", "axes fraction"), xytext=(2, 3),
                textcoords="offset points", fontsize=10, color=INK,
            )  # fmt: skip


def _short(hz: float) -> str:
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"  # noqa: PLR2004  kilo
