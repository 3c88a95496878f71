"""Where a recording ends in frequency: voice codecs, wireless headsets, low sample rates.

A loudspeaker, a microphone or air take the high notes away gradually. What stops within a third of
an octave is a filter that somebody computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import SignalSpec, carried_hz

HEARD_S: Final = (-0.010, 0.110)
"""Of the response around the expected direct sound."""

STEPS_PER_OCTAVE: Final = 6
WIDTH: Final = 2
"""A filter's edge lies within one of these steps, and both sides are this many wide."""

LOWEST_HZ: Final = 500.0
"""Nothing that carries speech ends lower."""

CUT_DB: Final = 25.0
"""Real phones fall by up to 14 dB in a third of an octave, voice codecs by 35 dB and more."""

HIGHEST: Final = 0.9
"""Share of what was played and carried from which on a cut is nobody's loss."""

NEEDED_HZ: Final = 11_300.0
"""Upper edge of the highest octave that is evaluated."""


def band_limit_findings(deconvolution: Deconvolution, spec: SignalSpec) -> Iterator[Finding]:
    """Tell where the recording is cut off, if it is."""
    sample_rate_hz = deconvolution.sample_rate_hz
    limit_hz = _cut_hz(deconvolution)
    if limit_hz is not None:
        yield Finding(
            "band_limited", "warning", None,
            f"Nothing above {limit_hz / 1000:.1f} kHz was recorded: a voice codec or a wireless "
            "headset is in between. Use the phone's own microphone, without call processing.",
        )  # fmt: skip
    elif carried_hz(sample_rate_hz) < min(NEEDED_HZ, spec.sweep_band_hz[1]):
        yield Finding(
            "low_sample_rate", "info", None,
            f"At {sample_rate_hz} Hz nothing above {carried_hz(sample_rate_hz) / 1000:.1f} kHz is "
            "recorded: record at 44100 or 48000 Hz.",
        )  # fmt: skip


def _cut_hz(deconvolution: Deconvolution) -> float | None:
    """Return the frequency above which everything is missing at once."""
    low_hz = max(deconvolution.band_hz[0], LOWEST_HZ)
    high_hz = HIGHEST * deconvolution.band_hz[1]
    count = int(STEPS_PER_OCTAVE * np.log2(max(high_hz / low_hz, 1.0)))
    if count < 2 * WIDTH + 1:
        return None
    edges_hz = np.geomspace(low_hz, high_hz, count + 1)
    levels_db = 10 * np.log10(np.maximum(_energy(deconvolution, edges_hz), 1e-300))
    for step in range(WIDTH, count - WIDTH):
        below, above = levels_db[step - WIDTH : step], levels_db[step + 1 :]
        if below.min() - above.max() > CUT_DB:
            return float(np.sqrt(edges_hz[step] * edges_hz[step + 1]))
    return None


def _energy(deconvolution: Deconvolution, edges_hz: Samples) -> Samples:
    """Return the mean energy of the response around the direct sound between the edges."""
    rate_hz = deconvolution.sample_rate_hz
    first, stop = (deconvolution.zero + round(part_s * rate_hz) for part_s in HEARD_S)
    samples = deconvolution.circular.take(np.arange(first, stop), mode="wrap")
    size = fft.next_fast_len(samples.size, real=True)
    rise, fall = (abs(round(part_s * rate_hz)) for part_s in HEARD_S)
    slope = np.concatenate((np.linspace(0.0, 1.0, rise), np.linspace(1.0, 0.0, fall)))
    # Soft at both ends: the edges of a hard cut would reach across a codec's.
    spectrum = fft.rfft(samples * np.sin(0.5 * np.pi * slope) ** 2, size)
    energy = spectrum.real**2 + spectrum.imag**2
    at = np.searchsorted(np.arange(energy.size) * (rate_hz / size), edges_hz)
    return np.asarray(np.add.reduceat(energy[: at[-1]], at[:-1]) / np.maximum(np.diff(at), 1))
