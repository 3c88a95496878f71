"""Bands of one response as energy over time, cut out of one spectrum.

The response lies in a circular buffer with its onset at 0 and what precedes it at the end: masks
need no phase, and the onset lies on a sample of every band. Each band is transformed back at a
rate of its own, as an analytic signal whose squared magnitude has no ripple; its energy is then
summed into slots that are the same for all bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics.bands import Band, backward_mask, mask
from sonalyze_acoustics.loudspeaker import delay_undone, levelling, tilting_corner_hz
from sonalyze_acoustics.samples import Samples

Floats32: TypeAlias = NDArray[np.float32]
Weight: TypeAlias = NDArray[np.float32] | NDArray[np.complex64]

RINGING_S: Final = 0.125
"""Silence ahead of a response and after it: the 63 Hz octave's ringing falls 90 dB in it."""

BACKWARD_PERIODS: Final = 7.0
"""A causal filter run backwards rings ahead for so many reciprocals of its bandwidth, 90 dB."""

STEP_S: Final = 0.05
"""Buffers grow in whole steps, so that responses of about one length share their cached masks."""

SLOTS_PER_S: Final = 3_000
"""Of energy over time, or a little more. Near a loudspeaker EDT hangs on the first two
milliseconds: at 4 kHz 2,000 slots move it by 2.4 just noticeable differences, 3,000 by 1.4."""


@dataclass(frozen=True, slots=True)
class BandEnergies:
    """Energy density of bands over time, shape (bands, slots), a slot's value at its middle.

    `onset` is where the direct sound lies, in slots, for each band.
    """

    density: Samples
    rate_hz: float
    onset: Samples

    @property
    def first(self) -> NDArray[np.intp]:
        """Return the first slot that begins at the onset or after it, for each band."""
        return np.ceil(self.onset).astype(np.intp)


@dataclass(frozen=True)
class BandCut:
    """What of a spectrum belongs to a band."""

    band: Band
    bins: slice
    weight: Weight
    step_hz: float
    per_slot: int

    @cached_property
    def frequency_hz(self) -> Floats32:
        """Frequency of its bins."""
        index = np.arange(self.bins.start, self.bins.stop)
        return (index * self.step_hz).astype(np.float32)

    def levelled(self, corner_hz: float | None) -> Weight:
        """Return the weight that also undoes a loudspeaker's fall inside the band."""
        tilting_hz = tilting_corner_hz(self.band, corner_hz)
        if tilting_hz is None:
            return self.weight
        gain = np.sqrt(levelling(self.frequency_hz, self.band, tilting_hz))
        return self.weight * gain.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes that depend on the length of a response and its rate only."""

    size: int
    sample_rate_hz: float
    slots: int
    lead: int
    """Slots ahead of the onset."""

    @classmethod
    def holding(cls, length: int, sample_rate_hz: float, ringing_s: float = RINGING_S) -> Grid:
        """Return the grid for so many samples and the silence around them."""
        step = round(STEP_S * sample_rate_hz)
        whole = round(2 * ringing_s * sample_rate_hz) + length
        size = fft.next_fast_len(-(-whole // step) * step, real=True)
        slots = fft.next_fast_len(int(np.ceil(size / sample_rate_hz * SLOTS_PER_S)), real=True)
        return cls(size, sample_rate_hz, slots, int(ringing_s * sample_rate_hz * slots / size))

    @property
    def rate_hz(self) -> float:
        """Return how many slots a second has."""
        return self.sample_rate_hz * self.slots / self.size


def band_energies(  # noqa: PLR0913 - a response, and what of it in which way
    samples: Samples,
    sample_rate_hz: float,
    onset: int,
    bands: Sequence[tuple[Band, float | None]],
    delayed_corner_hz: float | None = None,
    *,
    backward: bool = False,
) -> BandEnergies:
    """Give the energy of a response over time in bands.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        The response.
    sample_rate_hz : float
        Its rate in Hz.
    onset : int
        Where its direct sound is; at most `RINGING_S` before it is kept by the caller's cut.
    bands : sequence of tuple
        Each band, and the corner of the loudspeaker whose tilt is taken out of it, if any.
    delayed_corner_hz : float, optional
        Corner of the loudspeaker whose delay is taken out of all of them.
    backward : bool, default False
        Whether to use a causal filter, run backwards in time, instead of a mask without phase.

    Returns
    -------
    BandEnergies
        In slots that are the same for all.
    """
    narrowest_hz = min(band.bandwidth_hz for band, _ in bands)
    ringing_s = max(RINGING_S, BACKWARD_PERIODS / narrowest_hz) if backward else RINGING_S
    grid = Grid.holding(samples.size, sample_rate_hz, ringing_s)
    buffer = np.zeros(grid.size, dtype=np.float32)
    buffer[: samples.size - onset] = samples[onset:]
    buffer[grid.size - onset :] = samples[:onset]
    spectrum = fft.rfft(buffer)
    if delayed_corner_hz is not None:
        frequency_hz = np.arange(spectrum.size, dtype=np.float32) * np.float32(
            sample_rate_hz / grid.size
        )
        spectrum *= delay_undone(frequency_hz, delayed_corner_hz)
    lead = grid.lead
    cuts = [band_cut(grid, band, backward=backward) for band, _ in bands]
    weights = [cut.levelled(corner_hz) for cut, (_, corner_hz) in zip(cuts, bands, strict=True)]
    density = np.empty((len(bands), grid.slots))
    per_slot = np.array([cut.per_slot for cut in cuts])
    for count in np.unique(per_slot):
        rows = np.flatnonzero(per_slot == count)
        chosen = [(cuts[row].bins, weights[row]) for row in rows]
        energy = _slot_energies(spectrum, chosen, grid.slots, int(count))
        density[rows, lead:], density[rows, :lead] = energy[:, :-lead], energy[:, -lead:]
    density *= 2.0 / grid.size**2
    return BandEnergies(density, grid.rate_hz, lead - 0.5 + 0.5 / per_slot)


def _slot_energies(
    spectrum: NDArray[np.complex64],
    cuts: Sequence[tuple[slice, Weight]],
    slots: int,
    per_slot: int,
) -> Floats32:
    """Return the mean squared magnitude per slot of bands with the same rate, shape (bands, slots).

    Side by side, because transforms of several rows share the processor's vectors.
    """
    analytic = np.zeros((len(cuts), slots * per_slot), dtype=np.complex64)
    for row, (bins, weight) in zip(analytic, cuts, strict=True):
        np.multiply(spectrum[bins], weight, out=row[: weight.size])
    analytic = fft.ifft(analytic, norm="forward", overwrite_x=True)
    parts = analytic.view(np.float32).reshape(len(cuts), slots, 2 * per_slot)
    squares: Floats32 = np.einsum("ijk,ijk->ij", parts, parts)
    squares /= per_slot
    return squares


@lru_cache(maxsize=256)
def band_cut(grid: Grid, band: Band, *, backward: bool = False) -> BandCut:
    """Return which bins belong to a band, and with which weight."""
    step_hz = grid.sample_rate_hz / grid.size
    low_hz, high_hz = band.reach_hz
    first = 0 if backward else int(np.ceil(low_hz / step_hz))
    stop = max(first + 1, min(grid.size // 2 + 1, int(high_hz / step_hz) + 1))
    frequency_hz = np.arange(first, stop, dtype=np.float64) * step_hz
    per_slot = fft.next_fast_len(-(-frequency_hz.size // grid.slots), real=True)
    weight: Weight = (
        backward_mask(frequency_hz, band).astype(np.complex64)
        if backward
        else mask(frequency_hz, band).astype(np.float32)
    )
    return BandCut(band, slice(first, stop), weight, step_hz, per_slot)
