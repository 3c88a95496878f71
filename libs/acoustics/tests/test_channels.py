"""Several channels, one evaluation."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sonalyze_acoustics import one_channel

Samples = NDArray[np.float64]


def _in_blocks(channels: Samples, block_frames: int = 700) -> Callable[[], list[Samples]]:
    """Cut channels of shape (channels, n) into blocks as files give them."""
    frames = np.ascontiguousarray(channels.T)
    starts = range(0, len(frames), block_frames)
    return lambda: [frames[start : start + block_frames] for start in starts]


@pytest.fixture
def sound() -> Samples:
    return np.random.default_rng(1).standard_normal(5_000)


def test_equal_channels_are_each_of_them(sound: Samples) -> None:
    found = one_channel(_in_blocks(np.stack([sound, sound])), 5_000)

    np.testing.assert_allclose(found, sound)


@pytest.mark.parametrize("dead", [1, 7])
def test_dead_channels_only_lower_the_level(sound: Samples, dead: int) -> None:
    channels = np.vstack([sound[None], np.zeros((dead, sound.size))])

    found = one_channel(_in_blocks(channels), 5_000)

    np.testing.assert_allclose(found, sound / (1 + dead))


@pytest.mark.parametrize("balance", [1.0, 0.97, 0.8])
def test_channels_that_cancel_give_the_loudest(sound: Samples, balance: float) -> None:
    found = one_channel(_in_blocks(np.stack([sound, -balance * sound])), 5_000)

    np.testing.assert_array_equal(found, sound)


def test_an_offset_does_not_hide_that_channels_cancel(sound: Samples) -> None:
    channels = np.stack([sound, -0.9 * sound]) + 10.0

    found = one_channel(_in_blocks(channels), 5_000)

    np.testing.assert_array_equal(found, channels[0])


def test_one_inverted_channel_of_eight_is_outvoted(sound: Samples) -> None:
    channels = np.repeat(sound[None], 8, axis=0)
    channels[3] *= -1

    found = one_channel(_in_blocks(channels), 5_000)

    np.testing.assert_allclose(found, 0.75 * sound)


def test_unrelated_channels_are_averaged() -> None:
    channels = np.random.default_rng(2).standard_normal((8, 5_000))

    found = one_channel(_in_blocks(channels), 5_000)

    np.testing.assert_allclose(found, channels.mean(axis=0))


def test_a_channel_that_is_asked_for_is_given(sound: Samples) -> None:
    found = one_channel(_in_blocks(np.stack([sound, -sound, 2 * sound])), 5_000, 2)

    np.testing.assert_array_equal(found, 2 * sound)


def test_fewer_frames_than_announced_are_all(sound: Samples) -> None:
    assert one_channel(_in_blocks(sound[None]), 9_000).shape == (5_000,)
    assert one_channel(_in_blocks(np.zeros((2, 0))), 9_000).shape == (0,)
