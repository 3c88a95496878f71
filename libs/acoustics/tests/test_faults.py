"""Recordings that went wrong, one fault at a time, and clean ones that must not be accused."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from sonalyze_acoustics import Finding, SignalSpec, evaluate_recording, locate
from sonalyze_acoustics.faults import recording_faults
from sonalyze_acoustics.levels import clipped_samples, dropped_s, rms

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
BEGIN_S = 0.5 + 1_000 / RATE_HZ
"""Where the signal starts in the recordings of this module."""


@pytest.fixture(scope="module")
def clean(room: Make, recorded: Make) -> Samples:
    """A phone in a living room that is not quite quiet."""
    return recorded(room(0.5, direct=0.1, seed=3), noise=1e-3, skew_ppm=60.0, corner_hz=250.0)


def _faults(recording: Samples, rate_hz: int = RATE_HZ) -> Sequence[Finding]:
    located = locate(recording, rate_hz, SignalSpec())
    return recording_faults(located, SignalSpec()).findings


def _only(code: str, findings: Sequence[Finding]) -> Finding:
    (finding,) = [each for each in findings if each.code == code]
    return finding


def _without(recording: Samples, at_s: float, lost_s: float) -> Samples:
    """Take samples out after an instant of the signal, or repeat them where `lost_s` < 0."""
    at = round((BEGIN_S + at_s) * RATE_HZ)
    return np.concatenate((recording[:at], recording[at + round(lost_s * RATE_HZ) :]))


def test_faults_are_looked_for_in_a_sweep_that_is_too_narrow_for_ribbons(
    room: Make, recorded: Make
) -> None:
    spec = SignalSpec(RATE_HZ, 3_000.0, 3_600.0)
    recording = recorded(room(0.3, direct=0.3), spec=spec)

    faults = recording_faults(locate(recording, RATE_HZ, spec), spec)

    assert "noise_suppressed" not in [finding.code for finding in faults.findings]


PHONES = {
    "plain": {},
    "44.1 kHz, fast": {"rate_hz": 44_100, "skew_ppm": 100.0},
    "16 kHz": {"rate_hz": 16_000},
    "slow, loud loudspeaker": {"skew_ppm": -100.0, "drive": 0.6, "corner_hz": 300.0},
    "noisy": {"noise": 1e-2},
    "without any noise": {"noise": 0.0},
}


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES)
@pytest.mark.parametrize("seconds", [0.2, 1.8])
def test_a_clean_recording_is_not_accused(
    room: Make, recorded: Make, phone: dict, seconds: float
) -> None:
    recording = recorded(room(seconds, direct=0.1, seed=5), **{"noise": 5e-4, **phone})

    findings = _faults(recording, phone.get("rate_hz", RATE_HZ))

    assert [each.code for each in findings if each.code != "low_sample_rate"] == []


@pytest.mark.parametrize("lost_s", [0.002, -0.002])
@pytest.mark.parametrize("at_s", [1.5, 4.0, 8.0, 9.7, 10.3, 10.9, 12.0, 13.5])
def test_two_milliseconds_of_lost_samples_are_found_wherever_they_were(
    clean: Samples, at_s: float, lost_s: float
) -> None:
    finding = _only("samples_lost", _faults(_without(clean, at_s, lost_s)))

    found_ms, begin_s, end_s = (
        float(number) for number in re.findall(r"\d+\.\d+", finding.message)
    )
    assert found_ms == pytest.approx(2.0, abs=0.4)
    assert begin_s <= at_s <= end_s
    assert ("missing" in finding.message) is (lost_s > 0)
    assert finding.severity == "warning"


@pytest.mark.parametrize("lost_s", [0.010, -0.010, 0.060])
@pytest.mark.parametrize("at_s", [1.5, 8.0, 10.3, 13.5])
def test_lost_buffers_that_move_a_chirp_out_of_its_place_are_found(
    clean: Samples, at_s: float, lost_s: float
) -> None:
    finding = _only("samples_lost", _faults(_without(clean, at_s, lost_s)))

    (found_ms,) = re.findall(r"\d+\.\d+", finding.message)
    assert float(found_ms) == pytest.approx(1e3 * abs(lost_s), abs=1.0)
    assert ("missing" in finding.message) is (lost_s > 0)


@pytest.mark.parametrize(
    ("gain_db", "severity"), [(-0.3, None), (-2.0, "info"), (-6.0, "warning"), (6.0, "warning")]
)
def test_a_last_chirp_of_another_level_is_moving_gain(
    clean: Samples, gain_db: float, severity: str | None
) -> None:
    recording = clean.copy()
    recording[round((BEGIN_S + 14.0) * RATE_HZ) :] *= 10 ** (gain_db / 20)

    found = [each for each in _faults(recording) if each.code == "gain_moves"]

    assert [each.severity for each in found] == ([severity] if severity else [])
    assert all(f"{gain_db:+.1f} dB" in each.message for each in found)


def test_a_sweep_that_the_loudspeaker_limits_is_told_without_a_warning(clean: Samples) -> None:
    recording = clean.copy()
    recording[round((BEGIN_S + 2.0) * RATE_HZ) : round((BEGIN_S + 14.0) * RATE_HZ)] *= 0.63

    finding = _only("gain_moves", _faults(recording))

    assert finding.severity == "info"
    assert "-4.0 dB" in finding.message


@pytest.mark.parametrize("end_s", [12.6, 13.2, 13.9, 14.6])
def test_a_recording_that_ends_early_is_not_accused_of_what_it_does_not_hold(
    clean: Samples, end_s: float
) -> None:
    codes = [each.code for each in _faults(clean[: round((BEGIN_S + end_s) * RATE_HZ)])]

    assert codes == []


def _followed(recording: Samples, *, closed: float) -> Samples:
    """Pass a recording through a gain that reaches `closed` where it is quiet for 0.2 s."""
    block = RATE_HZ // 100
    count = recording.size // block
    loud = np.abs(recording[: count * block]).reshape(count, block).max(axis=-1) > 0.02
    lately = np.convolve(loud, np.ones(20))[:count] > 0
    gain = np.where(lately, 1.0, closed)
    instants = (np.arange(count) + 0.5) * block
    return np.asarray(recording * np.interp(np.arange(recording.size), instants, gain))


@pytest.mark.parametrize("closed", [0.03, 0.0])
def test_a_noise_gate_is_named(clean: Samples, closed: float) -> None:
    finding = _only("noise_suppressed", _faults(_followed(clean, closed=closed)))

    assert finding.severity == "warning"
    assert "turn noise suppression off" in finding.message


def test_gain_control_that_turns_the_noise_up_is_named(clean: Samples) -> None:
    finding = _only("noise_raised", _faults(_followed(clean, closed=8.0)))

    assert "turn automatic gain control off" in finding.message


@pytest.mark.parametrize("codec_hz", [8_000, 16_000])
def test_a_voice_codec_is_named_with_where_it_cuts(clean: Samples, codec_hz: int) -> None:
    narrow = soxr.resample(clean, RATE_HZ, codec_hz, quality="HQ")
    recording = soxr.resample(narrow, codec_hz, RATE_HZ, quality="HQ")
    recording += 1e-5 * np.random.default_rng(1).standard_normal(recording.size)

    finding = _only("band_limited", _faults(recording))

    (limit_khz,) = re.findall(r"\d+\.\d+", finding.message)
    assert float(limit_khz) == pytest.approx(codec_hz / 2_000, rel=0.15)


def test_a_low_sample_rate_is_told_as_such(room: Make, recorded: Make) -> None:
    recording = recorded(room(0.4, direct=0.2), rate_hz=8_000, noise=1e-3)

    finding = _only("low_sample_rate", _faults(recording, 8_000))

    assert finding.severity == "info"
    assert "record at 44100 or 48000 Hz" in finding.message


def _slammed(recording: Samples, at_s: float, level: float, decay_s: float = 0.05) -> Samples:
    """Add a door: noise that falls off."""
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    noise = np.random.default_rng(7).standard_normal(time_s.size) * np.exp(-time_s / decay_s)
    slammed = recording.copy()
    at = round((BEGIN_S + at_s) * RATE_HZ)
    slammed[at : at + noise.size] += level * noise[: slammed.size - at]
    return slammed


@pytest.mark.parametrize("decay_s", [0.002, 0.05])
@pytest.mark.parametrize(
    ("at_s", "spoilt"), [(7.4, {250, 500}), (9.0, {500, 1000, 2000}), (13.2, {8000})]
)
def test_a_slammed_door_is_told_with_its_time_and_the_octaves_that_it_spoils(
    clean: Samples, at_s: float, spoilt: set[int], decay_s: float
) -> None:
    finding = _only("disturbance", _faults(_slammed(clean, at_s, 0.1, decay_s)))

    (instant_s,) = re.findall(r"(\d+\.\d+) s after", finding.message)
    assert float(instant_s) == pytest.approx(at_s, abs=0.1)
    assert {int(hertz) for hertz in re.findall(r"(\d+) Hz by", finding.message)} == spoilt
    assert finding.severity == "warning"


def test_a_noise_before_the_sweep_reaches_the_octaves_spoils_nothing(clean: Samples) -> None:
    finding = _only("disturbance", _faults(_slammed(clean, 4.4, 0.1)))

    assert finding.severity == "info"
    assert "spoils no octave" in finding.message


@pytest.mark.parametrize("at_s", [7.8, 9.0, 10.0, 11.0, 11.4, 12.0])
def test_a_slammed_door_moves_no_figure_that_is_given(clean: Samples, at_s: float) -> None:
    expected = evaluate_recording(clean, RATE_HZ, SignalSpec())

    found = evaluate_recording(_slammed(clean, at_s, 0.1), RATE_HZ, SignalSpec())

    for ours, true in zip(found.bands[2:], expected.bands[2:], strict=True):
        for name, most in (("t20_s", 0.1), ("t30_s", 0.1), ("edt_s", 0.05)):
            figure = getattr(ours, name)
            assert figure is None or figure == pytest.approx(getattr(true, name), rel=most)
        assert ours.c50_db is None or ours.c50_db == pytest.approx(true.c50_db, abs=0.3)
    assert sum(band.t20_s is not None for band in found.bands[2:]) >= 4


def test_faults_are_part_of_the_verdict(clean: Samples) -> None:
    quality = evaluate_recording(_without(clean, 8.0, 0.002), RATE_HZ, SignalSpec()).quality

    assert "samples_lost" in [each.code for each in quality.findings]
    assert quality.grade != "good"
    assert quality.summary.endswith("to improve it, close other apps on the recording phone.")


def test_a_clean_recording_is_summed_up_in_what_it_carries(clean: Samples) -> None:
    quality = evaluate_recording(clean, RATE_HZ, SignalSpec()).quality

    assert quality.grade == "good"
    assert quality.summary.startswith("This carries T30 from ")
    assert quality.summary.endswith(" kHz.")


def test_octaves_that_were_not_played_are_missed_in_the_summary(room: Make, recorded: Make) -> None:
    spec = SignalSpec(48_000, 500.0, 16_000.0)
    recording = recorded(room(0.4, direct=0.2), spec=spec)

    quality = evaluate_recording(recording, RATE_HZ, spec).quality

    assert quality.grade == "usable"
    assert quality.summary == (
        "This carries T30 from 1 kHz to 8 kHz; to improve it, play and record a sweep that holds "
        "250 Hz to 4 kHz."
    )


def test_an_octave_that_is_too_noisy_says_how_much_is_missing(room: Make, recorded: Make) -> None:
    recording = recorded(room(0.5, direct=0.1), noise=0.02, corner_hz=600.0)

    findings = evaluate_recording(recording, RATE_HZ, SignalSpec()).quality.findings

    messages = [each.message for each in findings if each.code == "short_decay"]
    sentence = r"\d+ Hz: \d+ dB above the noise, T20 needs 35\. Move the speaker phone closer or .*"
    assert any(re.fullmatch(sentence, message) for message in messages)


def test_a_signal_deep_in_a_recording_is_told(clean: Samples) -> None:
    noise = 1e-3 * np.random.default_rng(2).standard_normal(8 * RATE_HZ)

    findings = evaluate_recording(
        np.concatenate((noise, clean)), RATE_HZ, SignalSpec()
    ).quality.findings

    assert _only("late_start", findings).severity == "info"


def test_runs_at_the_maximum_are_clipped_and_single_crests_are_not() -> None:
    samples = np.array([0.1, 0.9, 0.9, 0.9, 0.2, -0.9, 0.0, -0.9, -0.9, -0.9, -0.9])

    assert clipped_samples(samples, 0.9) == 7


@pytest.mark.parametrize("gap", [143, 150, 160, 1_000, 24_000])
@pytest.mark.parametrize("start", [100_000, 100_007])
def test_interruptions_are_measured_to_the_sample(gap: int, start: int) -> None:
    sweep = 0.1 * np.random.default_rng(3).standard_normal(10 * RATE_HZ) + 1e-9
    sweep[start : start + gap] = 0.0

    found_s = dropped_s(sweep, RATE_HZ, 0.5)

    assert found_s == (gap / RATE_HZ if gap >= 144 else 0.0)


def test_the_level_of_nothing_is_nothing() -> None:
    assert rms(np.zeros(0)) == 0.0
