"""Harmonics that a loudspeaker of known distortion leaves behind."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from sonalyze_acoustics import SignalSpec, evaluate_recording, locate
from sonalyze_acoustics.distortion import harmonic_distortion
from sonalyze_acoustics.evaluation import BandDistortion
from sonalyze_acoustics.signal import PEAK, measurement_signal

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
ANECHOIC = np.eye(1, 200, 100)[0]


def _played(distort: Callable[[Samples], Samples], spec: SignalSpec | None = None) -> Samples:
    return distort(measurement_signal(spec or SignalSpec()))


def _heard(sound: Samples, response: Samples, noise: float) -> Samples:
    heard = oaconvolve(np.concatenate((np.zeros(24_000), sound, np.zeros(24_000))), response)
    heard *= 0.3 / np.abs(heard).max()
    return np.asarray(heard + noise * np.random.default_rng(4).standard_normal(heard.size))


def _distortion(recording: Samples, spec: SignalSpec | None = None) -> dict[float, BandDistortion]:
    located = locate(recording, RATE_HZ, spec or SignalSpec())
    found = harmonic_distortion(located, spec or SignalSpec(), located.response)
    return {each.center_hz: each for each in found}


@pytest.mark.parametrize("drive", [0.2, 0.5])
@pytest.mark.parametrize("direct", [1.0, 0.5])
def test_the_third_harmonic_of_a_soft_limiter_is_right_within_a_decibel(
    room: Make, drive: float, direct: float
) -> None:
    response = ANECHOIC if direct == 1.0 else room(0.3, direct=direct, seed=2)
    recording = _heard(_played(lambda x: np.tanh(drive * x) / drive), response, 1e-5)
    level = (drive * PEAK) ** 2
    expected = 100 * (level / 12) / (1 - level / 4)

    found = _distortion(recording)

    for center_hz in (250.0, 500.0, 1000.0, 2000.0, 4000.0):
        third = found[center_hz].harmonics_percent[1]
        assert third is not None
        assert abs(20 * np.log10(third / expected)) < 1.0 if direct == 1.0 else 3.0
        assert found[center_hz].thd_percent == pytest.approx(third, rel=0.1)


def test_the_second_harmonic_of_an_uneven_loudspeaker_is_right_within_a_decibel() -> None:
    recording = _heard(_played(lambda x: x + 0.02 * x**2), ANECHOIC, 1e-5)

    found = _distortion(recording)

    for center_hz in (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0):
        second = found[center_hz].harmonics_percent[0]
        assert second is not None
        assert abs(20 * np.log10(second / (100 * 0.02 * PEAK / 2))) < 1.0


def test_the_sound_pressures_at_the_microphone_are_compared() -> None:
    doubled_above_2_khz = np.fft.irfft(
        np.where(np.fft.rfftfreq(4_096, 1 / RATE_HZ) > 2_000, 2.0, 1.0)
        * np.exp(-2j * np.pi * np.fft.rfftfreq(4_096) * 1_000)
    )
    recording = _heard(_played(lambda x: np.tanh(0.5 * x) / 0.5), doubled_above_2_khz, 1e-5)

    found = _distortion(recording)

    below, across = (found[hz].harmonics_percent[1] for hz in (250.0, 1000.0))
    assert across == pytest.approx(2 * below, rel=0.1)


def test_distortion_that_noise_hides_is_not_given() -> None:
    recording = _heard(_played(lambda x: np.tanh(0.1 * x) / 0.1), ANECHOIC, 0.03)

    found = _distortion(recording)

    assert found[500.0].thd_percent is None
    assert "noise hides distortion below" in str(found[500.0].reason)


def test_octaves_whose_harmonics_were_not_played_say_so() -> None:
    narrow = SignalSpec(48_000, 200.0, 12_000.0)
    recording = _heard(_played(lambda x: np.tanh(0.5 * x) / 0.5, narrow), ANECHOIC, 1e-5)

    found = _distortion(recording, narrow)

    assert sorted(found) == [500.0, 1000.0, 2000.0, 4000.0, 8000.0]
    assert found[1000.0].thd_percent is not None
    assert found[8000.0].thd_percent is None
    assert "above what was played and recorded" in str(found[8000.0].reason)


def test_distortion_is_part_of_the_evaluation(recorded: Make, room: Make) -> None:
    recording = recorded(room(0.4, direct=0.3), drive=0.5, noise=1e-4)

    evaluation = evaluate_recording(recording, RATE_HZ, SignalSpec())

    assert [each.center_hz for each in evaluation.distortion] == [
        63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0,
    ]  # fmt: skip
    assert evaluation.distortion[4].thd_percent == pytest.approx(1.8, rel=0.3)
