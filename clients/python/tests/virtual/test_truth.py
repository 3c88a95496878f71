import numpy as np
import pytest

from sonalyze.virtual.channel import what_the_microphone_records
from sonalyze.virtual.placement import positions
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.rooms import room_named
from sonalyze.virtual.truth import truth_of
from sonalyze_acoustics import Evaluation, SignalSpec, evaluate_recording, measurement_signal

SPEC = SignalSpec()
LIVING = room_named("living")


def per_band(evaluation: Evaluation, metric: str) -> np.ndarray:
    bands = [band for band in evaluation.bands if 200 < band.center_hz < 4500]
    return np.array([getattr(band, metric) for band in bands], dtype=float)


def test_the_truth_of_a_room_is_near_what_theory_says_of_it() -> None:
    placed = positions(LIVING, speakers=1, microphones=1, seed=1)

    truth = truth_of(LIVING.response(placed.speakers[0], placed.microphones[0]))

    np.testing.assert_allclose(per_band(truth, "t30_s"), LIVING.eyring_s[1:6], rtol=0.2)
    assert truth.speech.sti is not None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_phone_finds_the_truth_of_the_room(seed: int) -> None:
    placed = positions(LIVING, speakers=1, microphones=1, seed=seed)
    response = LIVING.response(placed.speakers[0], placed.microphones[0], seed)
    speaker, microphone = PhoneProfile.drawn(seed), PhoneProfile.drawn(seed + 100)

    recording = what_the_microphone_records(
        measurement_signal(SPEC), response, microphone, seed, speaker
    )

    found = evaluate_recording(recording.samples[0] / 32_768, recording.sample_rate_hz, SPEC)
    truth = truth_of(response)
    assert np.abs(recording.samples).max() < 32_767
    for metric in ("t20_s", "t30_s"):
        # One just noticeable difference is 5 %.
        np.testing.assert_allclose(per_band(found, metric), per_band(truth, metric), rtol=0.05)
    np.testing.assert_allclose(per_band(found, "c50_db"), per_band(truth, "c50_db"), atol=1.0)
    assert found.alignment is not None
    assert found.alignment.skew_ppm == pytest.approx(microphone.clock_skew_ppm, abs=1.0)
