"""What must not change a figure, and how far noise may: laws, tried on drawn responses."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sonalyze_acoustics import (
    BandMetrics,
    Evaluation,
    SignalSpec,
    evaluate_impulse_response,
    evaluate_recording,
    one_channel,
)

Samples = NDArray[np.float64]
Make = Callable[..., Samples]

STEADY = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
FEW = settings(STEADY, max_examples=8)
"""For recordings of 16 s."""

RATE_HZ: Final = 16_000
RECORDED_AT_HZ: Final = 48_000
FIGURES: Final = ("t20_s", "t30_s", "edt_s", "c50_db", "c80_db", "d50", "d80", "ts_s", "drr_db")
ROUNDING: Final = 1e-6
ROUNDING_OF_RECORDINGS: Final = 2e-4
"""They are transformed in single precision."""

IN_95_PERCENT: Final = 1.96
MOST_OUTSIDE: Final = 0.07


def response_of(
    reverberation_s: float, direct: float, seed: int, *, inr_db: float | None = None, draw: int = 0
) -> Samples:
    """Make a decay behind a direct sound that has a share of the energy, with noise or without."""
    count = round((1.4 * reverberation_s + 0.3) * RATE_HZ)
    power = np.exp(-13.8155 / reverberation_s * np.arange(count) / RATE_HZ)
    tail = np.random.default_rng(seed).standard_normal(count) * np.sqrt(power)
    tail *= np.sqrt((1 - direct) / np.sum(tail**2))
    tail[0] += np.sqrt(direct)
    response = np.concatenate([np.zeros(800), tail])
    if inr_db is not None:
        noise = np.random.default_rng([seed, draw]).standard_normal(response.size)
        loudest = np.sum(response[800 : 800 + RATE_HZ // 100] ** 2) / (RATE_HZ // 100)
        response = response + np.sqrt(loudest) * 10 ** (-inr_db / 20) * noise
    return response


@st.composite
def responses(draw: st.DrawFn) -> Samples:
    """Draw a response with a little noise."""
    return response_of(
        draw(st.floats(0.2, 1.2)),
        draw(st.floats(0.05, 0.6)),
        draw(st.integers(0, 1_000)),
        inr_db=draw(st.floats(45.0, 70.0)),
    )


def figures(band: BandMetrics) -> dict[str, float]:
    values = {name: getattr(band, name) for name in FIGURES}
    return {name: value for name, value in values.items() if value is not None}


def assert_same(found: Evaluation, expected: Evaluation, rounding: float) -> None:
    for ours, theirs in zip(found.bands, expected.bands, strict=True):
        assert figures(ours) == pytest.approx(figures(theirs), rel=rounding, abs=rounding)
        assert set(ours.reasons) == set(theirs.reasons)
    assert found.speech.sti == pytest.approx(expected.speech.sti, rel=rounding)


@STEADY
@given(
    response=responses(),
    gain=st.floats(1e-6, 1e6),
    polarity=st.sampled_from([-1.0, 1.0]),
    silence=st.integers(0, 3_000),
)
def test_gain_polarity_and_leading_silence_are_no_part_of_a_response(
    response: Samples, gain: float, polarity: float, silence: int
) -> None:
    changed = polarity * gain * np.concatenate([np.zeros(silence), response])

    found = evaluate_impulse_response(changed, RATE_HZ)

    plain = evaluate_impulse_response(response, RATE_HZ)
    assert found.direct_index == plain.direct_index + silence
    assert_same(found, plain, ROUNDING)


@FEW
@given(
    gain=st.floats(0.05, 1.5),
    polarity=st.sampled_from([-1.0, 1.0]),
    silence=st.integers(0, 2 * RECORDED_AT_HZ),
)
def test_gain_polarity_and_a_later_start_are_no_part_of_a_recording(
    phone_recording: Samples, gain: float, polarity: float, silence: int
) -> None:
    changed = polarity * gain * np.concatenate([np.zeros(silence), phone_recording])

    found = evaluate_recording(changed, RECORDED_AT_HZ, SignalSpec())

    plain = evaluate_recording(phone_recording, RECORDED_AT_HZ, SignalSpec())
    assert found.alignment is not None
    assert plain.alignment is not None
    assert found.alignment.latency_s - plain.alignment.latency_s == pytest.approx(
        silence / RECORDED_AT_HZ, abs=1e-5
    )
    assert_same(found, plain, ROUNDING_OF_RECORDINGS)


@STEADY
@given(
    response=responses(),
    other=st.integers(0, 1_000),
    channels=st.integers(2, 8),
    block=st.integers(500, 9_000),
)
def test_the_order_of_channels_changes_nothing(
    response: Samples, other: int, channels: int, block: int
) -> None:
    noise = 1e-4 * np.random.default_rng(other).standard_normal((response.size, channels))
    frames = response[:, np.newaxis] + noise

    forwards = evaluate_impulse_response(mixed(frames, block), RATE_HZ)
    backwards = evaluate_impulse_response(mixed(frames[:, ::-1], block), RATE_HZ)

    assert_same(backwards, forwards, ROUNDING)


@STEADY
@given(response=responses(), channels=st.integers(1, 8), block=st.integers(500, 9_000))
def test_a_response_in_several_channels_is_the_response(
    response: Samples, channels: int, block: int
) -> None:
    frames = np.tile(response[:, np.newaxis], (1, channels))

    found = evaluate_impulse_response(mixed(frames, block), RATE_HZ)

    assert_same(found, evaluate_impulse_response(response, RATE_HZ), ROUNDING)


def mixed(frames: Samples, block: int) -> Samples:
    """Read a file in blocks, as the service does."""

    def blocks() -> Iterator[Samples]:
        return (frames[start : start + block] for start in range(0, len(frames), block))

    return one_channel(blocks, len(frames))


def noisy_figures() -> Iterator[tuple[str, float, float]]:
    """Yield name, error and uncertainty of each figure of a fixed number of draws."""
    for seed, (reverberation_s, direct) in enumerate(
        [(0.25, 0.2), (0.4, 0.5), (0.6, 0.1), (0.9, 0.3), (1.3, 0.1), (1.8, 0.4)]
    ):
        clean = evaluate_impulse_response(response_of(reverberation_s, direct, seed), RATE_HZ)
        for inr_db in (28.0, 38.0, 50.0):
            for draw in range(4):
                noisy = response_of(reverberation_s, direct, seed, inr_db=inr_db, draw=draw)
                found = evaluate_impulse_response(noisy, RATE_HZ)
                for band, true in zip(found.bands[2:7], clean.bands[2:7], strict=True):
                    for name, value in figures(band).items():
                        truth = getattr(true, name)
                        if truth is not None:
                            yield name, value - truth, band.uncertainty[name]


def test_noise_moves_figures_no_further_than_their_95_percent_interval() -> None:
    drawn = list(noisy_figures())

    for name in FIGURES:
        outside = [
            abs(error) > IN_95_PERCENT * uncertainty
            for drawn_name, error, uncertainty in drawn
            if drawn_name == name
        ]
        assert len(outside) > 50, name
        assert np.mean(outside) <= MOST_OUTSIDE, name
