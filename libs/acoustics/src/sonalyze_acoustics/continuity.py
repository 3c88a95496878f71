"""Samples that the recorder lost or wrote twice, without a trace of silence.

A lost buffer moves everything after it. The pair of chirps alone takes that for another clock; but
then the sweep between them does not lie where that clock says: all of it is late if the loss came
after it, early if it came before, and both if it came inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.passages import COHERENT, Passages
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import END_CHIRP_START_S, SWEEP_S, SignalSpec, growth_s

FEWEST_BANDS: Final = 2
"""One band alone may be an accident."""

LEAST_LOST_S: Final = 0.0008
"""Clean recordings and real phones stay below 0.3 ms, as do hands that move by ten centimetres;
the smallest buffers hold 64 samples, 1.3 ms."""

EXPLAINED: Final = 0.35
"""What one loss leaves unexplained of the delays, as a share of the loss."""

AGREED_S: Final = 0.001
"""Bands that find a displaced chirp agree on it; a clock 100 ppm off moves them by 0.3 ms."""


FAR_S: Final = 0.003
"""A pair of chirps is known as such up to 7 ms from its distance; clocks alone move it 1.5 ms."""

DOUBT: Final = 3.0
"""A loss inside a band must explain the others that much better than one between two bands."""


def continuity_findings(passages: Passages, spec: SignalSpec) -> Iterator[Finding]:
    """Tell whether samples are missing or repeated between the chirps, how much and where."""
    clear = passages.coherence >= COHERENT
    if not passages.is_paired:
        yield from _displaced(
            *(_distance_s(*row) for row in zip(passages.delays_s, clear, strict=True))
        )
        return
    known = clear.any(axis=0)
    if known.sum() < FEWEST_BANDS:
        return
    best = np.argmax(passages.coherence, axis=0)
    delays_s = np.take_along_axis(passages.delays_s, best[np.newaxis], axis=0)[0]
    loss = _likeliest_loss(delays_s[known], passages.instants_s[known], spec)
    if abs(loss.lost_s) < LEAST_LOST_S:
        return
    where = f"{loss.begin_s:.1f} to {loss.end_s:.1f} s after the start of the signal"
    if loss.left_s > EXPLAINED * abs(loss.lost_s):
        where = "in several places"
    yield _finding(loss.lost_s, where)


def _displaced(start_s: float | None, end_s: float | None) -> Iterator[Finding]:
    """Tell how far the chirps are from where the sweep, or its nearer half, expects them."""
    if start_s is not None and end_s is not None:
        yield _finding(end_s, "inside the sweep")
    elif start_s is not None:
        # What is lost between the first chirp and the sweep lets the sweep come too early.
        yield _finding(-start_s, "before the sweep ends")
    elif end_s is not None:
        yield _finding(end_s, "after the sweep starts")


def _distance_s(delays_s: Samples, clear: NDArray[np.bool_]) -> float | None:
    """Return the largest delay on which bands agree, None if it is none."""
    known = delays_s[clear]
    agreeing = (np.abs(known[:, np.newaxis] - known) < AGREED_S).sum(axis=-1) >= FEWEST_BANDS
    far = known[agreeing & (np.abs(known) > FAR_S)]
    return float(far[np.argmax(np.abs(far))]) if far.size else None


def _finding(lost_s: float, where: str) -> Finding:
    what = "are missing" if lost_s > 0 else "were recorded twice"
    return Finding(
        "samples_lost", "warning", None,
        f"About {1e3 * abs(lost_s):.1f} ms of sound {what} {where}: close other apps on the "
        "recording phone and measure again.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loss:
    """How much was lost between two instants of the signal; negative if it came twice."""

    left_s: float
    lost_s: float
    begin_s: float
    end_s: float
    is_inside: bool = False
    """Whether it spoilt one band, which was left out."""


def _likeliest_loss(delays_s: Samples, instants_s: Samples, spec: SignalSpec) -> Loss:
    """Return the loss that explains the delays best.

    It came between two bands, or inside one, whose delay then says nothing. The clock found from
    the chirps is off by the loss's share of their distance, and the phase that corrects for it
    moves every frequency by its own instant and the sweep's growth.
    """
    drift = (instants_s + growth_s(spec.sweep_band_hz, SWEEP_S)) / END_CHIRP_START_S
    limits_s = np.concatenate(([0.0], instants_s, [END_CHIRP_START_S]))
    count = delays_s.size
    between = [_fit(delays_s, drift - (np.arange(count) >= place)) for place in range(count + 1)]
    losses = [
        Loss(left_s, lost_s, float(limits_s[place]), float(limits_s[place + 1]))
        for place, (left_s, lost_s) in enumerate(between)
    ]
    for inside in range(count if count > FEWEST_BANDS else 0):
        others = np.arange(count) != inside
        left_s, lost_s = _fit(delays_s[others], (drift - (np.arange(count) > inside))[others])
        losses.append(
            Loss(
                left_s,
                lost_s,
                float(limits_s[inside]),
                float(limits_s[inside + 2]),
                is_inside=True,
            )
        )
    return min(losses, key=lambda loss: loss.left_s * (DOUBT if loss.is_inside else 1.0))


def _fit(delays_s: Samples, shape: Samples) -> tuple[float, float]:
    """Return the standard error that a multiple of a shape leaves, and which multiple it is."""
    lost_s = float(shape @ delays_s / (shape @ shape))
    left_s = float(np.sqrt(np.sum((delays_s - lost_s * shape) ** 2) / max(delays_s.size - 1, 1)))
    return left_s, lost_s
