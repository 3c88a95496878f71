"""Several recordings of the same positions against one, and against the room."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sonalyze_acoustics import SignalSpec, evaluate_impulse_response, evaluate_recordings, locate
from sonalyze_acoustics.averaging import averaged
from sonalyze_acoustics.similarity import around, delay_between
from sonalyze_acoustics.sweep_response import sweep_deconvolution

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
SPEC = SignalSpec()


def _repeats(response: Samples, recorded: Make, count: int, **phone: float) -> list[Samples]:
    """Record the same room again, each time with other noise and another latency."""
    return [
        recorded(response, seed=seed, latency_s=0.4 + 0.013_7 * seed, **phone)
        for seed in range(1, 1 + count)
    ]


def _noise_db(response: Samples) -> float:
    """Return the level of the noise ahead of the direct sound relative to the response's energy."""
    noise = np.mean(response[round(0.02 * RATE_HZ) : round(0.25 * RATE_HZ)] ** 2)
    return float(10 * np.log10(noise / np.sum(response**2)))


def test_four_repeats_gain_six_decibels(room: Make, recorded: Make) -> None:
    recordings = _repeats(room(0.5, direct=0.1), recorded, 4, noise=3e-3)
    located = [locate(each, RATE_HZ, SPEC) for each in recordings]

    mean = averaged(located, SPEC)

    single = np.mean([_noise_db(each.response.samples) for each in located])
    assert mean.used == (0, 1, 2, 3)
    assert single - _noise_db(mean.located.response.samples) == pytest.approx(6.0, abs=0.5)


def test_the_mean_says_what_the_room_is(room: Make, recorded: Make) -> None:
    response = room(0.5, direct=0.1)
    truth = evaluate_impulse_response(response, RATE_HZ)
    recordings = _repeats(response, recorded, 3, noise=1e-2)

    found = evaluate_recordings(recordings, RATE_HZ, SPEC)

    for ours, true in zip(found.bands[2:7], truth.bands[2:7], strict=True):
        assert ours.t20_s == pytest.approx(true.t20_s, rel=0.05)
        assert ours.c50_db == pytest.approx(true.c50_db, abs=0.5)
    assert "recordings_averaged" in [finding.code for finding in found.quality.findings]


@pytest.mark.parametrize("delay", [0.0, 0.3, -0.45, 27.125])
def test_responses_are_aligned_below_a_tenth_of_a_sample(
    room: Make, recorded: Make, delay: float
) -> None:
    recording = recorded(room(0.5, direct=0.1), noise=1e-3)
    start_s = locate(recording, RATE_HZ, SPEC).chirps.instant_s(2.5)
    turns = np.fft.rfftfreq(recording.size)
    later = np.fft.irfft(
        np.fft.rfft(recording) * np.exp(-2j * np.pi * turns * delay), recording.size
    )

    one, other = (
        sweep_deconvolution(each, RATE_HZ, SPEC, sweep_start_s=start_s)
        for each in (later, recording)
    )

    assert delay_between(around(one), around(other)) == pytest.approx(delay, abs=0.02)


def test_the_noisiest_counts_least(room: Make, recorded: Make) -> None:
    response = room(0.5, direct=0.1)
    quiet = recorded(response, seed=1, noise=1e-3)
    located = [
        locate(each, RATE_HZ, SPEC) for each in (quiet, recorded(response, seed=2, noise=3e-2))
    ]

    mean = averaged(located, SPEC)

    assert mean.used == (0, 1)
    gained_db = _noise_db(located[0].response.samples) - _noise_db(mean.located.response.samples)
    assert gained_db == pytest.approx(0.0, abs=0.2)


def test_louder_and_softer_repeats_are_brought_to_one_level(room: Make, recorded: Make) -> None:
    one, other = _repeats(room(0.4, direct=0.2), recorded, 2)
    located = [locate(each, RATE_HZ, SPEC) for each in (one, 0.25 * other)]

    mean = averaged(located, SPEC)

    energy, expected = (
        np.sum(each.response.samples**2) for each in (mean.located, located[mean.reference])
    )
    assert mean.used == (0, 1)
    assert energy == pytest.approx(expected, rel=0.01)


def test_a_repeat_in_which_somebody_moved_is_left_out_and_named(room: Make, recorded: Make) -> None:
    same = room(0.5, direct=0.1, seed=1)
    moved = same.copy()
    moved[4_000:] = room(0.5, direct=0.1, seed=2)[4_000:]
    recordings = [recorded(each, seed=seed) for seed, each in enumerate((moved, same, same))]

    found = evaluate_recordings(recordings, RATE_HZ, SPEC)

    (message,) = [
        each.message for each in found.quality.findings if each.code == "recording_left_out"
    ]
    assert message.startswith("Recording 1 ")
    assert found.quality.grade != "good"


def test_one_recording_is_its_own_mean(phone_recording: Samples) -> None:
    located = locate(phone_recording, RATE_HZ, SPEC)

    mean = averaged([located], SPEC)

    np.testing.assert_allclose(
        mean.located.response.samples,
        located.response.samples,
        atol=1e-6 * np.abs(located.response.samples).max(),
    )
    assert mean.left_out == ()
