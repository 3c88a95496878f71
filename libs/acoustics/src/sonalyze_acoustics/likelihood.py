"""Exponential decays of greatest likelihood, many at once.

Band-limited noise and reverberation have energies that are gamma distributed; the shape is the
bandwidth times the width of the bin. The likelihood of lam = A exp(-kt) + N is then greatest where
sum(ln lam + e/lam) is least. Fisher scoring finds it: the expected curvature is known in closed
form, and its inverse is the parameters' covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples

LEAST: Final = 1e-300
"""Below is underflow."""

LARGEST_EXPONENT: Final = 600.0
"""Beyond, products overflow."""

LARGEST_RATIO: Final = 1e30
"""Of energy over what was expected, where a decay without noise ends in nothing."""

LEVEL_STEP: Final = 1.0
SLOPE_STEP: Final = 0.5
"""Largest steps of the level, in factors e, and of the slope, in shares of it: a scoring step from
a poor start can overshoot."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """Decays exp(level - rate (t - origin)), arrays of any one shape."""

    level: Samples
    rate_per_s: Samples
    origin_s: Samples

    def at(self, time_s: Samples) -> Samples:
        """Return the energy density at some times, shape (..., m)."""
        passed_s = time_s - self.origin_s[..., np.newaxis]
        exponent = self.level[..., np.newaxis] - self.rate_per_s[..., np.newaxis] * passed_s
        return np.asarray(np.exp(np.clip(exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT)))

    def log_amplitude(self) -> Samples:
        """Return the natural logarithm of the energy density at time 0."""
        return np.asarray(self.level + self.rate_per_s * self.origin_s)

    def amplitude(self) -> Samples:
        """Return the energy density at time 0."""
        return np.asarray(
            np.exp(np.clip(self.log_amplitude(), -LARGEST_EXPONENT, LARGEST_EXPONENT))
        )

    def seen_from(self, origin_s: Samples) -> Exponential:
        """Return the same decays with another origin."""
        level = self.level - self.rate_per_s * (origin_s - self.origin_s)
        return Exponential(np.asarray(level), self.rate_per_s, origin_s)


@dataclass(frozen=True, slots=True)
class Covariance:
    """Variances of level and rate where they are independent of each other: at `origin_s`."""

    level: Samples
    rate: Samples
    origin_s: Samples


def middle_s(time_s: Samples, shape: Samples) -> Samples:
    """Return the mean time of bins, each as heavy as its shape."""
    return np.asarray(_dot(time_s, shape) / np.maximum(shape.sum(axis=-1), LEAST))


def line_through(energy: Samples, time_s: Samples, noise: Samples, shape: Samples) -> Exponential:
    """Fit lines to the logarithms of the chosen bins: where scoring may start.

    Parameters
    ----------
    energy, time_s : ndarray, shape (..., m)
        Mean energy density of the bins, and their middles.
    noise : ndarray, shape (...)
        Noise in them.
    shape : ndarray, shape (..., m)
        Shape of each bin's distribution, bandwidth times width; 0 leaves a bin out.

    Returns
    -------
    Exponential
        Of shape (...).
    """
    above = np.maximum(energy - noise[..., np.newaxis], 0.1 * energy)
    origin_s = middle_s(time_s, shape)
    centred = time_s - origin_s[..., np.newaxis]
    spread = np.maximum(_dot(shape, centred**2), LEAST)
    slope = _dot(shape * centred, np.log(np.maximum(above, LEAST))) / spread
    flattened = above * np.exp(
        np.clip(-slope[..., np.newaxis] * centred, -LARGEST_EXPONENT, LARGEST_EXPONENT)
    )
    mean = middle_s(flattened, shape)
    return Exponential(np.log(np.maximum(mean, LEAST)), -slope, origin_s)


def scored(  # noqa: PLR0913 - a fit's start, data and effort
    start: Exponential,
    energy: Samples,
    time_s: Samples,
    noise: Samples,
    shape: Samples,
    *,
    steps: int,
) -> tuple[Exponential, Covariance]:
    """Improve decays by Fisher scoring, the noise given.

    Parameters
    ----------
    start : Exponential
        Of shape (...).
    energy, time_s : ndarray, shape (..., m)
        Mean energy density of the bins, and their middles.
    noise : ndarray, shape (...)
        Noise in them.
    shape : ndarray, shape (..., m)
        Shape of each bin's distribution, bandwidth times width; 0 leaves a bin out.
    steps : int
        How many steps; from a fair start two come within a hundredth of the standard error.

    Returns
    -------
    Exponential
        Of shape (...), with the origin in the middle of what is heard of it.
    Covariance
        Of its level and rate.
    """
    floor = np.maximum(noise, LEAST)[..., np.newaxis]
    expected = start.at(time_s)
    # Level and slope are nearly independent where the decay is heard.
    origin_s = middle_s(time_s, shape * (expected / (expected + floor)) ** 2)
    centred = time_s - origin_s[..., np.newaxis]
    square = centred**2
    seen = start.seen_from(origin_s)
    level, slope = seen.level, -seen.rate_per_s
    for _ in range(steps):
        exponent = level[..., np.newaxis] + slope[..., np.newaxis] * centred
        decay = np.exp(np.clip(exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT))
        expected = decay + floor
        share = decay / expected
        pull = shape * share
        surplus = pull * (np.minimum(energy, LARGEST_RATIO * expected) / expected - 1.0)
        weight = pull * share
        m0, m1, m2 = weight.sum(axis=-1), _dot(weight, centred), _dot(weight, square)
        s0, s1 = surplus.sum(axis=-1), _dot(surplus, centred)
        determinant = m0 * m2 - m1**2
        inverse = np.where(determinant > 0, 1.0 / np.where(determinant > 0, determinant, 1.0), 0.0)
        reach = SLOPE_STEP * np.abs(slope)
        level = level + np.clip((m2 * s0 - m1 * s1) * inverse, -LEVEL_STEP, LEVEL_STEP)
        slope = slope + np.clip((m0 * s1 - m1 * s0) * inverse, -reach, reach)
    least = np.maximum(m0, LEAST)
    covariance = Covariance(1.0 / least, m0 * inverse, origin_s + m1 / least)
    return Exponential(np.asarray(level), np.asarray(-slope), origin_s), covariance


def _dot(left: Samples, right: Samples) -> Samples:
    return np.asarray(np.einsum("...i,...i->...", left, right))
