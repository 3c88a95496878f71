"""From what a phone plays to what another phone's file contains.

In the order in which it happens: the loudspeaker clips softly and cannot do low notes, the room
answers, the recorder's clock runs at its own speed, its microphone has a gain, there is noise,
and the converter has 16 bits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.signal import butter, oaconvolve, sosfilt

from sonalyze.audio import AudioFormat, encode_audio
from sonalyze.virtual.profile import PhoneProfile

Samples = NDArray[np.float64]

PLAYBACK_RATE_HZ: Final = 48_000
"""Rate of what is played and of the responses of virtual rooms."""

CLIPPING_OVERSAMPLED: Final = 4
"""What then folds of the harmonics of 20 kHz stays above 24 kHz up to the seventh."""

_FULL_SCALE: Final = 32_768
_PINK_FROM_HZ: Final = 20.0
"""Below, the noise is white: rumble that no phone's microphone passes on."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a phone has recorded: 16 bit samples, shape (channels, n)."""

    samples: NDArray[np.int16]
    sample_rate_hz: int

    def encoded(self, audio_format: AudioFormat = AudioFormat.WAV) -> bytes:
        """Give the file that the phone uploads."""
        return encode_audio(self.samples, self.sample_rate_hz, audio_format)


def what_the_loudspeaker_plays(signal: Samples, profile: PhoneProfile) -> Samples:
    """Pass a signal through a phone's loudspeaker.

    Parameters
    ----------
    signal : ndarray, shape (n,), float64
        What is played, full scale one, at ``PLAYBACK_RATE_HZ``.
    profile : PhoneProfile
        The playing phone.

    Returns
    -------
    ndarray, shape (n,), float64
        Sound pressure at 1 m.
    """
    sound = _softly_clipped(signal, profile.loudspeaker_drive)
    if profile.loudspeaker_high_pass_hz is None:
        return sound
    resonance = butter(
        2, profile.loudspeaker_high_pass_hz, "highpass", fs=PLAYBACK_RATE_HZ, output="sos"
    )
    return np.asarray(sosfilt(resonance, sound))


def what_the_microphone_records(
    signal: Samples,
    response: Samples,
    profile: PhoneProfile,
    seed: int,
    speaker: PhoneProfile | None = None,
) -> Recording:
    """Simulate the file that a phone in a room writes while another one plays.

    Parameters
    ----------
    signal : ndarray, shape (n,), float64
        What is played, full scale one, at ``PLAYBACK_RATE_HZ``.
    response : ndarray, shape (k,), float64
        The room's impulse response between the two phones, at the same rate.
    profile : PhoneProfile
        The recording phone.
    seed : int
        Decides the noise; the same arguments give the same samples.
    speaker : PhoneProfile, optional
        The playing phone, of which only the loudspeaker matters; by default one like the
        recording phone.

    Returns
    -------
    Recording
        16 bit samples at the phone's rate, as fast as its clock makes them.
    """
    sound = what_the_loudspeaker_plays(signal, profile if speaker is None else speaker)
    heard = _as_the_recording_began(oaconvolve(sound, response), len(signal), profile)
    recorded = _on_the_recorders_clock(heard, profile)
    recorded *= 10 ** (profile.microphone_gain_db / 20)
    if profile.signal_to_noise_db is not None:
        rms = _rms_during_playback(recorded, len(signal), profile)
        recorded += background_noise(
            len(recorded),
            profile.sample_rate_hz,
            rms * 10 ** (-profile.signal_to_noise_db / 20),
            seed,
        )
    channel = _converted(recorded)
    return Recording(np.tile(channel, (profile.channels, 1)), profile.sample_rate_hz)


def _softly_clipped(signal: Samples, drive: float) -> Samples:
    """Return tanh(drive x) / drive, without the aliases that no loudspeaker has.

    At the signal's own rate the third harmonic of the sweep's upper octaves would be folded back
    into the response, where it looks like a second decay 45 dB down.
    """
    if not drive:
        return signal
    fine_hz = CLIPPING_OVERSAMPLED * PLAYBACK_RATE_HZ
    fine = soxr.resample(signal, PLAYBACK_RATE_HZ, fine_hz, quality="VHQ")
    sound = soxr.resample(np.tanh(drive * fine) / drive, fine_hz, PLAYBACK_RATE_HZ, quality="VHQ")
    return np.asarray(sound)


def background_noise(samples: int, sample_rate_hz: int, rms: float, seed: int) -> Samples:
    """Make pink noise, 3 dB less per octave from 20 Hz on, of exactly this rms value."""
    padded = next_fast_len(samples, real=True)
    spectrum = rfft(np.random.default_rng(seed).standard_normal(padded))
    spectrum /= np.sqrt(np.maximum(rfftfreq(padded, 1 / sample_rate_hz), _PINK_FROM_HZ))
    spectrum[0] = 0.0
    noise = irfft(spectrum, padded)[:samples]
    return np.asarray(noise * (rms / np.sqrt(np.mean(noise**2))))


def _as_the_recording_began(sound: Samples, playback: int, profile: PhoneProfile) -> Samples:
    before = round(profile.latency_s * PLAYBACK_RATE_HZ)
    after = round(profile.trailing_margin_s * PLAYBACK_RATE_HZ)
    heard = np.zeros(before + playback + after)
    lasting = min(len(sound), playback + after)
    heard[before : before + lasting] = sound[:lasting]
    return heard


def _rate_hz(profile: PhoneProfile) -> float:
    """Tell how many samples the phone takes in a second of the playing phone's clock."""
    return profile.sample_rate_hz * (1 + 1e-6 * profile.clock_skew_ppm)


def _on_the_recorders_clock(heard: Samples, profile: PhoneProfile) -> Samples:
    rate_hz = _rate_hz(profile)
    if rate_hz == PLAYBACK_RATE_HZ:
        return heard
    return np.asarray(soxr.resample(heard, PLAYBACK_RATE_HZ, rate_hz, quality="VHQ"))


def _rms_during_playback(recorded: Samples, playback: int, profile: PhoneProfile) -> float:
    rate_hz = _rate_hz(profile)
    begin = round(profile.latency_s * rate_hz)
    end = begin + round(playback / PLAYBACK_RATE_HZ * rate_hz)
    return float(np.sqrt(np.mean(recorded[begin:end] ** 2)))


def _converted(recorded: Samples) -> NDArray[np.int16]:
    levels = np.clip(np.rint(recorded * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    return levels.astype(np.int16)
