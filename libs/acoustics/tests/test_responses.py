"""Whole responses: closed forms, invariances, and an independent oracle."""

import dataclasses
import pickle
from collections.abc import Callable, Iterator

import numpy as np
import pyfar
import pyrato
import pytest
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sonalyze_acoustics import (
    BandMetrics,
    Evaluation,
    NotAMeasurement,
    NotFinite,
    NotMono,
    SilentRecording,
    UnsupportedRate,
    evaluate_impulse_response,
)

Room = Callable[..., NDArray[np.float64]]
RATE_HZ = 48_000
ORACLE_BANDS = slice(2, 7)


def _named(evaluation: Evaluation, name: str) -> np.ndarray:
    return np.array([getattr(band, name) for band in evaluation.bands[ORACLE_BANDS]], dtype=float)


def _closed_forms(reverberation_s: float, direct: float) -> dict[str, float]:
    rate, late = 13.8155 / reverberation_s, 1 - direct
    after_50, after_80 = late * np.exp(-0.05 * rate), late * np.exp(-0.08 * rate)
    return {
        "t20_s": reverberation_s,
        "t30_s": reverberation_s,
        "c50_db": 10 * np.log10((1 - after_50) / after_50),
        "c80_db": 10 * np.log10((1 - after_80) / after_80),
        "d50": 1 - after_50,
        "d80": 1 - after_80,
        "ts_s": late / rate,
    }


def _just_noticeable(name: str, expected: float) -> float:
    """ISO 3382-1 Table A.1."""
    return {"t": 0.05 * expected, "c": 1.0, "d": 0.05}[name[0]] if name != "ts_s" else 0.010


@pytest.mark.parametrize("reverberation_s", [0.3, 0.6, 1.2])
@pytest.mark.parametrize("direct", [0.0, 0.3])
@pytest.mark.parametrize("inr_db", [None, 46.0])
def test_bands_agree_with_the_closed_forms_on_average(
    room: Room, reverberation_s: float, direct: float, inr_db: float | None
) -> None:
    responses = [
        room(reverberation_s, direct=direct, inr_db=inr_db, seed=seed) for seed in range(6)
    ]

    evaluations = [evaluate_impulse_response(response, RATE_HZ) for response in responses]

    for name, expected in _closed_forms(reverberation_s, direct).items():
        found = np.nanmean([_named(evaluation, name) for evaluation in evaluations])
        assert abs(found - expected) < 0.8 * _just_noticeable(name, expected), name


@pytest.mark.parametrize("reverberation_s", [0.3, 0.6, 1.2])
def test_noise_forty_decibels_down_changes_nothing_audible(
    room: Room, reverberation_s: float
) -> None:
    clean = evaluate_impulse_response(room(reverberation_s, direct=0.2), RATE_HZ)

    noisy = evaluate_impulse_response(room(reverberation_s, direct=0.2, inr_db=40.0), RATE_HZ)

    for name in ("t20_s", "edt_s", "c50_db", "c80_db", "d50", "d80", "ts_s"):
        for found, expected in zip(_named(noisy, name), _named(clean, name), strict=True):
            limit = 0.05 * expected if name == "edt_s" else _just_noticeable(name, expected)
            assert abs(found - expected) < limit, name
    assert noisy.speech.sti == pytest.approx(clean.speech.sti, abs=0.01)


@pytest.mark.parametrize(("reverberation_s", "expected"), [(0.5, 0.7363), (1.0, 0.5885)])
def test_speech_transmission_of_a_diffuse_field(
    room: Room, reverberation_s: float, expected: float
) -> None:
    found = [
        evaluate_impulse_response(room(reverberation_s, inr_db=30.0, seed=seed), RATE_HZ).speech.sti
        for seed in range(6)
    ]

    assert np.mean([sti for sti in found if sti is not None]) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_speech_transmission_survives_twenty_decibels(room: Room, seed: int) -> None:
    clean = evaluate_impulse_response(room(0.8, seed=seed), RATE_HZ).speech.sti

    noisy = evaluate_impulse_response(room(0.8, inr_db=20.0, seed=seed), RATE_HZ).speech.sti

    assert noisy == pytest.approx(clean, abs=0.03)


def test_pyrato_agrees_on_a_clean_response(room: Room) -> None:
    response = room(0.8, direct=0.3, seed=3, duration_s=1.6)

    ours = evaluate_impulse_response(response, RATE_HZ)
    theirs = _pyrato_curves(response)

    for name, label in (("t20_s", "T20"), ("t30_s", "T30"), ("edt_s", "EDT")):
        expected = pyrato.parameters.reverberation_time_linear_regression(theirs, T=label)
        np.testing.assert_allclose(_named(ours, name), expected, rtol=0.05, err_msg=name)
    for name, early_ms in (("c50_db", 50), ("c80_db", 80)):
        expected = pyrato.parameters.clarity(theirs, early_ms)
        np.testing.assert_allclose(_named(ours, name), expected, atol=1.0, err_msg=name)
    expected = pyrato.parameters.definition(theirs, 50)
    np.testing.assert_allclose(_named(ours, "d50"), expected, atol=0.05)
    np.testing.assert_allclose(
        _named(ours, "ts_s"), pyrato.parameters.center_time(theirs), atol=0.010
    )
    sti = pyrato.parameters.speech_transmission_index_indirect(
        pyfar.Signal(response[1_000:], RATE_HZ)
    )
    assert ours.speech.sti == pytest.approx(float(np.squeeze(sti)), abs=0.01)


def _pyrato_curves(response: NDArray[np.float64]) -> pyfar.TimeData:
    bands = pyfar.dsp.filter.fractional_octave_bands(
        pyfar.Signal(response, RATE_HZ), 1, frequency_range=(250, 4_000), order=6
    )
    curves = pyrato.edc.schroeder_integration(pyfar.Signal(bands.time[:, 0, 1_000:], RATE_HZ))
    return pyfar.TimeData(curves.time / curves.time[..., :1], curves.times)


def _figures(band: BandMetrics) -> dict[str, float]:
    values = {name: getattr(band, name) for name in ("t20_s", "edt_s", "c50_db", "ts_s", "drr_db")}
    return {name: value for name, value in values.items() if value is not None}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    gain=st.floats(1e-150, 1e150),
    polarity=st.sampled_from([-1.0, 1.0]),
    delay=st.integers(0, 20_000),
)
def test_gain_polarity_and_delay_change_nothing(
    room: Room, gain: float, polarity: float, delay: int
) -> None:
    response = room(0.5, direct=0.3, inr_db=60.0)
    plain = evaluate_impulse_response(response, RATE_HZ)
    changed = evaluate_impulse_response(
        polarity * gain * np.concatenate([np.zeros(delay), response]), RATE_HZ
    )

    assert changed.direct_index == plain.direct_index + delay
    for found, expected in zip(changed.bands, plain.bands, strict=True):
        assert _figures(found) == pytest.approx(_figures(expected), rel=1e-6)


def test_trailing_zeros_are_no_part_of_the_response(room: Room) -> None:
    response = room(0.5, inr_db=60.0)

    plain = evaluate_impulse_response(response, RATE_HZ)
    padded = evaluate_impulse_response(np.append(response, np.zeros(48_000)), RATE_HZ)

    assert padded.bands == plain.bands


def test_the_length_of_a_clean_response_does_not_matter(room: Room) -> None:
    response = room(0.5, duration_s=2.0)

    long = evaluate_impulse_response(response, RATE_HZ)
    short = evaluate_impulse_response(response[:40_000], RATE_HZ)

    for name in ("t20_s", "t30_s", "edt_s", "ts_s"):
        np.testing.assert_allclose(_named(short, name), _named(long, name), rtol=5e-3)


def test_bands_that_were_not_played_are_absent_and_say_so(room: Room) -> None:
    evaluation = evaluate_impulse_response(room(0.5), RATE_HZ, played_band_hz=(200.0, 12_000.0))

    assert [band.center_hz for band in evaluation.bands] == [
        63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0,
    ]  # fmt: skip
    for band in evaluation.bands[:3]:
        assert band.t20_s is None
        assert "not played" in band.reasons["t20_s"]
    assert all(band.t20_s is not None for band in evaluation.bands[3:])


def test_a_noisy_band_gives_reasons_instead_of_figures(room: Room) -> None:
    evaluation = evaluate_impulse_response(room(0.5, inr_db=28.0), RATE_HZ)

    for band in evaluation.bands[2:7]:
        assert band.t30_s is None
        assert "are needed" in band.reasons["t30_s"]
        assert band.inr_db == pytest.approx(28.0, abs=4.0)
        assert band.c50_db is None or "c50_db" not in band.reasons
    assert evaluation.quality.grade != "good"


@pytest.mark.parametrize("seed", range(8))
def test_a_ratio_is_right_within_a_decibel_or_withheld(room: Room, seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = {"direct": random.uniform(0.1, 0.7), "seed": seed}
    clean = evaluate_impulse_response(room(0.22, **shape), RATE_HZ)

    noisy = evaluate_impulse_response(room(0.22, inr_db=random.uniform(20, 35), **shape), RATE_HZ)

    for name in ("c50_db", "c80_db"):
        difference_db = np.abs(_named(noisy, name) - _named(clean, name))
        assert np.nanmax(np.append(difference_db, 0.0)) < 1.0, name


@pytest.mark.parametrize("seed", range(8))
def test_a_reverberation_time_is_right_within_five_per_cent_flagged_or_withheld(
    room: Room, seed: int
) -> None:
    random = np.random.default_rng(seed)
    seconds = float(np.geomspace(0.3, 1.2, 8)[seed])
    shape = {"direct": random.uniform(0.0, 0.5), "seed": seed}
    clean = evaluate_impulse_response(room(seconds, **shape), RATE_HZ)

    for inr_db in (30.0, 35.0, 40.0, 45.0):
        noisy = evaluate_impulse_response(room(seconds, inr_db=inr_db, **shape), RATE_HZ)
        for name in ("t20_s", "t30_s"):
            difference = np.abs(_named(noisy, name) / _named(clean, name) - 1)
            limits = [_limit(band, name) for band in noisy.bands[ORACLE_BANDS]]
            assert np.all(np.isnan(difference) | (difference < limits)), name


def _limit(band: BandMetrics, name: str) -> float:
    """Of a line 5 per cent; of what is flagged three times its own uncertainty."""
    if band.shape is None or band.shape.estimators.get(name) != "likelihood":
        return 0.055
    return 3 * band.uncertainty[name] / float(getattr(band, name))


def test_what_limits_a_short_decay_is_said_once(room: Room) -> None:
    response = room(0.5, direct=0.3, inr_db=33.0)

    evaluation = evaluate_impulse_response(response, RATE_HZ)

    for finding in evaluation.quality.findings:
        if finding.code == "short_decay":
            (band,) = [each for each in evaluation.bands if each.center_hz == finding.band_hz]
            assert finding.message.startswith(band.reasons["t20_s"])


def test_a_ratio_that_hangs_on_noise_says_so(room: Room) -> None:
    response = room(0.2, direct=0.7, inr_db=30.0)

    band = evaluate_impulse_response(response, RATE_HZ).bands[3]

    assert band.c80_db is None
    assert band.reasons["c80_db"] == "Too little arrives late to be told from the noise."
    assert band.d50 is not None


def test_reverberation_hidden_in_noise_behind_a_direct_sound_is_not_overlooked(room: Room) -> None:
    shape = {"direct": 0.72, "duration_s": 3.4}
    clean = _named(evaluate_impulse_response(room(2.7, seed=1, **shape), RATE_HZ), "d50")

    for seed in range(1, 7):
        response = room(2.7, inr_db=6.0, seed=seed, **shape)
        found = _named(evaluate_impulse_response(response, RATE_HZ), "d50")
        assert np.nanmax(np.append(np.abs(found - clean), 0.0)) < 0.05


def test_direct_sound_in_the_near_field_is_named(room: Room) -> None:
    evaluation = evaluate_impulse_response(room(0.5, direct=0.9, inr_db=70.0), RATE_HZ)

    assert evaluation.mid.drr_db == pytest.approx(10.0, abs=1.5)
    assert "near_field" in [finding.code for finding in evaluation.quality.findings]


def test_the_mean_of_two_octaves_is_surer_than_either(room: Room) -> None:
    evaluation = evaluate_impulse_response(room(0.6, inr_db=50.0), RATE_HZ)

    pair = [band for band in evaluation.bands if band.center_hz in {500.0, 1000.0}]
    for name in ("t20_s", "t30_s", "c50_db", "d50"):
        either = [band.uncertainty[name] for band in pair]
        assert 0.5 * max(either) < evaluation.mid.uncertainty[name] < max(either)


def test_a_flat_response_is_flat_in_sixty_four_steps(room: Room) -> None:
    impulse = np.zeros(24_000)
    impulse[1_000] = 1.0
    response = impulse + 1e-5 * room(0.3, duration_s=0.6)[:24_000]

    found = evaluate_impulse_response(response, RATE_HZ).frequency_response

    assert len(found.bands_hz) == len(found.magnitude_db) == 64
    assert found.bands_hz[0] == pytest.approx(20.0)
    assert found.bands_hz[-1] == pytest.approx(20_000.0)
    assert all(level is None or level > -0.5 for level in found.magnitude_db)


def test_silence_is_refused() -> None:
    with pytest.raises(SilentRecording):
        evaluate_impulse_response(np.zeros(48_000), RATE_HZ)


def test_samples_that_are_no_numbers_are_refused(room: Room) -> None:
    response = room(0.5)
    response[100] = np.nan

    with pytest.raises(NotFinite) as refused:
        evaluate_impulse_response(response, RATE_HZ)

    assert refused.value.count == 1


def test_two_channels_are_refused(room: Room) -> None:
    with pytest.raises(NotMono):
        evaluate_impulse_response(np.tile(room(0.5), (2, 1)), RATE_HZ)


def _leaves(value: object) -> Iterator[object]:
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from (leaf for item in value.values() for leaf in _leaves(item))
    elif isinstance(value, tuple):
        yield from (leaf for item in value for leaf in _leaves(item))
    else:
        yield value


def test_an_evaluation_is_made_of_plain_values_and_travels_between_processes(room: Room) -> None:
    evaluation = evaluate_impulse_response(room(0.5, inr_db=42.0), RATE_HZ)

    travelled = pickle.loads(pickle.dumps(evaluation))  # noqa: S301 - our own bytes
    assert travelled == evaluation
    assert np.array_equal(travelled.response.samples, evaluation.response.samples)
    for leaf in _leaves(dataclasses.replace(evaluation, response=None)):
        assert type(leaf) in (float, int, bool, str, type(None))
        assert not isinstance(leaf, float) or np.isfinite(leaf)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(np.ones(1), id="one sample"),
        pytest.param(np.random.default_rng(1).standard_normal(48_000), id="noise"),
        pytest.param(np.sin(0.13 * np.arange(48_000)), id="tone"),
        pytest.param(np.arange(48_000.0), id="ramp"),
    ],
)
def test_what_does_not_decay_is_no_impulse_response(response: NDArray[np.float64]) -> None:
    with pytest.raises(NotAMeasurement):
        evaluate_impulse_response(response, RATE_HZ)


def test_the_filters_own_decay_is_not_reported_as_the_rooms() -> None:
    exponential_without_carrier = np.exp(-10 * np.arange(48_000) / RATE_HZ)

    evaluation = evaluate_impulse_response(exponential_without_carrier, RATE_HZ)

    for band in evaluation.bands:
        assert band.t20_s is None
        # In the highest octaves it ends within one averaging of 10 ms.
        assert "filter" in band.reasons["t20_s"] or band.center_hz > 2000.0


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_a_short_response_gives_nulls_with_reasons(room: Room, rate_hz: int) -> None:
    evaluation = evaluate_impulse_response(room(0.5)[:3_000], rate_hz)

    for band in evaluation.bands:
        assert band.t30_s is None
        assert band.reasons["t30_s"].endswith(".")


@pytest.mark.parametrize("rate_hz", [0, 4_000, 384_000])
def test_rates_of_no_recorder_are_refused(room: Room, rate_hz: int) -> None:
    with pytest.raises(UnsupportedRate):
        evaluate_impulse_response(room(0.5), rate_hz)


def test_thirds_of_octaves_are_evaluated_where_they_are_asked_for(room: Room) -> None:
    response = room(1.2, direct=0.2, inr_db=60.0)

    found = evaluate_impulse_response(
        response, RATE_HZ, played_band_hz=(60.0, 20_000.0), thirds=True
    )

    assert evaluate_impulse_response(response, RATE_HZ).third_octaves == ()
    assert [third.center_hz for third in found.third_octaves][:4] == [50.0, 63.0, 80.0, 100.0]
    assert len(found.third_octaves) == 24
    assert all("not played" in third.reasons["t20_s"] for third in found.third_octaves[:2])
    for third in found.third_octaves[7:]:
        assert third.t20_s == pytest.approx(1.2, rel=0.2)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 96_000, 192_000])
def test_the_rate_of_a_response_does_not_matter(room: Room, rate_hz: int) -> None:
    response = room(0.5, direct=0.3, inr_db=60.0)
    expected = evaluate_impulse_response(response, RATE_HZ)

    found = evaluate_impulse_response(
        soxr.resample(response, RATE_HZ, rate_hz, quality="VHQ"), rate_hz
    )

    carried = [band for band in found.bands[1:] if 6.5 * band.center_hz < rate_hz]
    for band, other in zip(carried, expected.bands[1:], strict=False):
        assert band.t20_s == pytest.approx(other.t20_s, rel=0.01)
        assert band.edt_s == pytest.approx(other.edt_s, rel=0.01)
        # A sample more or less at the limit is heard in every octave.
        assert band.c80_db == pytest.approx(other.c80_db, abs=0.3)
        assert band.ts_s == pytest.approx(other.ts_s, abs=2e-4)


def test_a_hall_of_eight_seconds_has_its_reverberation_times(room: Room) -> None:
    response = room(8.0, direct=0.1, inr_db=70.0, duration_s=10.0)

    found = evaluate_impulse_response(response, RATE_HZ)

    np.testing.assert_allclose(_named(found, "t30_s"), 8.0, rtol=0.05)
