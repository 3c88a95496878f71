from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyrato
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_acoustics import (
    OCTAVES,
    BackgroundNoise,
    BandResponse,
    ImpulseResponse,
    InvalidBackground,
    split_into_bands,
)
from sonalyze_acoustics.modulation import MODULATION_HZ, BandModulation, modulation_transfer
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.speech import (
    FEMALE,
    MALE,
    METHOD_ERROR,
    speech_of,
    speech_transmission,
    transmission_index,
)
from sonalyze_acoustics.speech_levels import masking_db

RATE_HZ = 2_000.0
SILENT = -120.0


def _transfer(reverberation_s: float, duration_s: float) -> np.ndarray:
    rate = 13.8155 / reverberation_s
    time_s = (np.arange(round(duration_s * RATE_HZ)) + 0.5) / RATE_HZ
    end_s = time_s.size / RATE_HZ
    tail = np.exp(-rate * end_s) / rate
    return modulation_transfer(np.exp(-rate * time_s), time_s, RATE_HZ, (tail, rate, end_s))


def _band(transfer: float | np.ndarray, error: float = 0.0) -> BandModulation:
    count = len(MODULATION_HZ)
    return BandModulation(
        np.full(count, 1.0) * transfer, np.full((count, count), error**2), np.zeros(count)
    )


def _carrying(index: float) -> BandModulation:
    """Return a band whose transmission index is known."""
    ratio = 10 ** (3.0 * index - 1.5)
    return _band(ratio / (1 + ratio))


@pytest.mark.parametrize(
    ("reverberation_s", "expected"), [(0.5, 0.7363), (0.8, 0.6389), (1.0, 0.5885)]
)
def test_a_diffuse_field_has_the_index_of_its_reverberation_time(
    reverberation_s: float, expected: float
) -> None:
    found = speech_transmission([_band(_transfer(reverberation_s, 3.0))] * 7)

    assert found.sti == pytest.approx(expected, abs=2e-4)


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

    assert speech_transmission([_band(whole)] * 7).sti == pytest.approx(1.0)


@pytest.mark.parametrize("voice", [MALE, FEMALE])
def test_weights_less_redundancy_sum_to_one(voice) -> None:  # noqa: ANN001  parametrized
    assert voice.weight.sum() - voice.redundancy.sum() == pytest.approx(1.0)


def test_missing_low_bands_are_left_out_and_said_so() -> None:
    transmission = speech_transmission([None, None, *[_carrying(0.6)] * 5])

    assert transmission.sti == pytest.approx(0.6)
    assert transmission.modulation[:2] == (None, None)
    assert "125, 250 Hz are left out" in (transmission.note or "")


def test_without_the_middle_bands_there_is_no_index() -> None:
    bands = [_carrying(0.6)] * 7
    transmission = speech_transmission([*bands[:3], None, *bands[4:]])

    assert transmission.sti is None
    assert transmission.sti_female is None
    assert not transmission.uncertainty
    assert "1000 Hz" in (transmission.note or "")


def test_the_answer_holds_the_whole_modulation_transfer_matrix() -> None:
    transfer = _transfer(0.8, 2.0)

    transmission = speech_transmission([_band(transfer)] * 7)

    np.testing.assert_allclose(transmission.modulation, np.tile(transfer, (7, 1)))
    np.testing.assert_allclose(transmission.band_ti, transmission_index(transfer))


def test_female_speech_has_the_weights_of_the_edition_that_the_note_names() -> None:
    low, high = _carrying(0.2), _carrying(0.8)

    transmission = speech_transmission([low, *[high] * 6])

    assert transmission.sti_female == pytest.approx(0.8)  # it has nothing at 125 Hz
    assert transmission.sti_male == transmission.sti
    assert (transmission.sti_male or 0.0) < 0.8
    assert "Edition 4" in (transmission.note or "")


def test_noise_as_loud_as_speech_halves_the_modulation() -> None:
    even = BackgroundNoise((0.0,) * 7)

    transmission = speech_transmission([_band(1.0)] * 7, background=even)

    np.testing.assert_allclose(transmission.modulation, 0.5)
    assert transmission.sti == pytest.approx(0.5)
    assert transmission.is_level_independent
    assert "Level independent" in (transmission.note or "")


def test_levels_bring_masking_and_the_reception_threshold() -> None:
    spoken = BackgroundNoise.of_levels((60.0,) * 7, (SILENT,) * 7)

    transmission = speech_transmission([_band(1.0)] * 7, background=spoken)

    assert not transmission.is_level_independent
    assert "masking" in (transmission.note or "")
    np.testing.assert_allclose(
        [row[0] for row in transmission.modulation if row is not None][:2],
        # 46 dB of threshold at 125 Hz; at 250 Hz 27 dB, and 60 dB masked by -35 dB.
        [1 / (1 + 10**-1.4), 1 / (1 + 10**-3.5 + 10**-3.3)],
    )


def test_speech_at_the_threshold_of_an_octave_loses_half_its_modulation_there() -> None:
    faint = BackgroundNoise.of_levels((46.0, *(SILENT,) * 6), (SILENT,) * 7)

    assert faint.transfer()[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("level_db", "expected_db"), [(40.0, -45.0), (63.0, -33.5), (67.0, -26.3), (100.0, -10.0)]
)
def test_masking_grows_with_the_level_of_the_octave_below(
    level_db: float, expected_db: float
) -> None:
    assert float(masking_db(np.array(level_db))) == pytest.approx(expected_db)


@given(speech_db=st.floats(30.0, 95.0), snr_db=st.floats(30.0, 60.0))
def test_pyrato_agrees_on_noise_masking_and_threshold(speech_db: float, snr_db: float) -> None:
    # It lets an octave mask by its neighbour's level and by the speech alone: the same only where
    # all octaves are equally loud and the noise is little.
    levels, ratios = np.full(7, speech_db), np.full(7, snr_db)

    found = BackgroundNoise(tuple(ratios), tuple(levels)).transfer()

    reverberation = np.ones((7, 1)) / (1 + 10 ** (-0.1 * snr_db))
    theirs = pyrato.parameters._ambient_noise_correction(
        reverberation, levels, ratios, "acoustical"
    )
    np.testing.assert_allclose(found, theirs[:, 0], rtol=2e-3)


@given(snr_db=st.floats(-30.0, 60.0), louder_db=st.floats(0.1, 20.0))
def test_more_noise_never_helps(snr_db: float, louder_db: float) -> None:
    bands = [_band(_transfer(0.6, 2.0))] * 7

    quiet = speech_transmission(bands, background=BackgroundNoise((snr_db,) * 7)).sti
    loud = speech_transmission(bands, background=BackgroundNoise((snr_db - louder_db,) * 7)).sti

    assert (loud or 0.0) <= (quiet or 0.0)


@pytest.mark.parametrize("levels", [(0.0,) * 6, (float("nan"),) * 7, (0.0, *(1e9,) * 6)])
def test_levels_that_cannot_be_are_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(InvalidBackground, match="seven levels"):
        BackgroundNoise(levels)


def test_an_error_of_the_modulation_moves_the_index_as_it_does_by_hand() -> None:
    error = 1e-3
    bands = [_band(0.6)] * 7
    moved = [*bands[:4], _band(0.6 + error), *bands[5:]]

    stated = speech_transmission([*bands[:4], _band(0.6, error), *bands[5:]]).uncertainty["sti"]

    by_hand = (speech_transmission(moved).sti or 0.0) - (speech_transmission(bands).sti or 0.0)
    assert stated == pytest.approx(np.hypot(by_hand, METHOD_ERROR), rel=1e-2)


def test_what_errors_have_in_common_adds_up_over_the_bands() -> None:
    error = 1e-3
    common = replace(_band(0.6), common=np.full(len(MODULATION_HZ), error))

    stated = speech_transmission([common] * 7).uncertainty["sti"]

    by_hand = (speech_transmission([_band(0.6 + error)] * 7).sti or 0.0) - (
        speech_transmission([_band(0.6)] * 7).sti or 0.0
    )
    assert stated == pytest.approx(np.hypot(by_hand, METHOD_ERROR), rel=1e-2)


def test_the_stated_uncertainty_covers_what_noise_does(room: Callable[..., Samples]) -> None:
    random = np.random.default_rng(7)
    deviations = []
    for seed in range(12):
        reverberation_s = float(random.uniform(0.3, 1.2))
        response = room(reverberation_s, direct=0.2, seed=seed, duration_s=2.0)
        true = speech_of(_octaves(response), needed_db=0.0).sti
        for inr_db in (20.0, 30.0):
            noise = random.standard_normal(response.size)
            noise *= np.sqrt(0.8 * 13.8155 / reverberation_s / 48_000) * 10 ** (-0.05 * inr_db)
            found = speech_of(_octaves(response + noise))
            if found.sti is not None and true is not None:
                deviations.append(abs(found.sti - true) / found.uncertainty["sti"])

    assert np.mean(np.array(deviations) < 1.96) >= 0.9
    assert np.mean(np.array(deviations) > 0.3) >= 0.4  # nor is it stated too large


def _octaves(response: Samples) -> tuple[BandResponse, ...]:
    return split_into_bands(ImpulseResponse(response, 48_000, (20.0, 20_000.0)), 1_000, OCTAVES)
