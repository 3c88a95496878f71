"""A sound played in a simulated room; done in a child, as are all bytes of strangers read there."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import numpy as np
import soundfile

from sonalyze_simulation.domain.conditions import SoundTooLong, SoundUnreadable, SoundUnusable
from sonalyze_simulation.infra import work
from sonalyze_simulation.infra.responses import wav_of

LONGEST_S: Final = 30.0
MOST_CHANNELS: Final = 8
LOWEST_RATE_HZ: Final = 8_000
HIGHEST_RATE_HZ: Final = 96_000

Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


def heard(prepared: Mapping[str, Any], source: int, microphone: int, content: str) -> str:
    """Give a sound (base64 of a file) as a microphone hears it, as 32 bit WAV in base64.

    The response is computed at the sound's own rate, so that nothing has to be resampled. What
    comes out has the peak of what came in.
    """
    sound, rate_hz = _read(b64decode(content))
    request = dict(prepared["request"]) | {"sample_rate_hz": rate_hz}
    wav = work.response_wav(dict(prepared) | {"request": request}, source, microphone)
    response, _ = soundfile.read(BytesIO(b64decode(wav)))
    played = _convolved(sound, response)
    loudest = np.abs(played).max()
    if loudest > 0:
        played *= np.abs(sound).max() / loudest
    return wav_of(played.astype(np.float32), rate_hz)


def _read(content: bytes) -> tuple[Samples, int]:
    try:
        with soundfile.SoundFile(BytesIO(content)) as file:
            _require_playable(file)
            frames = file.read(always_2d=True)
            rate_hz: int = file.samplerate
    except soundfile.LibsndfileError as error:
        raise SoundUnreadable("This is no WAV or FLAC file that can be read") from error
    if frames.size == 0:
        raise SoundUnusable("The sound is empty")
    mixed: Samples = np.nan_to_num(frames.mean(axis=1), nan=0.0, posinf=0.0, neginf=0.0)
    return mixed, rate_hz


def _require_playable(file: Any) -> None:  # noqa: ANN401  soundfile has no types
    if not LOWEST_RATE_HZ <= file.samplerate <= HIGHEST_RATE_HZ:
        raise SoundUnusable(
            f"The sound has {file.samplerate} Hz; {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} can be used"
        )
    if file.channels > MOST_CHANNELS:
        raise SoundUnusable(f"The sound has more than {MOST_CHANNELS} channels")
    if file.frames > LONGEST_S * file.samplerate:
        raise SoundTooLong(f"The sound is longer than {LONGEST_S:g} s")


def _convolved(sound: Samples, response: Samples) -> Samples:
    length = sound.size + response.size - 1
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[:length]
