"""Decays that are hardly longer than their band's own filter lasts."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sonalyze_acoustics import evaluate_impulse_response
from sonalyze_acoustics.bands import OCTAVES, THIRDS, Band
from sonalyze_acoustics.curves import T20, energy_decay_curve, level_db, reverberation_time
from sonalyze_acoustics.filterbank import band_energies

RATE_HZ = 48_000
BANDS = [pytest.param(band, id=f"{band.bandwidth_hz:.0f} Hz") for band in (OCTAVES[0], THIRDS[4])]


def _found_s(band: Band, reverberation_s: float, *, backward: bool) -> float:
    """Evaluate what noise that decays exponentially has in a band on average.

    That is the energy of the filter's own response, convolved with the decay.
    """
    impulse = np.zeros(RATE_HZ)
    impulse[0] = 1.0
    own = band_energies(impulse, RATE_HZ, 0, [(band, None)], backward=backward)
    time_s = np.arange(own.density.shape[-1]) / own.rate_hz
    decaying = np.convolve(own.density[0], np.exp(-13.8155 / reverberation_s * time_s))
    begins, ends = int(own.first[0]), int(own.first[0] + 3 * reverberation_s * own.rate_hz)
    curve = energy_decay_curve(decaying[begins:ends], own.rate_hz)
    reference = curve[0] if backward else float(decaying[:ends].sum()) / own.rate_hz
    return float(reverberation_time(level_db(curve, reference), own.rate_hz, T20))


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("product", [4.0, 5.0, 6.0, 8.0])
def test_a_filter_run_backwards_does_not_lengthen_a_decay(band: Band, product: float) -> None:
    reverberation_s = product / band.bandwidth_hz

    found_s = _found_s(band, reverberation_s, backward=True)

    assert found_s == pytest.approx(reverberation_s, rel=0.005)


@pytest.mark.parametrize("band", BANDS)
def test_a_mask_without_phase_lengthens_decays_that_are_shorter_than_eight_bandwidths(
    band: Band,
) -> None:
    found = [
        _found_s(band, product / band.bandwidth_hz, backward=False) * band.bandwidth_hz / product
        for product in (4.0, 8.0)
    ]

    assert found[0] > 1.04
    assert found[1] < 1.01


def test_a_short_decay_is_given_from_four_bandwidths_on_without_its_early_decay(
    room: Callable[..., NDArray[np.float64]],
) -> None:
    given = []
    for seed in range(12):
        response = room(0.13, direct=0.3, seed=seed, inr_db=70.0)
        octave = evaluate_impulse_response(response, RATE_HZ).bands[0]
        product = OCTAVES[0].bandwidth_hz * (octave.t20_s or 0.0)
        if 0 < product < 8.0:
            given.append(octave)
            assert product >= 4.0
            assert octave.shape is not None
            assert "edt_s" not in octave.shape.estimators
            assert octave.edt_s is None
            assert set(octave.uncertainty).isdisjoint(octave.reasons)
        else:
            assert octave.t20_s is not None or "filter" in octave.reasons["t20_s"]

    assert given
