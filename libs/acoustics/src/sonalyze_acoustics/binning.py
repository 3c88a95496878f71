"""Energy of several bands in bins, side by side in one matrix: fits do all bands at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bins:
    """Mean energy density per bin, one row per band; rows are padded with zeros at the end.

    `shape` is the shape of the gamma distribution that noise-like energy has in one bin:
    bandwidth times the bin's width.
    """

    energy: Samples
    time_s: Samples
    count: NDArray[np.intp]
    width_s: Samples
    shape: Samples

    def of(self, bands: Mask) -> Bins:
        """Return the chosen bands only."""
        return Bins(
            self.energy[bands],
            self.time_s[bands],
            self.count[bands],
            self.width_s[bands],
            self.shape[bands],
        )


def binned(
    energies: Sequence[Samples],
    rates_hz: Sequence[float],
    bandwidths_hz: Sequence[float],
    shortest_s: float,
) -> Bins:
    """Average each band over bins of two reciprocal bandwidths or more.

    Parameters
    ----------
    energies : sequence of ndarray
        Energy density of each band, each at its own rate.
    rates_hz : sequence of float
        These rates.
    bandwidths_hz : sequence of float
        Shorter bins than two over the bandwidth show the band's own fluctuation.
    shortest_s : float
        The least width of a bin.

    Returns
    -------
    Bins
        What is left over at a band's end is not in it.
    """
    widths = [
        max(1, round(max(shortest_s, 2.0 / bandwidth_hz) * rate_hz))
        for rate_hz, bandwidth_hz in zip(rates_hz, bandwidths_hz, strict=True)
    ]
    counts = [energy.size // width for energy, width in zip(energies, widths, strict=True)]
    matrix = np.zeros((len(counts), max(counts, default=0)))
    for row, energy, width, count in zip(matrix, energies, widths, counts, strict=True):
        np.mean(
            energy[: count * width].reshape(count, width),
            axis=-1,
            dtype=np.float64,
            out=row[:count],
        )
    width_s = np.array(widths) / np.asarray(rates_hz, dtype=np.float64)
    return Bins(
        energy=matrix,
        time_s=np.outer(width_s, np.arange(matrix.shape[-1]) + 0.5),
        count=np.array(counts, dtype=np.intp),
        width_s=width_s,
        shape=np.asarray(bandwidths_hz, dtype=np.float64) * width_s,
    )
