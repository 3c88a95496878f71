"""The modulation that survives in a band, and how sure it is.

It is the Fourier transform of the band's energy decay over the energy (Schroeder, Acustica 49,
179, 1981). Noise of the measurement is no noise of the room: it has been subtracted and the tail
added before this module sees the energy. What that subtraction leaves, and what hangs on the tail,
is the uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.samples import Samples, Spectrum

MODULATION_HZ: Final = (
    0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0, 12.5,
)  # fmt: skip
OMEGA: Final = 2 * np.pi * np.array(MODULATION_HZ)

SLOT_S: Final = 0.001
"""Energy is summed over this long first: lowers the modulation at 12.5 Hz by 0.0003."""

TAIL_ERROR: Final = 0.9
"""Standard error of the tail's energy, in shares of it: a strong direct sound, or a second slope
that the noise hides, makes the late slope look steeper by up to a third. With it 95 % intervals
hold in 94 % of the draws of ``benchmarks/accuracy.py``, with a third of it in 89 %."""

COARSE: Final = 8
"""Slots in one step of the uncertainty: 8 ms turn 12.5 Hz by 0.6 rad."""


@dataclass(frozen=True, slots=True)
class BandModulation:
    """Modulation transfer of one band, shape (14,), with its errors.

    `covariance`, shape (14, 14), is of noise, which is another in each band. `common`, shape (14,),
    is the standard error of the tail: where one band's is misjudged, its neighbours' are, too.
    """

    transfer: Samples
    covariance: Samples
    common: Samples


def modulation_transfer(
    energy: Samples, time_s: Samples, sample_rate_hz: float, tail: tuple[float, float, float]
) -> Samples:
    """Return the modulation transfer at the 14 modulation frequencies.

    Parameters
    ----------
    energy : ndarray, shape (n,), float64
        Energy density of one band without noise.
    time_s : ndarray, shape (n,)
        Time of each sample.
    sample_rate_hz : float
        Rate in Hz.
    tail : tuple of float
        Energy, decay rate in 1/s and start in s of what follows the last sample.

    Returns
    -------
    ndarray, shape (14,), float64
        Between 0 and 1.
    """
    spectrum, total, _ = _transformed(_Slots.of(energy, float(time_s[0]), sample_rate_hz), tail)
    return np.asarray(np.minimum(np.abs(spectrum) / total, 1.0))


def band_modulation(response: BandResponse) -> BandModulation:
    """Return the modulation transfer of a band whose total energy is positive.

    Notes
    -----
    To first order the modulation moves by the part of the error's transform that is in phase with
    the decay's, less the error's own share of the energy. Errors are the noise, by itself and
    beating with the decay, independent over the reciprocal of the bandwidth; the noise's mean,
    known as well as the time behind the decay lets it; and the tail.
    """
    slots = _Slots.of(response.net, -response.onset / response.rate_hz, response.rate_hz)
    spectrum, total, phases = _transformed(slots, response.tail)
    size = np.abs(spectrum)
    transfer = np.minimum(size / total, 1.0)
    aligned = np.conj(spectrum) / np.maximum(size, np.finfo(np.float64).tiny)
    noise, bandwidth_hz = response.decay.noise, response.band.bandwidth_hz
    energy, turns = slots.coarse()
    moves = (turns * aligned).real - transfer
    step_s = COARSE * slots.length_s
    variance = (noise**2 * step_s + 2 * noise * np.maximum(energy, 0.0)) / bandwidth_hz
    covariance = (moves.T * variance) @ moves
    behind_s = (response.energy.size - response.onset) / response.rate_hz - response.decay.end_s
    mean_moves = moves.sum(axis=0) * step_s
    mean_variance = noise**2 / max(1.0, bandwidth_hz * behind_s)
    covariance += mean_variance * np.outer(mean_moves, mean_moves)
    tail_moves = TAIL_ERROR * response.tail[0] * ((phases * aligned).real - transfer)
    return BandModulation(transfer, covariance / total**2, tail_moves / total)


@dataclass(frozen=True, slots=True)
class _Slots:
    """Energy summed over slots, as a square: slot i stands in row i // side."""

    square: Samples
    count: int
    length_s: float
    middle_s: float
    """Of the first slot."""

    @classmethod
    def of(cls, energy: Samples, start_s: float, sample_rate_hz: float) -> _Slots:
        width = max(1, int(SLOT_S * sample_rate_hz))
        sums = np.add.reduceat(energy, np.arange(0, energy.size, width)) / sample_rate_hz
        side = COARSE * -(-int(np.ceil(np.sqrt(sums.size))) // COARSE)
        square = np.zeros(side * side)
        square[: sums.size] = sums
        middle_s = start_s + 0.5 * (width - 1) / sample_rate_hz
        return cls(square.reshape(side, side), sums.size, width / sample_rate_hz, middle_s)

    @property
    def start(self) -> Spectrum:
        """Return the turn of each modulation frequency up to the first slot."""
        return np.asarray(np.exp(-1j * OMEGA * self.middle_s))

    def coarse(self) -> tuple[Samples, Spectrum]:
        """Return the energy of steps of several slots and the turns of their middles."""
        side = self.square.shape[0]
        fine, row = _turns(self.length_s, side)
        steps = -(-self.count // COARSE)
        energy = self.square.reshape(-1, COARSE).sum(axis=-1)[:steps]
        middle = np.exp(-0.5j * OMEGA * (COARSE - 1) * self.length_s) * self.start
        turns = row[:, np.newaxis, :] * (fine[::COARSE] * middle)
        return energy, np.asarray(turns.reshape(-1, OMEGA.size)[:steps])


def _transformed(
    slots: _Slots, tail: tuple[float, float, float]
) -> tuple[Spectrum, float, Spectrum]:
    """Return the transform of a decay, its energy, and the transform of its tail per energy."""
    fine, row = _turns(slots.length_s, slots.square.shape[0])
    spectrum = ((slots.square @ fine) * row).sum(axis=0) * slots.start
    total = float(slots.square.sum())
    tail_energy, rate_per_s, start_s = tail
    phases = np.zeros(OMEGA.size, dtype=np.complex128)
    if rate_per_s > 0:
        phases = np.exp(-1j * OMEGA * start_s) * rate_per_s / (rate_per_s + 1j * OMEGA)
        spectrum = spectrum + tail_energy * phases
        total += tail_energy
    return spectrum, total, phases


@lru_cache(maxsize=64)
def _turns(slot_s: float, side: int) -> tuple[Spectrum, Spectrum]:
    """Return exp(-j omega t) for the slots of a row and for the rows, shape (side, 14) each.

    Their product is that of any slot: two short tables in the place of one as long as a decay.
    """
    step = np.outer(np.arange(side) * slot_s, OMEGA)
    return np.exp(-1j * step), np.exp(-1j * side * step)
