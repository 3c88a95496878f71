"""From several channels to the one that is evaluated.

Phones often write the same channel twice, or one that is dead: the mean does no harm then. Where
one channel is wired the other way round the mean cancels, and the loudest channel is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples

CANCELLED: Final = 0.5
"""Below this share of the energy that unrelated channels leave in their mean they cancel."""


def one_channel(
    blocks: Callable[[], Iterable[Samples]], most_frames: int, channel: int | None = None
) -> Samples:
    """Gather one channel of a file that is read in blocks.

    Parameters
    ----------
    blocks : callable
        Reads from the beginning each time it is called; gives arrays of shape (frames, channels).
    most_frames : int
        No more frames come in all blocks together.
    channel : int, optional
        Which channel, from 0; else the mean, or the loudest channel where the mean cancels.

    Returns
    -------
    ndarray, shape (n,), float64
        One channel.
    """
    samples = np.empty(most_frames)
    sums: Samples = np.zeros(1)
    squares: Samples = np.zeros(1)
    frames = 0
    for block in blocks():
        part = samples[frames : frames + len(block)]
        part[:] = block.mean(axis=1) if channel is None else block[:, channel]
        sums, squares = sums + _summed(block), squares + _energies(block)
        frames += len(block)
    samples = samples[:frames]
    energies = _without_offset(squares, sums, frames)
    if channel is None and _cancels(samples, energies):
        return one_channel(blocks, most_frames, int(np.argmax(energies)))
    return samples


def _summed(block: Samples) -> Samples:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(block.sum(axis=0))


def _energies(block: Samples) -> Samples:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.einsum("fc,fc->c", block, block))


def _without_offset(squares: Samples, sums: Samples, frames: int) -> Samples:
    """Return the energy around the mean: channels that cancel may still share an offset."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(squares - sums**2 / max(frames, 1))


def _cancels(mean: Samples, energies: Samples) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        left = _without_offset(np.array([mean @ mean]), np.array([mean.sum()]), mean.size)
        return bool(left[0] < CANCELLED * energies.sum() / energies.size**2)
