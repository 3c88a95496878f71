"""The figures of curves whose answers are known on paper."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_acoustics import InsufficientDecay, curves
from sonalyze_acoustics.curves import (
    EDT,
    T20,
    T30,
    EvaluationRange,
    energy_decay_curve,
    level_db,
    reverberation_time,
)
from sonalyze_acoustics.decay import late_decay
from sonalyze_acoustics.energies import clarity_db, definition, moment

RATE_HZ = 4_000.0


def _decay(reverberation_s: float, duration_s: float) -> tuple[np.ndarray, np.ndarray, float]:
    rate = 13.8155 / reverberation_s
    time_s = (np.arange(round(duration_s * RATE_HZ)) + 0.5) / RATE_HZ
    return np.exp(-rate * time_s), time_s, rate


@given(
    reverberation_s=st.floats(0.1, 8.0),
    duration=st.floats(0.8, 2.0),
    gain=st.floats(1e-12, 1e12),
    evaluation_range=st.sampled_from([EDT, T20, T30]),
)
def test_an_exponential_has_its_own_reverberation_time(
    reverberation_s: float, duration: float, gain: float, evaluation_range: EvaluationRange
) -> None:
    energy, time_s, rate = _decay(reverberation_s, duration * reverberation_s)
    tail = gain * np.exp(-rate * (time_s[-1] + 0.5 / RATE_HZ)) / rate

    curve = energy_decay_curve(gain * energy, RATE_HZ, tail_energy=tail)
    levels_db = level_db(curve, float(curve[0]))

    found = float(reverberation_time(levels_db, RATE_HZ, evaluation_range))
    assert found == pytest.approx(reverberation_s, rel=1e-3)


def test_the_documented_example_holds() -> None:
    assert doctest.testmod(curves).failed == 0


def test_curves_are_evaluated_side_by_side() -> None:
    levels_db = np.outer([-60.0, -30.0, -120.0], np.arange(8_000) / RATE_HZ)

    found = reverberation_time(levels_db, RATE_HZ)

    np.testing.assert_allclose(found, [1.0, 2.0, 0.5])


def test_a_curve_that_ends_too_high_is_refused() -> None:
    with pytest.raises(InsufficientDecay) as refused:
        reverberation_time(np.linspace(0.0, -30.0, 100), RATE_HZ)

    assert refused.value.reached_db == -30.0
    assert refused.value.needed_db == -35.0


@pytest.mark.parametrize("reverberation_s", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("inr_db", [30.0, 40.0, 55.0])
def test_noise_and_truncation_leave_the_decay_as_it_was(
    reverberation_s: float, inr_db: float
) -> None:
    found = []
    for seed in range(8):
        energy, _, _ = _decay(reverberation_s, 1.5 * reverberation_s)
        noisy = energy + 10 ** (-inr_db / 10)
        noisy *= np.random.default_rng(seed).gamma(0.5, 2.0, energy.size)
        decay = late_decay(noisy, RATE_HZ, bandwidth_hz=RATE_HZ / 2)
        stop = round(decay.end_s * RATE_HZ)
        curve = energy_decay_curve(
            noisy[:stop], RATE_HZ, noise=decay.noise, tail_energy=decay.tail_energy()
        )
        found.append(float(reverberation_time(level_db(curve, float(curve[0])), RATE_HZ, T20)))

    assert np.mean(found) == pytest.approx(reverberation_s, rel=0.02)
    assert np.max(np.abs(np.array(found) / reverberation_s - 1)) < 0.12


@pytest.mark.parametrize("inr_db", [30.0, 50.0])
def test_noise_level_and_slope_are_those_that_were_put_in(inr_db: float) -> None:
    energy, _, rate = _decay(1.0, 2.0)
    noise = 10 ** (-inr_db / 10)
    noisy = (energy + noise) * np.random.default_rng(3).gamma(0.5, 2.0, energy.size)

    decay = late_decay(noisy, RATE_HZ, bandwidth_hz=RATE_HZ / 2)

    assert decay.noise == pytest.approx(noise, rel=0.1)
    assert decay.rate_per_s == pytest.approx(rate, rel=0.1)
    assert decay.end_s == pytest.approx(inr_db / 60, rel=0.1)


def test_a_bumpy_end_above_the_noise_does_not_level_the_decay() -> None:
    """Seen in a simulated office, where the last rays ended in a cliff."""
    bumps_db = [-51, -52, -58, -57, -49, -64, -54, -49]
    bins_db = np.concatenate([np.linspace(0, -48, 24), bumps_db, np.full(268, -81)])
    energy = np.repeat(10 ** (bins_db / 10), 40)

    decay = late_decay(energy, RATE_HZ, bandwidth_hz=RATE_HZ / 2)

    assert 60 / (4.343 * decay.rate_per_s) == pytest.approx(0.3, rel=0.3)
    assert decay.end_s == pytest.approx(0.4, abs=0.05)


def test_nothing_but_noise_has_no_decay_to_speak_of() -> None:
    noise = np.random.default_rng(1).gamma(0.5, 2.0, 8_000)

    decay = late_decay(noise, RATE_HZ, bandwidth_hz=RATE_HZ / 2)

    assert decay.noise == pytest.approx(1.0, rel=0.3)


@given(
    reverberation_s=st.floats(0.2, 8.0), direct=st.floats(0.0, 0.95), early_s=st.floats(0.002, 0.1)
)
def test_energy_ratios_of_direct_sound_and_decay_follow_their_formulas(
    reverberation_s: float, direct: float, early_s: float
) -> None:
    late = (1 - direct) * np.exp(-13.8155 / reverberation_s * early_s)

    ratio_db = float(clarity_db(1 - late, late))

    assert ratio_db == pytest.approx(10 * np.log10((1 - late) / late))
    assert float(definition(1 - late, late)) == pytest.approx(1 / (1 + 10 ** (-ratio_db / 10)))


@given(reverberation_s=st.floats(0.2, 8.0), cut=st.floats(0.3, 1.5))
def test_centre_time_of_an_exponential_survives_truncation(
    reverberation_s: float, cut: float
) -> None:
    energy, time_s, rate = _decay(reverberation_s, cut * reverberation_s)
    end_s = energy.size / RATE_HZ
    tail = np.exp(-rate * end_s) / rate

    first = float(moment(energy, time_s, RATE_HZ, (tail, rate, end_s)))
    total = energy.sum() / RATE_HZ + tail

    assert first / total == pytest.approx(1 / rate, rel=1e-3)
