"""A band's decay as it would be without the noise, at a few hundred instants.

Where decay and noise are Gaussian of powers S and N, the share w = S / (S + N) is what the noisy
amplitude says about the decay's, and the decay's energy is expected to be w^2 e + w N, with the
variance v (v + 2 w^2 e), v = w N. This is Wiener's filter, seen from the energy. High above the
noise it subtracts the noise (Chu); at the noise it turns into the late decay that was fitted, which
goes on as the tail (ISO 3382-1, 5.3.3). Energy never becomes negative, so curves always fall, and
what the noise did to any figure follows from the variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.double_slopes import TwoSlopes
from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.steps import Steps


@dataclass(frozen=True, slots=True)
class Restored:
    """Decays free of noise, one row per band.

    `energy` is that of each step and `variance` what is not known of it. `moved`, shape (bands,
    modes, steps), and `tail_moved`, shape (bands, modes), say how energies and tail move together
    when noise and late decay do, by one standard uncertainty in each of a few independent ways.
    """

    steps: Steps
    energy: Samples
    variance: Samples
    moved: Samples
    tail: Samples
    tail_variance: Samples
    tail_moved: Samples
    tail_s: Samples
    """Centre of the tail."""

    def left(self) -> Samples:
        """Return the energy decay curve at the edges."""
        after = np.cumsum(self.energy[:, ::-1], axis=-1)[:, ::-1]
        return np.asarray(np.pad(after, ((0, 0), (0, 1))) + self.tail[:, np.newaxis])

    def total(self) -> Samples:
        """Return each band's energy, what lies ahead of the onset included."""
        return np.asarray(self.energy.sum(axis=-1) + self.tail + self.steps.lead)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is expected to decay: density, noise, tail, and how they move, by modes."""

    decay: Samples
    noise: Samples
    decay_moved: Samples
    noise_moved: Samples
    tail: Samples
    tail_moved: Samples
    tail_s: Samples


MODES: Final = 5
"""Two exponentials and the noise have five numbers; one exponential leaves two modes still."""


def restored(steps: Steps, doubles: Sequence[TwoSlopes | None] = ()) -> Restored:
    """Restore decays from what was measured.

    Parameters
    ----------
    steps : Steps
        What was measured. Where nothing decays the noise is subtracted only.
    doubles : sequence of TwoSlopes, optional
        How those bands go on whose decays are double.

    Returns
    -------
    Restored
        One row per band.
    """
    expected = _single(steps)
    for row, double in enumerate(doubles):
        if double is not None:
            _go_on(expected, row, double, steps)
    noise = expected.noise[:, np.newaxis]
    decays = (steps.rate_per_s[:, np.newaxis] > 0) & (noise > 0)
    share = np.where(decays, expected.decay / np.maximum(expected.decay + noise, LEAST), 1.0)
    unknown, known = share * noise * decays, share**2 * steps.energy
    heard = steps.edge_s[:, 1:] <= steps.end_s[:, np.newaxis]
    subtracted = np.maximum(steps.energy - noise * steps.step_s, 0.0) * heard
    width = (steps.step_s * decays)[:, np.newaxis]
    square = share[:, np.newaxis] ** 2
    moved = (1 - square) * expected.decay_moved - square * expected.noise_moved[..., np.newaxis]
    return Restored(
        steps=steps,
        energy=np.where(decays, known + unknown * steps.step_s, subtracted),
        variance=unknown * (unknown * steps.step_s + 2 * known) / steps.bandwidth_hz[:, np.newaxis],
        moved=moved * width,
        tail=expected.tail,
        tail_variance=0.5 * steps.rate_per_s * expected.tail**2 / steps.bandwidth_hz,
        tail_moved=expected.tail_moved,
        tail_s=expected.tail_s,
    )


def _single(steps: Steps) -> _Expected:
    """Let every decay go on as its late part does."""
    rate = np.where(steps.rate_per_s > 0, steps.rate_per_s, np.inf)
    last_s = steps.edge_s[:, -1]
    tail_s = last_s + 1 / rate
    further = np.where(steps.noise > 0, np.exp(-steps.rate_per_s * (last_s - steps.end_s)), 1.0)
    tail = steps.tail * further
    slower = steps.rate_error_per_s * (steps.centre_s - tail_s)
    decay_moved = np.zeros((last_s.size, MODES, steps.late.shape[-1]))
    since_s = steps.middle_s - steps.centre_s[:, np.newaxis]
    decay_moved[:, 1] = steps.late * steps.level_error[:, np.newaxis]
    decay_moved[:, 2] = -steps.late * since_s * steps.rate_error_per_s[:, np.newaxis]
    noise_moved, tail_moved = np.zeros((2, last_s.size, MODES))
    noise_moved[:, 0] = steps.noise * steps.noise_error
    tail_moved[:, 1], tail_moved[:, 2] = tail * steps.level_error, tail * slower
    return _Expected(
        steps.late.copy(), steps.noise.copy(), decay_moved, noise_moved, tail, tail_moved, tail_s
    )


def _go_on(expected: _Expected, row: int, double: TwoSlopes, steps: Steps) -> None:
    """Let one band's decay go on with two slopes."""
    logs, time_s, last_s = double.logarithms, steps.middle_s[row], float(steps.edge_s[row, -1])
    rates = np.exp(logs[1::2, np.newaxis])
    parts = np.exp(logs[::2, np.newaxis] - rates * time_s)
    tails = np.exp(logs[::2, np.newaxis] - rates * last_s) / rates
    by_log = np.stack((parts, -rates * time_s * parts), axis=1).reshape(MODES - 1, -1)
    tail_by_log = np.stack((tails, -(rates * last_s + 1) * tails), axis=1).reshape(MODES - 1)
    values, vectors = np.linalg.eigh(double.covariance)
    modes = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    expected.decay[row], expected.noise[row] = parts.sum(axis=0), double.noise
    expected.decay_moved[row] = modes[:, :-1] @ by_log
    expected.noise_moved[row] = modes[:, -1] * double.noise
    expected.tail[row] = tails.sum()
    expected.tail_moved[row] = modes[:, :-1] @ tail_by_log
    expected.tail_s[row] = float((tails * (last_s + 1 / rates)).sum() / max(tails.sum(), LEAST))
