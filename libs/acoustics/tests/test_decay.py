"""Late decays of many bands at once, and what is known about their certainty."""

import numpy as np
import pytest

from sonalyze_acoustics.decay import late_decay, late_decays


def _noisy(
    reverberation_s: float, inr_db: float, rate_hz: float, seed: int, duration_s: float = 2.0
) -> np.ndarray:
    """Energy of a decay in noise whose bandwidth is its sample rate."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    expected = np.exp(-13.8155 / reverberation_s * time_s) + 10 ** (-inr_db / 10)
    return np.asarray(expected * np.random.default_rng(seed).gamma(1.0, 1.0, time_s.size))


def test_bands_are_fitted_side_by_side_as_they_are_alone() -> None:
    rates_hz = [90.0, 400.0, 3_000.0]
    energies = [
        _noisy(0.8, inr_db, rate, 1) for inr_db, rate in zip((30, 50, 70), rates_hz, strict=True)
    ]

    together = late_decays(energies, rates_hz, rates_hz)

    for found, energy, rate_hz in zip(together, energies, rates_hz, strict=True):
        alone = late_decay(energy, rate_hz, rate_hz)
        assert found.rate_per_s == pytest.approx(alone.rate_per_s, rel=1e-3)
        assert found.end_s == pytest.approx(alone.end_s, rel=1e-2)
        assert found.noise == pytest.approx(alone.noise, rel=1e-2)


def test_a_band_of_hardly_any_samples_stops_none_of_the_others() -> None:
    tiny, energy = np.ones(2), _noisy(0.5, 40.0, 1_000.0, 1)

    none, found = late_decays([tiny, energy], [1_000.0, 1_000.0], [1_000.0, 1_000.0])

    assert none.rate_per_s == none.noise == 0.0
    assert found.rate_per_s == pytest.approx(13.8155 / 0.5, rel=0.1)


def test_errors_of_slope_and_noise_are_as_large_as_they_say() -> None:
    draws = [
        late_decay(_noisy(0.5, 35.0, 700.0, seed), 700.0, bandwidth_hz=700.0) for seed in range(60)
    ]

    slope = np.array([(d.rate_per_s - 13.8155 / 0.5) / d.rate_error_per_s for d in draws])
    noise = np.array([(10**3.5 * d.noise - 1) / d.noise_error for d in draws])

    assert np.mean(np.abs(slope) < 2) > 0.85
    assert np.mean(np.abs(noise) < 2) > 0.85


def test_what_has_reached_the_noise_is_not_followed_by_much_more() -> None:
    """Seen in a simulated office: uneven last rays made the slope cross far behind their end."""
    bins_db = np.concatenate([np.linspace(0, -48, 24), np.full(8, -50.0), np.full(268, -81)])
    energy = np.repeat(10 ** (bins_db / 10), 40)

    decay = late_decay(energy, 4_000.0, bandwidth_hz=2_000.0)

    assert decay.end_s < 0.4
