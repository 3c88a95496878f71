"""Ratios of early, late and direct energy. Arguments are energies of any shape."""

from __future__ import annotations

import numpy as np

from sonalyze_acoustics.samples import Samples


def clarity_db(early: float | Samples, late: float | Samples) -> Samples:
    """Return the early-to-late ratio in dB: C50, C80, DRR by where early ends (ISO 3382-1 A.2)."""
    return np.asarray(10 * np.log10(np.asarray(early) / np.asarray(late)))


def definition(early: float | Samples, late: float | Samples) -> Samples:
    """Return the early share of the energy: D50, D80 (ISO 3382-1 A.2)."""
    return np.asarray(np.asarray(early) / (np.asarray(early) + np.asarray(late)))


def moment(
    energy: Samples, time_s: Samples, sample_rate_hz: float, tail: tuple[float, float, float]
) -> Samples:
    """Return the first moment of energy over time, with an exponential tail.

    Parameters
    ----------
    energy : ndarray, shape (..., n), float64
        Energy density without noise.
    time_s : ndarray, shape (n,)
        Time of each sample after the direct sound.
    sample_rate_hz : float
        Rate in Hz.
    tail : tuple of float
        Energy, decay rate in 1/s and start in s of what follows the last sample.

    Returns
    -------
    ndarray, shape (...), float64
        Integral of t times energy; over the energy it is the centre time Ts (ISO 3382-1 A.2).
    """
    tail_energy, rate_per_s, start_s = tail
    beyond = tail_energy * (start_s + 1 / rate_per_s) if rate_per_s > 0 else 0.0
    return np.asarray(energy @ time_s / sample_rate_hz + beyond)
