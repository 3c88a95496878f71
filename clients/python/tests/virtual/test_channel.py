import hashlib
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from sonalyze.audio import AudioFormat, read_audio
from sonalyze.virtual import profile as ranges
from sonalyze.virtual.channel import (
    PLAYBACK_RATE_HZ,
    background_noise,
    what_the_loudspeaker_plays,
    what_the_microphone_records,
)
from sonalyze.virtual.profile import PhoneProfile

Samples = NDArray[np.float64]

DIRECT = np.array([1.0])
FULL_SCALE = 32_768


def tone(
    frequency_hz: float,
    duration_s: float = 1.0,
    amplitude: float = 1.0,
    rate_hz: int = PLAYBACK_RATE_HZ,
) -> Samples:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return amplitude * np.sin(2 * np.pi * frequency_hz * time_s)


def noise_burst(duration_s: float = 0.5) -> Samples:
    return 0.2 * np.random.default_rng(1).standard_normal(round(duration_s * PLAYBACK_RATE_HZ))


def level_at(samples: Samples, frequency_hz: float, rate_hz: int = PLAYBACK_RATE_HZ) -> float:
    time_s = np.arange(len(samples)) / rate_hz
    return 2 * abs(np.mean(samples * np.exp(-2j * np.pi * frequency_hz * time_s)))


def delay_of(heard: Samples, played: Samples) -> float:
    """Delay in samples: the cross-correlation's peak, refined by the slope of the phase."""
    size = len(heard) + len(played)
    match = irfft(rfft(heard, size) * np.conj(rfft(played, size)), size)
    peak = int(np.argmax(match[: len(heard)]))
    segment = np.pad(heard, 64)[peak : peak + len(played) + 128]
    cross = rfft(segment) * np.conj(rfft(np.pad(played, 64)))
    phase_per_sample = -2 * np.pi * np.arange(len(cross)) / len(segment)
    # Up to 19 kHz at either rate, where resampling is flat.
    passed = slice(0, int(0.79 * len(cross)))
    slope, weight = phase_per_sample[passed], np.abs(cross[passed])
    return peak + np.sum(weight * slope * np.angle(cross[passed])) / np.sum(weight * slope**2)


def test_a_perfect_phone_records_what_is_played() -> None:
    played = noise_burst()

    recording = what_the_microphone_records(played, DIRECT, PhoneProfile(latency_s=0.1), seed=1)

    expected = np.pad(played, (4800, 24_000))
    np.testing.assert_allclose(recording.samples[0] / FULL_SCALE, expected, atol=0.51 / FULL_SCALE)


def test_the_same_seed_gives_the_same_file() -> None:
    def file_hash(seed: int) -> str:
        phone = PhoneProfile.drawn(seed=4)
        recording = what_the_microphone_records(noise_burst(), DIRECT, phone, seed)
        return hashlib.sha256(recording.encoded(AudioFormat.FLAC)).hexdigest()

    assert file_hash(7) == file_hash(7)
    assert file_hash(7) != file_hash(8)


@pytest.mark.parametrize("latency_s", [0.1, 0.7313, 2.0])
@pytest.mark.parametrize("rate_hz", [48_000, 44_100])
def test_playback_begins_after_the_latency(latency_s: float, rate_hz: int) -> None:
    played = what_the_microphone_records(
        noise_burst(), DIRECT, PhoneProfile(latency_s=0.0, sample_rate_hz=rate_hz), seed=1
    )

    recording = what_the_microphone_records(
        noise_burst(), DIRECT, PhoneProfile(latency_s=latency_s, sample_rate_hz=rate_hz), seed=1
    )

    # The latency is rounded to a sample of the playing phone.
    found = delay_of(recording.samples[0].astype(float), played.samples[0].astype(float))
    assert found == pytest.approx(latency_s * rate_hz, abs=0.55)


@pytest.mark.parametrize("skew_ppm", [-100.0, -3.0, 41.7, 100.0])
def test_the_clock_runs_as_fast_as_stated(skew_ppm: float) -> None:
    clicks = np.zeros(15 * PLAYBACK_RATE_HZ)
    burst = noise_burst(0.2)
    second = round(14.5 * PLAYBACK_RATE_HZ)
    clicks[: len(burst)] = clicks[second : second + len(burst)] = burst
    phone = PhoneProfile(latency_s=0.1, clock_skew_ppm=skew_ppm)

    samples = what_the_microphone_records(clicks, DIRECT, phone, seed=1).samples[0].astype(float)

    middle = len(samples) // 2
    apart = middle + delay_of(samples[middle:], burst) - delay_of(samples[:middle], burst)
    # A hundredth of a sample over 14.5 s is 0.014 ppm.
    assert 1e6 * (apart / second - 1) == pytest.approx(skew_ppm, abs=0.03)


def test_resampling_adds_less_than_sixteen_bits_do() -> None:
    phone = PhoneProfile(latency_s=0.0, clock_skew_ppm=73.0, sample_rate_hz=44_100)

    samples = what_the_microphone_records(tone(15_000, 5.0), DIRECT, phone, seed=1).samples[0]

    rate_hz = 44_100 * (1 + 73e-6)
    inside = slice(4410, -44_100)
    expected = tone(15_000, len(samples) / rate_hz, rate_hz=rate_hz)[: len(samples)][inside]
    error = samples[inside] / FULL_SCALE - expected[: len(samples[inside])]
    assert 20 * math.log10(np.std(error) / np.std(expected)) < -84


def test_the_loudspeaker_lacks_low_notes() -> None:
    phone = PhoneProfile(loudspeaker_high_pass_hz=250.0)

    gain_db = [
        20 * math.log10(level_at(what_the_loudspeaker_plays(tone(hz), phone)[9600:], hz))
        for hz in (62.5, 250.0, 4000.0)
    ]

    # Second-order Butterworth: 24 dB two octaves below the corner, 3 dB at it, nothing above.
    assert gain_db == pytest.approx([-24.1, -3.0, 0.0], abs=0.1)


def test_the_loudspeaker_clips_as_softly_as_stated() -> None:
    phone = PhoneProfile(loudspeaker_drive=0.5)

    played = what_the_loudspeaker_plays(tone(1000.0), phone)

    # tanh(x) = x - x^3/3: the third harmonic of a tone of amplitude d is d^2/12 of it, and a
    # little less by the next terms.
    assert level_at(played, 3000.0) / level_at(played, 1000.0) == pytest.approx(0.02, abs=0.002)


@pytest.mark.parametrize("ratio_db", [20.0, 40.0, 60.0])
@pytest.mark.parametrize("rate_hz", [48_000, 44_100])
def test_noise_is_as_far_below_the_signal_as_stated(ratio_db: float, rate_hz: int) -> None:
    quiet = PhoneProfile(sample_rate_hz=rate_hz)
    noisy = PhoneProfile(sample_rate_hz=rate_hz, signal_to_noise_db=ratio_db)
    played = noise_burst(1.0)

    clean = what_the_microphone_records(played, DIRECT, quiet, seed=1).samples[0].astype(float)
    heard = what_the_microphone_records(played, DIRECT, noisy, seed=1).samples[0].astype(float)

    during = slice(rate_hz // 2, rate_hz // 2 + rate_hz)
    noise = heard - clean
    found_db = 20 * math.log10(np.std(clean[during]) / np.sqrt(np.mean(noise**2)))
    assert found_db == pytest.approx(ratio_db, abs=0.1)


def test_noise_falls_by_three_decibels_per_octave() -> None:
    noise = background_noise(2**18, PLAYBACK_RATE_HZ, rms=0.01, seed=1)

    power = np.abs(rfft(noise)) ** 2
    per_hz = len(noise) / PLAYBACK_RATE_HZ
    octaves = [
        power[round(low * per_hz) : round(2 * low * per_hz)].sum() for low in (125, 1000, 8000)
    ]
    assert 10 * np.log10(octaves) == pytest.approx([10 * math.log10(octaves[1])] * 3, abs=0.5)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.01)


def test_what_is_too_loud_for_the_microphone_is_cut_off_and_does_not_wrap() -> None:
    phone = PhoneProfile(latency_s=0.0, microphone_gain_db=6.0)

    samples = what_the_microphone_records(tone(100.0), DIRECT, phone, seed=1).samples

    assert samples.dtype == np.int16
    assert (samples.max(), samples.min()) == (32_767, -32_768)


def test_a_phone_with_two_channels_writes_the_same_twice() -> None:
    phone = PhoneProfile(channels=2, sample_rate_hz=44_100)

    recording = what_the_microphone_records(noise_burst(), DIRECT, phone, seed=1)

    samples, rate_hz = read_audio(recording.encoded())
    assert rate_hz == 44_100
    assert samples.shape[0] == 2
    np.testing.assert_array_equal(samples[0], samples[1])


def test_the_recording_ends_with_its_margin_however_long_the_room_rings() -> None:
    ringing = np.zeros(3 * PLAYBACK_RATE_HZ)
    ringing[0] = ringing[-1] = 1.0
    phone = PhoneProfile(latency_s=0.25, trailing_margin_s=0.75)

    recording = what_the_microphone_records(noise_burst(), ringing, phone, seed=1)

    assert recording.samples.shape == (1, round(1.5 * PLAYBACK_RATE_HZ))


def test_only_the_loudspeaker_of_the_playing_phone_is_heard() -> None:
    small = PhoneProfile(loudspeaker_high_pass_hz=300.0, latency_s=1.9, channels=2)
    phone = PhoneProfile()

    recording = what_the_microphone_records(tone(75.0), DIRECT, phone, seed=1, speaker=small)

    assert recording.samples.shape == (1, 2 * PLAYBACK_RATE_HZ)
    heard = recording.samples[0, 36_000:60_000] / FULL_SCALE
    assert 20 * math.log10(level_at(heard, 75.0)) == pytest.approx(-24.1, abs=0.3)


def test_phones_are_drawn_from_their_ranges_and_alike_for_the_same_seed() -> None:
    phones = [PhoneProfile.drawn(seed) for seed in range(200)]

    assert phones[3] == PhoneProfile.drawn(3)
    for field, (low, high) in {
        "latency_s": ranges.LATENCY_S,
        "clock_skew_ppm": ranges.CLOCK_SKEW_PPM,
        "trailing_margin_s": ranges.TRAILING_MARGIN_S,
        "loudspeaker_high_pass_hz": ranges.LOUDSPEAKER_HIGH_PASS_HZ,
        "loudspeaker_drive": ranges.LOUDSPEAKER_DRIVE,
        "microphone_gain_db": ranges.MICROPHONE_GAIN_DB,
        "signal_to_noise_db": ranges.SIGNAL_TO_NOISE_DB,
    }.items():
        drawn = [getattr(phone, field) for phone in phones]
        assert low <= min(drawn) < low + 0.1 * (high - low)
        assert high >= max(drawn) > high - 0.1 * (high - low)
    assert {phone.sample_rate_hz for phone in phones} == set(ranges.SAMPLE_RATES_HZ)
    assert {phone.channels for phone in phones} == set(ranges.CHANNELS)
