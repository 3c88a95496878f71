"""What is not a measurement is refused with the right code, and what is an ugly one is not."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from sonalyze_acoustics import (
    AlignmentFailed,
    NotAMeasurement,
    RecordingTooShort,
    SignalSpec,
    SilentRecording,
    evaluate_deconvolution,
    evaluate_impulse_response,
    evaluate_recording,
)
from sonalyze_acoustics.signal import chirp, measurement_signal, sweep

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
SECONDS = 16


def _random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@lru_cache
def _speech(seconds: int = SECONDS) -> Samples:
    """Voiced and unvoiced syllables with pauses."""
    random = _random(2)
    speech = np.zeros(seconds * RATE_HZ)
    start = 0
    while start < speech.size - RATE_HZ // 3:
        length = int(random.uniform(0.05, 0.3) * RATE_HZ)
        phase = np.cumsum(np.full(length, random.uniform(90, 220) / RATE_HZ))
        voiced = (np.mod(phase, 1) < 0.05).astype(float)
        sound = voiced if random.random() < 0.6 else random.standard_normal(length)
        speech[start : start + length] += 0.2 * sound * np.hanning(length)
        start += length + int(random.uniform(0.02, 0.3) * RATE_HZ)
    return speech


@lru_cache
def _music(seconds: int = SECONDS) -> Samples:
    """Decaying harmonic notes over a drum."""
    random = _random(3)
    music = np.zeros((seconds + 1) * RATE_HZ)
    time_s = np.arange(RATE_HZ) / RATE_HZ
    for start in range(0, seconds * RATE_HZ, RATE_HZ // 4):
        note_hz = 110 * 2 ** (random.integers(0, 36) / 12)
        note = sum(np.sin(2 * np.pi * note_hz * n * time_s) / n for n in range(1, 7))
        music[start : start + RATE_HZ] += 0.05 * note * np.exp(-8 * time_s)
        music[start : start + 2_000] += 0.2 * random.standard_normal(2_000)
    return music[: seconds * RATE_HZ]


def _claps() -> Samples:
    random = _random(4)
    claps = 1e-4 * random.standard_normal(SECONDS * RATE_HZ)
    decay = np.exp(-np.arange(10_000) / 1_500)
    for start in (40_000, 130_000, 300_000, 420_000, 600_000):
        claps[start : start + 10_000] += 0.3 * random.standard_normal(10_000) * decay
    return claps


def _noise(scale: float = 0.1) -> Samples:
    return scale * _random(5).standard_normal(SECONDS * RATE_HZ)


def _chirps(*starts_s: float) -> Samples:
    recording = _noise(1e-3)
    for start_s in starts_s:
        start = round(start_s * RATE_HZ)
        recording[start : start + RATE_HZ // 2] += 0.3 * chirp(SignalSpec())
    return recording


def _with_chirps(sound: Samples) -> Samples:
    """Put another sound where the sweep belongs."""
    recording = _chirps(0.5, 15.0)
    start = 3 * RATE_HZ
    recording[start : start + sound.size] += 0.3 * sound
    return recording


def _time_s(seconds: float = 10.0) -> Samples:
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def _linear_sweep() -> Samples:
    time_s = _time_s()
    return np.asarray(np.sin(2 * np.pi * (20 * time_s + 0.5 * 1_998 * time_s**2)))


NO_MEASUREMENTS: dict[str, Callable[[], Samples]] = {
    "speech": _speech,
    "music": _music,
    "claps": _claps,
    "white noise": _noise,
    "brown noise": lambda: 1e-3 * np.cumsum(_noise()),
    "a tone": lambda: 0.3 * np.sin(2 * np.pi * 3_000 * _time_s(SECONDS)),
    "a tone that beeps": lambda: (
        0.3 * np.sin(2 * np.pi * 5_000 * _time_s(SECONDS)) * (np.mod(_time_s(SECONDS), 1) < 0.5)
    ),
    "hum": lambda: 0.3 * np.sign(np.sin(2 * np.pi * 50 * _time_s(SECONDS))) + _noise(1e-3),
    "clicks": lambda: 0.5 * (_random(6).random(SECONDS * RATE_HZ) < 1e-4) + _noise(1e-4),
    "the chirps alone": lambda: _chirps(0.5, 15.0),
    "one chirp alone": lambda: _chirps(0.5),
    "chirps at the wrong distance": lambda: _chirps(0.5, 12.0),
    "chirps around speech": lambda: _with_chirps(_speech()[: 10 * RATE_HZ]),
    "chirps around music": lambda: _with_chirps(_music()[: 10 * RATE_HZ]),
    "chirps around noise": lambda: _with_chirps(_noise()[: 10 * RATE_HZ]),
    "chirps around a linear sweep": lambda: _with_chirps(_linear_sweep()),
    "chirps around the sweep backwards": lambda: _with_chirps(sweep(SignalSpec())[::-1]),
    "chirps around the sweep twice as fast": lambda: _with_chirps(sweep(SignalSpec())[::2]),
    "everything backwards": lambda: (
        measurement_signal(SignalSpec())[::-1] + _noise()[:720_000] / 100
    ),
}

OTHER_RANGES = {
    "nested": (200.0, 12_000.0),
    "nested, same start": (20.0, 12_000.0),
    "nested, same end": (100.0, 20_000.0),
    "end 5 % lower": (20.0, 19_000.0),
    "start 5 % higher": (21.0, 20_000.0),
    "end 1 % lower": (20.0, 19_800.0),
    "both 5 % higher and lower": (21.0, 19_000.0),
    "the lower half": (20.0, 632.0),
    "the upper half": (632.0, 20_000.0),
}


@pytest.mark.parametrize("make", NO_MEASUREMENTS.values(), ids=NO_MEASUREMENTS)
def test_what_is_no_measurement_is_refused_as_not_aligned(make: Callable[[], Samples]) -> None:
    with pytest.raises(AlignmentFailed) as refused:
        evaluate_recording(make(), RATE_HZ, SignalSpec())

    assert refused.value.code == "alignment_failed"


@pytest.fixture(scope="module")
def living_room(room: Make) -> Samples:
    return room(0.4, direct=0.2, seed=8)


@pytest.mark.parametrize("range_hz", OTHER_RANGES.values(), ids=OTHER_RANGES)
def test_a_sweep_of_another_range_is_refused_as_not_aligned(
    living_room: Samples, recorded: Make, range_hz: tuple[float, float]
) -> None:
    recording = recorded(living_room, spec=SignalSpec(48_000, *range_hz), noise=1e-3)

    with pytest.raises(AlignmentFailed):
        evaluate_recording(recording, RATE_HZ, SignalSpec())


def test_a_narrow_sweep_is_not_found_in_a_recording_of_the_whole_one(
    phone_recording: Samples,
) -> None:
    with pytest.raises(AlignmentFailed):
        evaluate_recording(phone_recording, RATE_HZ, SignalSpec(48_000, 200.0, 12_000.0))


@pytest.mark.parametrize("end_s", [5.0, 8.0, 11.0, 12.0])
def test_a_recording_that_ends_inside_the_sweep_is_refused(
    phone_recording: Samples, end_s: float
) -> None:
    with pytest.raises((RecordingTooShort, AlignmentFailed)):
        evaluate_recording(phone_recording[: round((0.5 + end_s) * RATE_HZ)], RATE_HZ, SignalSpec())


@pytest.mark.parametrize("level", [0.0, 2.0**-15])
def test_digital_silence_is_refused(level: float) -> None:
    dither = level * _random(7).integers(-1, 2, SECONDS * RATE_HZ)

    with pytest.raises(SilentRecording):
        evaluate_recording(dither, RATE_HZ, SignalSpec())


REFERENCELESS = {
    "speech": lambda: _speech(12),
    "music": lambda: _music(12),
    "noise": lambda: _noise()[: 12 * RATE_HZ],
    "another sweep": lambda: np.append(
        sweep(SignalSpec(48_000, 20.0, 18_000.0)), np.zeros(2 * RATE_HZ)
    ),
}


@pytest.mark.parametrize("make", REFERENCELESS.values(), ids=REFERENCELESS)
def test_a_recording_without_its_reference_is_no_measurement(
    make: Callable[[], Samples],
) -> None:
    with pytest.raises(NotAMeasurement) as refused:
        evaluate_deconvolution(make(), sweep(SignalSpec()), RATE_HZ)

    assert refused.value.code == "not_a_measurement"


def _in_a_room(sound: Samples) -> Samples:
    decay = np.exp(-13.8 * _time_s(1.0))
    return np.asarray(oaconvolve(sound, _random(9).standard_normal(RATE_HZ) * decay))


def _response(seconds: float = 0.8) -> Samples:
    time_s = _time_s(2 * seconds)
    response = _random(8).standard_normal(time_s.size) * np.exp(-6.9 * time_s / seconds)
    return np.asarray(response + 1e-3 * _random(7).standard_normal(time_s.size))


NO_RESPONSES: dict[str, Callable[[], Samples]] = {
    "speech": lambda: _speech(4),
    "speech in a room": lambda: _in_a_room(_speech(4)),
    "music": lambda: _music(4),
    "claps": _claps,
    "noise": _noise,
    "a burst of noise": lambda: _noise()[:4_800],
    "noise that comes and goes": lambda: (
        _noise()[: 4 * RATE_HZ] * (1 + 0.9 * np.sin(2 * np.pi * 3 * _time_s(4.0)))
    ),
    "a tone": lambda: np.sin(2 * np.pi * 1_000 * _time_s(2.0)),
    "a tone that dies away": lambda: (
        np.sin(2 * np.pi * 1_000 * _time_s(2.0)) * np.exp(-5 * _time_s(2.0))
    ),
    "the sweep": lambda: sweep(SignalSpec()),
    "the sweep in a room": lambda: _in_a_room(sweep(SignalSpec())),
    "the chirp in a room": lambda: _in_a_room(chirp(SignalSpec())),
    "a linear sweep": lambda: _linear_sweep()[: 2 * RATE_HZ],
    "the whole signal": lambda: measurement_signal(SignalSpec()),
    "a recording of it": lambda: _in_a_room(measurement_signal(SignalSpec())),
    "several responses": lambda: np.tile(_response(0.3), 5),
    "a response backwards": lambda: _response()[::-1],
    "a ramp": lambda: np.arange(48_000.0),
}


@pytest.mark.parametrize("make", NO_RESPONSES.values(), ids=NO_RESPONSES)
def test_what_is_no_impulse_response_is_refused(make: Callable[[], Samples]) -> None:
    with pytest.raises(NotAMeasurement) as refused:
        evaluate_impulse_response(make(), RATE_HZ)

    assert refused.value.code == "not_a_measurement"


def test_no_samples_but_zeros_are_silence() -> None:
    with pytest.raises(SilentRecording):
        evaluate_impulse_response(np.zeros(RATE_HZ), RATE_HZ)


def _clicked(response: Samples, count: int) -> Samples:
    random = _random(count)
    clicked = response.copy()
    for at in random.integers(2_000, response.size - 100, count):
        clicked[at : at + 20] += 0.3 * np.abs(response).max() * random.standard_normal(20)
    return clicked


def _flutter(room: Make) -> Samples:
    burst = np.pad(room(0.1, direct=0.5, duration_s=0.2), (0, 2 * RATE_HZ))
    return np.sum([np.roll(burst, k * 1_920) * 0.75**k for k in range(20)], axis=0)


def _swelling(swell_s: float) -> Samples:
    time_s = _time_s(2.0)
    envelope = np.exp(-6.9 * time_s / 1.2) * (1 - np.exp(-time_s / swell_s))
    return np.asarray(_random(9).standard_normal(time_s.size) * envelope)


def _ugly(room: Make) -> Iterator[tuple[str, Samples]]:
    for seconds in (0.15, 0.6, 2.5, 8.0):
        for direct in (0.0, 0.09, 0.7):
            yield f"{seconds} s, direct {direct}", room(seconds, direct=direct)
        for inr_db in (15.0, 25.0):
            yield f"{seconds} s, INR {inr_db}", room(seconds, direct=0.3, inr_db=inr_db)
    yield "30 ms", room(0.4, direct=0.1, duration_s=0.03)
    yield "a hundred milliseconds in noise", room(0.2, direct=0.3, inr_db=15.0, duration_s=0.1)
    for count in (1, 3, 6):
        yield f"{count} clicks", _clicked(room(0.6, direct=0.2, inr_db=40.0), count)
    yield "two slopes", room(0.3, direct=0.3, duration_s=2.0) + 0.2 * room(2.0, duration_s=2.0)
    yield "no direct sound", _swelling(0.02)
    yield "swelling for long", _swelling(0.06)
    yield "flutter", _flutter(room)
    yield "late", np.append(np.zeros(3 * RATE_HZ), room(0.5, direct=0.2, inr_db=50.0))
    yield "hum", room(0.6) + 0.002 * np.sin(2 * np.pi * 50 * np.arange(room(0.6).size) / RATE_HZ)


def test_an_ugly_response_is_a_response(room: Make) -> None:
    for name, response in _ugly(room):
        evaluation = evaluate_impulse_response(response, RATE_HZ)

        assert len(evaluation.bands) == 8, name


def test_a_refusal_says_what_was_found_and_what_to_do() -> None:
    with pytest.raises(NotAMeasurement, match=r"several sounds one after the other\. Upload the"):
        evaluate_impulse_response(np.tile(_response(0.3), 5), RATE_HZ)
