import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_acoustics.speech import (
    MALE_REDUNDANCY,
    MALE_WEIGHT,
    MODULATION_HZ,
    modulation_transfer,
    speech_transmission,
    transmission_index,
)

RATE_HZ = 2_000.0


def _transfer(reverberation_s: float, duration_s: float) -> np.ndarray:
    rate = 13.8155 / reverberation_s
    time_s = (np.arange(round(duration_s * RATE_HZ)) + 0.5) / RATE_HZ
    end_s = time_s.size / RATE_HZ
    tail = np.exp(-rate * end_s) / rate
    return modulation_transfer(np.exp(-rate * time_s), time_s, RATE_HZ, (tail, rate, end_s))


@pytest.mark.parametrize(
    ("reverberation_s", "expected"), [(0.5, 0.7363), (0.8, 0.6389), (1.0, 0.5885)]
)
def test_a_diffuse_field_has_the_index_of_its_reverberation_time(
    reverberation_s: float, expected: float
) -> None:
    ti = float(transmission_index(_transfer(reverberation_s, 3.0)))

    assert speech_transmission([ti] * 7).sti == pytest.approx(expected, abs=2e-4)


@given(reverberation_s=st.floats(0.2, 6.0), cut=st.floats(0.2, 1.5))
def test_modulation_follows_schroeder_wherever_the_decay_is_cut(
    reverberation_s: float, cut: float
) -> None:
    found = _transfer(reverberation_s, cut * reverberation_s)

    omega = 2 * np.pi * np.array(MODULATION_HZ)
    expected = 1 / np.sqrt(1 + (omega * reverberation_s / 13.8155) ** 2)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_an_impulse_transmits_everything() -> None:
    whole = modulation_transfer(np.array([1.0]), np.array([0.0]), RATE_HZ, (0.0, 0.0, 0.0))

    assert speech_transmission([float(transmission_index(whole))] * 7).sti == pytest.approx(1.0)


def test_weights_less_redundancy_sum_to_one() -> None:
    assert MALE_WEIGHT.sum() - MALE_REDUNDANCY.sum() == pytest.approx(1.0)


def test_missing_low_bands_are_left_out_and_said_so() -> None:
    transmission = speech_transmission([None, None, 0.6, 0.6, 0.6, 0.6, 0.6])

    assert transmission.sti == pytest.approx(0.6)
    assert "125, 250 Hz are left out" in (transmission.note or "")


def test_without_the_middle_bands_there_is_no_index() -> None:
    transmission = speech_transmission([0.6, 0.6, 0.6, None, 0.6, 0.6, 0.6])

    assert transmission.sti is None
    assert "1000 Hz" in (transmission.note or "")


def test_female_speech_is_null_with_the_reason() -> None:
    transmission = speech_transmission([0.6] * 7)

    assert transmission.sti_female is None
    assert "Edition 5" in (transmission.note or "")
