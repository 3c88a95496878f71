"""Where the signal lies: halls, late starts, long silences, single chirps, clocks."""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sonalyze_acoustics import (
    RecordingTooShort,
    SignalSpec,
    evaluate_recording,
    find_chirps,
    locate,
)

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
SPEC = SignalSpec()


@pytest.mark.parametrize("direct", [0.0, 0.3])
@pytest.mark.parametrize("reverberation_s", [5.0, 8.0])
def test_chirps_are_found_in_a_hall_where_the_sweep_is_louder(
    room: Make, recorded: Make, reverberation_s: float, direct: float
) -> None:
    response = room(reverberation_s, direct=direct, seed=1)
    recording = recorded(response, skew_ppm=30.0, noise=1e-3, corner_hz=280.0)

    chirps = locate(recording, RATE_HZ, SPEC).chirps

    assert chirps.start_chirp is not None
    assert chirps.end_chirp is not None
    assert chirps.skew == pytest.approx(30e-6, abs=0.1e-6)


@pytest.mark.parametrize("noise", [1e-4, 1e-2, 5e-2])
def test_the_clocks_are_compared_to_a_tenth_of_a_part_per_million(
    room: Make, recorded: Make, noise: float
) -> None:
    errors_ppm = [
        1e6 * (locate(recording, RATE_HZ, SPEC).chirps.skew or 0.0) - skew_ppm
        for seed, skew_ppm in enumerate((-87.0, -20.0, 41.0, 95.0))
        for recording in [
            recorded(room(0.6, direct=0.05, seed=seed), skew_ppm=skew_ppm, noise=noise, seed=seed)
        ]
    ]

    assert np.median(np.abs(errors_ppm)) < 0.1
    assert np.max(np.abs(errors_ppm)) < 0.3


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 44_100, 96_000, 192_000])
def test_a_place_is_the_same_at_any_rate(room: Make, recorded: Make, rate_hz: int) -> None:
    recording = recorded(room(0.4, direct=0.3), rate_hz=rate_hz, skew_ppm=-60.0)

    chirps = locate(recording, rate_hz, SPEC).chirps

    assert chirps.start_s == pytest.approx(0.5 + 1_000 / RATE_HZ, abs=2e-4)
    assert chirps.skew == pytest.approx(-60e-6, abs=2e-6)


@pytest.mark.parametrize("missed_s", [2.6, 3.5, 5.0])
def test_a_recorder_that_started_inside_the_sweep_has_the_bands_that_it_heard(
    phone_recording: Samples, missed_s: float
) -> None:
    expected = evaluate_recording(phone_recording, RATE_HZ, SPEC)
    late = phone_recording[round((0.5 + missed_s) * RATE_HZ) :]

    found = evaluate_recording(late, RATE_HZ, SPEC)

    for ours, whole in zip(found.bands[3:7], expected.bands[3:7], strict=True):
        assert ours.t20_s == pytest.approx(whole.t20_s, rel=0.02)
        assert ours.c50_db == pytest.approx(whole.c50_db, abs=0.1)
    starts_hz = found.response.played_band_hz[0]
    assert all(
        band.t20_s is None and band.c50_db is None
        for band in found.bands
        if band.center_hz < starts_hz
    )


def test_a_recorder_that_missed_what_every_room_needs_is_refused(phone_recording: Samples) -> None:
    with pytest.raises(RecordingTooShort):
        evaluate_recording(phone_recording[round(7.0 * RATE_HZ) :], RATE_HZ, SPEC)


@pytest.mark.parametrize("end_s", [13.0, 13.5, 15.0])
def test_a_recording_that_ends_soon_after_the_sweep_will_do(
    phone_recording: Samples, end_s: float
) -> None:
    expected = evaluate_recording(phone_recording, RATE_HZ, SPEC)

    found = evaluate_recording(phone_recording[: round(end_s * RATE_HZ)], RATE_HZ, SPEC)

    assert found.bands[4].t20_s == pytest.approx(expected.bands[4].t20_s, rel=0.02)
    assert found.bands[4].c50_db == pytest.approx(expected.bands[4].c50_db, abs=0.1)


@pytest.mark.parametrize(
    "part", [slice(0, round(14.9 * RATE_HZ)), slice(round(1.1 * RATE_HZ), None)]
)
def test_one_chirp_is_enough_to_find_the_sweep(phone_recording: Samples, part: slice) -> None:
    chirps = locate(phone_recording[part], RATE_HZ, SPEC).chirps

    assert (chirps.start_chirp is None) != (chirps.end_chirp is None)
    assert chirps.skew is None
    assert chirps.instant_s(0.0) + (part.start or 0) / RATE_HZ == pytest.approx(0.521, abs=1e-3)


def test_minutes_of_silence_ahead_change_nothing(phone_recording: Samples) -> None:
    silence = np.zeros(150 * RATE_HZ + 7)

    found = locate(np.concatenate([silence, phone_recording]), RATE_HZ, SPEC)

    expected = locate(phone_recording, RATE_HZ, SPEC)
    assert found.chirps.start_s - silence.size / RATE_HZ == pytest.approx(
        expected.chirps.start_s, abs=1e-5
    )
    assert found.chirps.skew == pytest.approx(expected.chirps.skew, abs=1e-8)


def test_the_louder_of_two_signals_in_one_recording_is_taken(phone_recording: Samples) -> None:
    both = np.concatenate([0.3 * phone_recording, phone_recording])

    found = locate(both, RATE_HZ, SPEC).chirps

    assert found.start_s == pytest.approx(phone_recording.size / RATE_HZ + 0.521, abs=1e-3)


@pytest.mark.parametrize("end_hz", [11_900.0, 11_950.0])
def test_a_narrow_sweep_whose_end_is_half_a_per_cent_off_is_refused(
    room: Make, recorded: Make, end_hz: float
) -> None:
    recording = recorded(room(0.4, direct=0.2), spec=SignalSpec(48_000, 200.0, end_hz))

    assert find_chirps(recording, RATE_HZ, SPEC)
    with pytest.raises(ValueError, match="no sweep of this range"):
        locate(recording, RATE_HZ, SignalSpec(48_000, 200.0, 12_000.0))


def test_three_minutes_cost_little_more_time_and_memory_than_sixteen_seconds(
    phone_recording: Samples,
) -> None:
    random = np.random.default_rng(3)
    long = 1e-4 * random.standard_normal(180 * RATE_HZ)
    long[100 * RATE_HZ :][: phone_recording.size] += phone_recording
    locate(phone_recording, RATE_HZ, SPEC)

    seconds = {each.size: _fastest_s(each) for each in (phone_recording, long)}

    tracemalloc.start()
    locate(long, RATE_HZ, SPEC)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds[long.size] < 5 * seconds[phone_recording.size]
    assert peak_bytes < 60 * 2**20


def _fastest_s(recording: Samples) -> float:
    """Return processor time, which others on this machine do not lengthen much."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        locate(recording, RATE_HZ, SPEC)
        spent.append(time.process_time() - start)
    return min(spent)
