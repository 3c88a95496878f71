"""A recording's energy over time in a few narrow ribbons of frequency.

A deconvolution holds the whole recording; multiplied by the sweep again, a slice of its spectrum
is that slice of the recording. In such a ribbon the sweep passes once, at a known instant; what
else is there is the room, harmonics at known instants, noise, and whatever went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.location import Located
from sonalyze_acoustics.samples import Samples, Spectrum
from sonalyze_acoustics.signal import PEAK, SWEEP_S, SignalSpec, growth_s
from sonalyze_acoustics.sweep_response import BEFORE_S

STEP: Final = 2.0**-15
"""Of 16 bits; phones store no more."""

BLOCK_S: Final = 0.008
"""Long enough for one independent value in the lowest ribbon, short against any decay."""

CENTERS_HZ: Final = (250.0, 450.0, 810.0, 1460.0, 2620.0, 4720.0, 8500.0)
"""In ratios of 1.8: no low harmonic of one sweep lies in two of them at once."""

WIDTHS_IN_BLOCKS: Final = (1, 1, 2, 4, 8, 8, 8)
"""Bandwidth times block length: 125 Hz to 1 kHz."""


@dataclass(frozen=True, slots=True)
class Ribbon:
    """Mean power over time around one frequency, full scale 1."""

    center_hz: float
    bandwidth_hz: float
    power: Samples
    passing_s: float
    """When the sweep passes the centre, in seconds after its start."""
    lasting_s: float
    """How long the sweep takes for it."""
    rounding: float
    """Power that 16 bit steps alone have in it."""


@dataclass(frozen=True, slots=True)
class Ribbons:
    """All ribbons on one time axis, from just before the sweep to just before the end chirp."""

    ribbons: tuple[Ribbon, ...]
    block_s: float
    start: int
    """Block in which the sweep starts."""
    end_s: float
    """Until when was recorded, in seconds after the sweep's start; then there are zeros."""

    def blocks(self, begin_s: float, end_s: float) -> slice:
        """Return the blocks between two instants after the sweep's start, without wrapping.

        There has to be a ribbon.
        """
        count = self.ribbons[0].power.size
        begin = self.start + int(np.ceil(begin_s / self.block_s))
        end = self.start + int(end_s / self.block_s)
        return slice(min(max(begin, 0), count), min(max(end, 0), count))


def ribbons_of(located: Located, spec: SignalSpec) -> Ribbons:
    """Cut the ribbons that the sweep passes out of a deconvolved recording.

    Parameters
    ----------
    located : Located
        With the deconvolution of the sweep.
    spec : SignalSpec
        What was played.

    Returns
    -------
    Ribbons
        None of them where the sweep is too narrow.
    """
    deconvolution, response = located.deconvolution, located.response
    size, rate_hz = deconvolution.size, deconvolution.sample_rate_hz
    count = fft.next_fast_len(round(size / rate_hz / BLOCK_S))
    start = round(BEFORE_S * rate_hz / size * count)
    turn = start - round(deconvolution.zero / size * count)
    found = []
    for center_hz, width in zip(CENTERS_HZ, WIDTHS_IN_BLOCKS, strict=True):
        first = round(center_hz * size / rate_hz) - count * width // 2
        edges_hz = np.array([first, first + count * width]) * (rate_hz / size)
        if edges_hz[0] < deconvolution.band_hz[0] or edges_hz[1] > 0.9 * deconvolution.band_hz[1]:
            continue
        sweep = _sweep_bins(spec, rate_hz, size, first, count * width)
        values = fft.ifft(deconvolution.spectrum[first : first + count * width] * sweep)
        energy = values.real**2 + values.imag**2
        power = energy.reshape(count, width).mean(axis=-1, dtype=np.float64)
        # One-sided bins of a real signal: an analytic signal has twice the power.
        scale = 2.0 * (count * width / size) ** 2
        bandwidth_hz = float(edges_hz[1] - edges_hz[0])
        found.append(
            Ribbon(
                center_hz=center_hz,
                bandwidth_hz=bandwidth_hz,
                power=np.roll(power, turn) * scale,
                passing_s=passing_s(spec, center_hz),
                lasting_s=passing_s(spec, float(edges_hz[1])) - passing_s(spec, float(edges_hz[0])),
                rounding=STEP**2 / 6 / rate_hz * bandwidth_hz,
            )
        )
    end_s = passing_s(spec, response.played_band_hz[1]) + response.remaining_s
    return Ribbons(tuple(found), size / rate_hz / count, start, end_s)


def passing_s(spec: SignalSpec, frequency_hz: float) -> float:
    """Return when the sweep passes a frequency, after its start."""
    band_hz = spec.sweep_band_hz
    return growth_s(band_hz, SWEEP_S) * float(np.log(frequency_hz / band_hz[0]))


@lru_cache(maxsize=32)
def _sweep_bins(spec: SignalSpec, rate_hz: int, size: int, first: int, count: int) -> Spectrum:
    """Return some bins of the sweep's spectrum by the method of stationary phase, tapered."""
    frequency_hz = np.arange(first, first + count) * (rate_hz / size)
    length_s = growth_s(spec.sweep_band_hz, SWEEP_S)
    angle = 2 * np.pi * frequency_hz * length_s * (np.log(frequency_hz / spec.sweep_band_hz[0]) - 1)
    magnitude = 0.5 * PEAK * rate_hz * np.sqrt(length_s / frequency_hz)
    taper = np.sqrt(8 / 3) * np.hanning(count)
    return np.asarray(magnitude * taper * np.exp(-1j * angle), dtype=np.complex64)
