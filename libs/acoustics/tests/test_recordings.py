"""Recordings of the 15 s signal, as phones make them, against the rooms they were made in."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from sonalyze_acoustics import (
    AlignmentFailed,
    BeyondFullScale,
    InvalidSignal,
    NotAMeasurement,
    RecordingTooShort,
    SignalSpec,
    SilentRecording,
    evaluate_deconvolution,
    evaluate_impulse_response,
    evaluate_recording,
    evaluate_reference_recording,
)
from sonalyze_acoustics.rates import at_rate
from sonalyze_acoustics.signal import chirp, measurement_signal, sweep
from sonalyze_acoustics.sweep_response import sweep_deconvolution

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000

PHONES = {
    "plain": {"noise": 1e-5},
    "fast clock, 44.1 kHz": {"skew_ppm": 100.0, "rate_hz": 44_100, "latency_s": 0.1},
    "slow clock, late": {"skew_ppm": -100.0, "latency_s": 2.0, "noise": 3e-4},
    "small loudspeaker": {"skew_ppm": 40.0, "corner_hz": 280.0, "drive": 0.5},
}


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES)
def test_a_phone_finds_the_rooms_figures(room: Make, recorded: Make, phone: dict) -> None:
    response = room(0.45, direct=0.15, seed=7)
    truth = evaluate_impulse_response(response, RATE_HZ)

    found = evaluate_recording(
        recorded(response, **phone), phone.get("rate_hz", RATE_HZ), SignalSpec()
    )

    for ours, true in zip(found.bands[2:7], truth.bands[2:7], strict=True):
        assert ours.t20_s == pytest.approx(true.t20_s, rel=0.05)
        assert ours.t30_s == pytest.approx(true.t30_s, rel=0.05)
        assert ours.edt_s == pytest.approx(true.edt_s, rel=0.05)
        assert ours.c50_db == pytest.approx(true.c50_db, abs=1.0)
        assert ours.ts_s == pytest.approx(true.ts_s, abs=0.005)
    assert found.speech.sti == pytest.approx(truth.speech.sti, abs=0.01)
    assert found.quality.grade == "good"


@pytest.mark.parametrize("skew_ppm", [-100.0, -41.0, 0.0, 100.0])
@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_the_clocks_are_compared_to_a_part_per_million(
    room: Make, recorded: Make, skew_ppm: float, rate_hz: int
) -> None:
    recording = recorded(room(0.5, direct=0.05), skew_ppm=skew_ppm, rate_hz=rate_hz, noise=1e-3)

    alignment = evaluate_recording(recording, rate_hz, SignalSpec()).alignment

    assert alignment is not None
    assert alignment.skew_ppm == pytest.approx(skew_ppm, abs=1.0)


@pytest.mark.parametrize("latency_s", [0.1, 0.7, 2.0])
def test_latency_is_where_the_signal_starts(room: Make, recorded: Make, latency_s: float) -> None:
    recording = recorded(room(0.3, direct=0.5), latency_s=latency_s)

    alignment = evaluate_recording(recording, RATE_HZ, SignalSpec()).alignment

    assert alignment is not None
    assert alignment.latency_s == pytest.approx(latency_s + 1_000 / RATE_HZ, abs=1e-3)
    assert alignment.sweep_end_sample - alignment.sweep_start_sample == pytest.approx(
        10 * RATE_HZ, abs=1
    )
    assert alignment.aligned_length_samples == pytest.approx(15 * RATE_HZ, abs=1)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 96_000])
def test_any_recorders_rate_will_do(room: Make, recorded: Make, rate_hz: int) -> None:
    response = room(0.5, direct=0.2)
    truth = evaluate_impulse_response(response, RATE_HZ)

    found = evaluate_recording(recorded(response, rate_hz=rate_hz), rate_hz, SignalSpec())

    for ours, true in zip(found.bands, truth.bands, strict=True):
        if true.center_hz >= 250 and 1.42 * true.center_hz < 0.45 * rate_hz:
            assert ours.t20_s == pytest.approx(true.t20_s, rel=0.05)
        elif 1.42 * true.center_hz > 0.45 * rate_hz:
            assert ours.t20_s is None


def test_a_narrow_sweep_bounds_what_is_reported(room: Make, recorded: Make) -> None:
    spec = SignalSpec(48_000, 200.0, 12_000.0)

    found = evaluate_recording(recorded(room(0.4, direct=0.2), spec=spec), RATE_HZ, spec)

    assert [band.t20_s is None for band in found.bands] == [True] * 3 + [False] * 5
    assert found.frequency_response.magnitude_db[0] is None
    assert found.frequency_response.magnitude_db[40] is not None


def test_a_sweep_between_two_bins_is_no_measurement(phone_recording: Samples) -> None:
    spec = SignalSpec(48_000, 20.01, 20.011)

    with pytest.raises(AlignmentFailed):
        evaluate_recording(phone_recording, RATE_HZ, spec)


@pytest.mark.parametrize(
    ("peak", "refusal"),
    [(1e-310, NotAMeasurement), (1e-20, NotAMeasurement), (1e200, BeyondFullScale)],
)
def test_a_reference_that_is_no_sound_is_refused(peak: float, refusal: type[Exception]) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, RATE_HZ)

    with pytest.raises(refusal, match="reference"):
        evaluate_deconvolution(noise, peak * noise, RATE_HZ)


def test_without_the_end_chirp_there_is_a_result_but_no_skew(phone_recording: Samples) -> None:
    found = evaluate_recording(phone_recording[: round(14.9 * RATE_HZ)], RATE_HZ, SignalSpec())

    assert found.alignment is not None
    assert found.alignment.skew_ppm is None
    assert found.alignment.end_chirp is None
    assert found.bands[4].t20_s is not None
    assert "end_chirp_missing" in [finding.code for finding in found.quality.findings]


def test_without_the_start_chirp_there_is_a_result_but_no_skew(phone_recording: Samples) -> None:
    found = evaluate_recording(phone_recording[round(1.1 * RATE_HZ) :], RATE_HZ, SignalSpec())

    assert found.alignment is not None
    assert found.alignment.skew_ppm is None
    assert found.alignment.start_chirp is None
    assert found.alignment.latency_s < 0
    assert "start_chirp_missing" in [finding.code for finding in found.quality.findings]


@pytest.mark.parametrize("after_start_s", [3.0, 8.0, 12.0])
def test_a_recording_that_ends_inside_the_sweep_is_refused(
    phone_recording: Samples, after_start_s: float
) -> None:
    cut = phone_recording[: round((0.5 + after_start_s) * RATE_HZ)]

    with pytest.raises(RecordingTooShort):
        evaluate_recording(cut, RATE_HZ, SignalSpec())


@pytest.mark.parametrize("peak", [0.0, 1.0 / 32_768])
def test_digital_silence_is_refused(peak: float) -> None:
    with pytest.raises(SilentRecording):
        evaluate_recording(np.full(16 * RATE_HZ, peak), RATE_HZ, SignalSpec())


def _noise(random: np.random.Generator) -> Samples:
    return 0.1 * random.standard_normal(16 * RATE_HZ)


def _words(random: np.random.Generator) -> Samples:
    """Voiced and unvoiced bursts with pauses, as speech has them."""
    words = np.zeros(16 * RATE_HZ)
    start = 0
    while start < words.size - RATE_HZ:
        length = int(random.uniform(0.05, 0.3) * RATE_HZ)
        phase = np.cumsum(np.full(length, random.uniform(90, 220) / RATE_HZ))
        voiced = (np.mod(phase, 1) < 0.05).astype(float)
        burst = voiced if random.random() < 0.6 else random.standard_normal(length)
        words[start : start + length] += 0.2 * burst * np.hanning(length)
        start += length + int(random.uniform(0, 0.2) * RATE_HZ)
    return words


def _music(random: np.random.Generator) -> Samples:
    """Decaying harmonic notes over a drum."""
    music = np.zeros(16 * RATE_HZ)
    time_s = np.arange(RATE_HZ) / RATE_HZ
    for _ in range(100):
        start = int(random.uniform(0, music.size - RATE_HZ))
        note_hz = 110 * 2 ** (random.integers(0, 48) / 12)
        note = sum(np.sin(2 * np.pi * note_hz * n * time_s) / n for n in range(1, 9))
        music[start : start + RATE_HZ] += 0.03 * note * np.exp(-5 * time_s)
    for start in range(0, music.size - 2_000, RATE_HZ // 4):
        music[start : start + 2_000] += 0.2 * random.standard_normal(2_000)
    return music


def _claps(random: np.random.Generator) -> Samples:
    claps = 1e-4 * random.standard_normal(16 * RATE_HZ)
    for start in random.integers(0, 14 * RATE_HZ, 6):
        claps[start : start + 10_000] += (
            0.1 * random.standard_normal(10_000) * np.exp(-np.arange(10_000) / 1_500)
        )
        claps[start] += 0.8
    return claps


def _tone(random: np.random.Generator) -> Samples:
    time_s = np.arange(16 * RATE_HZ) / RATE_HZ
    return np.asarray(
        0.3 * np.sin(2 * np.pi * 5_000 * time_s) * (np.mod(time_s, 1) < 0.5)
        + 1e-4 * random.standard_normal(time_s.size)
    )


def _chirps_alone(random: np.random.Generator) -> Samples:
    alone = 1e-3 * random.standard_normal(16 * RATE_HZ)
    for start in (24_000, 24_000 + round(14.5 * RATE_HZ)):
        alone[start : start + 24_000] += 0.3 * chirp(SignalSpec())
    return alone


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("make", [_noise, _words, _music, _claps, _tone, _chirps_alone])
def test_what_is_no_measurement_is_refused(
    make: Callable[[np.random.Generator], Samples], seed: int
) -> None:
    with pytest.raises(AlignmentFailed):
        evaluate_recording(make(np.random.default_rng(seed)), RATE_HZ, SignalSpec())


def test_a_sweep_of_another_range_is_refused(room: Make, recorded: Make) -> None:
    other = recorded(room(0.4, direct=0.2), spec=SignalSpec(48_000, 200.0, 12_000.0))

    with pytest.raises(AlignmentFailed):
        evaluate_recording(other, RATE_HZ, SignalSpec())


@pytest.mark.parametrize("end_hz", [16_000.0, 18_000.0, 19_500.0, 19_800.0, 19_900.0])
@pytest.mark.parametrize("direct", [0.02, 0.4])
def test_a_sweep_whose_end_is_a_few_per_cent_off_is_refused(
    room: Make, recorded: Make, end_hz: float, direct: float
) -> None:
    other = recorded(room(0.5, direct=direct, seed=5), spec=SignalSpec(48_000, 20.0, end_hz))

    with pytest.raises(AlignmentFailed):
        evaluate_recording(other, RATE_HZ, SignalSpec())


@pytest.mark.parametrize("seed", range(6))
def test_no_room_is_taken_for_another_sweep(room: Make, recorded: Make, seed: int) -> None:
    random = np.random.default_rng(seed)
    response = room(np.geomspace(0.15, 4.0, 6)[seed], direct=random.choice([0.0, 0.1]), seed=seed)
    recording = recorded(response, noise=1e-3, corner_hz=random.uniform(100, 700))

    found = evaluate_recording(recording, RATE_HZ, SignalSpec())

    assert found.alignment is not None


@pytest.mark.parametrize("range_hz", [(20.0, 20.001), (20.0, 21.0), (19_999.0, 20_000.0)])
def test_a_sweep_too_narrow_to_tell_anything_is_refused(
    room: Make, recorded: Make, range_hz: tuple[float, float]
) -> None:
    spec = SignalSpec(48_000, *range_hz)

    with pytest.raises(AlignmentFailed):
        evaluate_recording(recorded(room(0.4), spec=spec), RATE_HZ, spec)


def test_a_recorder_that_cannot_hear_the_sweep_is_told_so(phone_recording: Samples) -> None:
    with pytest.raises(InvalidSignal, match="16000 Hz holds up to 7200 Hz"):
        evaluate_recording(phone_recording, 16_000, SignalSpec(48_000, 10_000.0, 20_000.0))


def test_a_measurement_played_backwards_is_refused(phone_recording: Samples) -> None:
    with pytest.raises(AlignmentFailed):
        evaluate_recording(phone_recording[::-1], RATE_HZ, SignalSpec())


def test_samples_that_are_no_sound_are_refused(phone_recording: Samples) -> None:
    with pytest.raises(BeyondFullScale, match="full scale is 1"):
        evaluate_recording(1e200 * phone_recording, RATE_HZ, SignalSpec())


@pytest.mark.parametrize("change", [lambda x: -x, lambda x: x + 0.3, lambda x: 1e6 * x])
def test_polarity_offset_and_gain_change_nothing(
    phone_recording: Samples, change: Callable[[Samples], Samples]
) -> None:
    expected = evaluate_recording(phone_recording, RATE_HZ, SignalSpec())

    found = evaluate_recording(change(phone_recording), RATE_HZ, SignalSpec())

    assert found.mid.t30_s == pytest.approx(expected.mid.t30_s, rel=1e-3)
    assert found.mid.c50_db == pytest.approx(expected.mid.c50_db, abs=0.01)


@pytest.mark.parametrize("before_s", [14.0, 40.0])
def test_the_signal_is_found_deep_in_a_long_recording(
    phone_recording: Samples, before_s: float
) -> None:
    random = np.random.default_rng(4)
    around = [1e-4 * random.standard_normal(round(s * RATE_HZ)) for s in (before_s, 20.0)]

    found = evaluate_recording(
        np.concatenate([around[0], phone_recording, around[1]]), RATE_HZ, SignalSpec()
    )

    expected = evaluate_recording(phone_recording, RATE_HZ, SignalSpec())
    assert found.alignment is not None
    assert expected.alignment is not None
    assert found.alignment.latency_s == pytest.approx(
        before_s + expected.alignment.latency_s, abs=1e-5
    )
    assert found.alignment.skew_ppm == pytest.approx(expected.alignment.skew_ppm, abs=0.05)
    assert found.mid.t30_s == pytest.approx(expected.mid.t30_s, rel=1e-3)


def test_a_long_recording_takes_little_more_memory_than_its_samples() -> None:
    recording = 1e-2 * np.random.default_rng(6).standard_normal(180 * RATE_HZ)

    tracemalloc.start()
    with pytest.raises(AlignmentFailed):
        evaluate_recording(recording, RATE_HZ, SignalSpec())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 2.5 * recording.nbytes


def test_clipping_is_counted_and_named(phone_recording: Samples) -> None:
    clipped = np.clip(3 * phone_recording, -0.9, 0.9)

    found = evaluate_recording(clipped, RATE_HZ, SignalSpec()).quality

    assert found.clipped_samples > 100
    assert "clipped" in [finding.code for finding in found.findings]
    assert found.grade != "good"


@pytest.mark.parametrize("gap_s", [0.005, 0.3])
def test_a_gap_in_the_sweep_is_named(phone_recording: Samples, gap_s: float) -> None:
    broken = phone_recording.copy()
    broken[6 * RATE_HZ :][: round(gap_s * RATE_HZ)] = 0.0

    found = evaluate_recording(broken, RATE_HZ, SignalSpec()).quality

    (message,) = [each.message for each in found.findings if each.code == "interrupted"]
    assert f"{1e3 * gap_s:.0f} ms" in message
    assert found.grade == "usable"


def test_low_notes_that_fade_below_the_last_bit_are_no_gap(room: Make, recorded: Make) -> None:
    recording = recorded(room(0.3, direct=0.3), corner_hz=700.0, noise=0.0)

    found = evaluate_recording(0.02 * recording, RATE_HZ, SignalSpec()).quality
    quantised = np.round(0.02 * recording * 32_768) / 32_768
    in_steps = evaluate_recording(quantised, RATE_HZ, SignalSpec()).quality

    for quality in (found, in_steps):
        assert "interrupted" not in [finding.code for finding in quality.findings]


@pytest.mark.parametrize(("skew_ppm", "named"), [(150.0, False), (300.0, True)])
def test_clocks_that_differ_more_than_crystals_are_named(
    room: Make, recorded: Make, skew_ppm: float, named: bool
) -> None:
    recording = recorded(room(0.3, direct=0.3), skew_ppm=skew_ppm)

    found = evaluate_recording(recording, RATE_HZ, SignalSpec()).quality

    assert ("clock_implausible" in [finding.code for finding in found.findings]) is named


def test_levels_are_those_of_the_recording(room: Make, recorded: Make) -> None:
    found = evaluate_recording(
        recorded(room(0.3, direct=0.3), noise=1e-3), RATE_HZ, SignalSpec()
    ).quality

    assert found.peak_db == pytest.approx(-6.0, abs=0.3)
    assert found.noise_floor_db == pytest.approx(-60.0, abs=1.0)


def test_a_small_loudspeaker_is_levelled_and_named(room: Make, recorded: Make) -> None:
    found = evaluate_recording(
        recorded(room(0.4, direct=0.2), corner_hz=280.0), RATE_HZ, SignalSpec()
    ).quality

    (message,) = [
        finding.message for finding in found.findings if finding.code == "loudspeaker_levelled"
    ]
    corner_hz = float(message.split(" Hz")[0].split()[-1])
    assert corner_hz == pytest.approx(280.0, rel=0.2)


def test_nothing_outside_the_sweep_is_amplified(recorded: Make) -> None:
    impulse = np.zeros(100)
    impulse[10] = 1.0
    recording = recorded(impulse, noise=1e-3)

    deconvolution = sweep_deconvolution(
        recording, RATE_HZ, SignalSpec(), sweep_start_s=3.0 + 10 / RATE_HZ
    )

    power = np.abs(deconvolution.spectrum) ** 2
    frequency_hz = np.fft.rfftfreq(deconvolution.size, 1 / RATE_HZ)
    inside = np.median(power[(frequency_hz > 100) & (frequency_hz < 18_000)])
    assert power[frequency_hz > 20_500].max() < 1e-3 * inside


def test_any_reference_can_be_deconvolved(room: Make) -> None:
    response = room(0.5, direct=0.2, seed=9)
    reference = sweep(SignalSpec(48_000, 50.0, 16_000.0))
    truth = evaluate_impulse_response(response, RATE_HZ)

    heard = oaconvolve(reference, response)
    recording = np.append(np.zeros(4_800), heard)
    recording = recording + 1e-5 * np.random.default_rng(2).standard_normal(recording.size)
    found = evaluate_deconvolution(recording, reference, RATE_HZ)

    for ours, true in zip(found.bands[2:7], truth.bands[2:7], strict=True):
        assert ours.t20_s == pytest.approx(true.t20_s, rel=0.05)
        assert ours.c50_db == pytest.approx(true.c50_db, abs=0.5)
    assert found.alignment is None


def test_recording_and_reference_may_have_rates_of_their_own(room: Make) -> None:
    reference = sweep(SignalSpec(48_000, 50.0, 16_000.0))
    recording = oaconvolve(reference, room(0.5, direct=0.2, seed=9))
    expected = evaluate_deconvolution(recording, reference, RATE_HZ)

    found = evaluate_reference_recording(
        at_rate(96_000, recording, RATE_HZ), 96_000, at_rate(44_100, reference, RATE_HZ), 44_100
    )

    assert found.sample_rate_hz == RATE_HZ
    assert found.mid.t20_s == pytest.approx(expected.mid.t20_s, rel=0.01)
    assert found.mid.c50_db == pytest.approx(expected.mid.c50_db, abs=0.05)


def test_the_response_can_be_kept_and_says_the_same_again(
    phone_recording: Samples,
) -> None:
    first = evaluate_recording(phone_recording, RATE_HZ, SignalSpec())
    response = first.response

    again = evaluate_impulse_response(
        response.samples, RATE_HZ, played_band_hz=response.played_band_hz
    )

    assert again.direct_index == first.direct_index
    assert again.mid.t20_s == pytest.approx(first.mid.t20_s, rel=0.02)
    assert again.mid.c50_db == pytest.approx(first.mid.c50_db, abs=0.1)


def test_a_reference_that_was_not_played_is_refused() -> None:
    recording = _noise(np.random.default_rng(8))

    with pytest.raises(NotAMeasurement):
        evaluate_deconvolution(recording, sweep(SignalSpec()), RATE_HZ)


def test_the_whole_signal_as_its_own_reference(phone_recording: Samples) -> None:
    found = evaluate_deconvolution(phone_recording, measurement_signal(SignalSpec()), RATE_HZ)

    expected = evaluate_recording(phone_recording, RATE_HZ, SignalSpec())
    assert found.mid.t20_s == pytest.approx(expected.mid.t20_s, rel=0.05)
