"""Fourier transforms of half a million real samples, in less than half the usual time.

One long transform walks through memory in strides that no cache likes, and a vector unit idles. As
a table of rows and columns (Cooley and Tukey, Math. Comp. 19, 297, 1965; Bailey's four steps,
J. Supercomputing 4, 23, 1990) it is many short transforms side by side. Two real samples travel as
one complex one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.samples import Single, SingleSpectrum

FEWEST_ROWS: Final = 64
"""With fewer the table is too flat to gain anything."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a length is laid out, and the turns between its steps."""

    rows: int
    columns: int
    turns: SingleSpectrum
    """Shape (rows, columns): exp(-2j pi row column / (rows columns))."""
    half_turns: SingleSpectrum
    """0.5j exp(-1j pi k / (rows columns)) up to the middle."""


def forward(samples: Single) -> SingleSpectrum:
    """Return the one-sided spectrum of real samples, as `scipy.fft.rfft` does."""
    table = _table(samples.size)
    if table is None:
        spectrum: SingleSpectrum = fft.rfft(samples)
        return spectrum
    pairs = np.ascontiguousarray(samples, dtype=np.float32).view(np.complex64)
    bins = _in_steps(pairs, table.rows, table.turns, fft.fft)
    middle = table.half_turns.size
    lower, upper = bins[:middle], _mirrored(bins, middle)
    even, odd = 0.5 * (lower + upper), (lower - upper) * table.half_turns
    found = np.empty(bins.size + 1, dtype=np.complex64)
    np.conj((even + odd)[::-1], out=found[found.size - middle :])
    np.subtract(even, odd, out=found[:middle])
    return found


def inverse(spectrum: SingleSpectrum, size: int) -> Single:
    """Return the real samples of a one-sided spectrum, as `scipy.fft.irfft` does."""
    table = _table(size)
    if table is None:
        samples: Single = fft.irfft(spectrum, size)
        return samples
    half, middle = size // 2, table.half_turns.size
    lower, upper = spectrum[:middle], np.conj(spectrum[half : half - middle : -1])
    even, odd = 0.5 * (lower + upper), (lower - upper) * np.conj(table.half_turns)
    bins = np.empty(half, dtype=np.complex64)
    np.conj((even + odd)[:0:-1], out=bins[half - middle + 1 :])
    np.subtract(even, odd, out=bins[:middle])
    return _in_steps(bins, table.rows, np.conj(table.turns), fft.ifft).view(np.float32)


def _in_steps(
    values: SingleSpectrum,
    rows: int,
    turns: SingleSpectrum,
    transform: Callable[..., SingleSpectrum],
) -> SingleSpectrum:
    """Transform down the columns, turn, transform along the rows, and read down the columns."""
    table = transform(values.reshape(rows, -1), axis=0)
    table *= turns
    return np.ascontiguousarray(transform(table, axis=1, overwrite_x=True).T).ravel()


def _mirrored(bins: SingleSpectrum, count: int) -> SingleSpectrum:
    """Return the conjugates of the bins at the negative frequencies of the first ones."""
    found = np.empty(count, dtype=np.complex64)
    found[0] = bins[0]
    found[1:] = bins[: bins.size - count : -1]
    return np.conj(found, out=found)


@lru_cache(maxsize=4)
def _table(size: int) -> Table | None:
    """Lay out half a length as squarely as it divides; None where that is not square at all."""
    half = size // 2
    rows = next((rows for rows in range(math.isqrt(half), 0, -1) if half % rows == 0), 0)
    if size % 2 or rows < FEWEST_ROWS:
        return None
    columns = half // rows
    turns = np.exp(-2j * np.pi / half * np.outer(np.arange(rows), np.arange(columns)))
    half_turns = 0.5j * np.exp(-1j * np.pi / half * np.arange(half // 2 + 1))
    return Table(rows, columns, turns.astype(np.complex64), half_turns.astype(np.complex64))
