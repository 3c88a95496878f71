"""Audio files in and out. The only module of the client that knows soundfile."""

import io
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

MAXIMUM_CHANNELS: Final = 8
MAXIMUM_DURATION_S: Final = 180.0


class AudioError(Exception):
    """A file is not audio that can be analysed; the message is a sentence for its owner."""


class UnreadableAudio(AudioError):
    """The file does not exist, is no audio, or is damaged."""


class TooManyChannels(AudioError):
    """The file has more channels than a measurement can have."""


class AudioTooLong(AudioError):
    """The file lasts longer than a measurement can last."""


class AudioFormat(StrEnum):
    """What recordings are written as, 16 bit both."""

    WAV = "wav"
    FLAC = "flac"


def read_audio(source: str | Path | bytes) -> tuple[NDArray[np.float64], int]:
    """Read a recording.

    Parameters
    ----------
    source : str, Path or bytes
        A file's path, or its content. Anything that libsndfile reads.

    Returns
    -------
    samples : ndarray, shape (channels, n), float64
        Full scale is one.
    sample_rate_hz : int
        The rate that the file states.

    Raises
    ------
    UnreadableAudio
        If it cannot be opened or decoded, or holds no samples, or holds what are no numbers.
    TooManyChannels
        If there are more than 8 channels.
    AudioTooLong
        If it lasts longer than 180 s. Nothing beyond that is decoded.
    """
    name = "the audio" if isinstance(source, bytes) else f"{source}"
    with ExitStack() as opened:
        file = opened.enter_context(_opened(source, name))
        try:
            audio = opened.enter_context(soundfile.SoundFile(file))
            return _decoded(audio, name), audio.samplerate
        # TypeError is what soundfile raises for a file that is called *.raw.
        except (soundfile.SoundFileError, TypeError) as error:
            raise UnreadableAudio(f"{name} is not readable as audio: {_plain(error)}") from error


def encode_audio(
    samples: NDArray[np.int16], sample_rate_hz: int, audio_format: AudioFormat = AudioFormat.WAV
) -> bytes:
    """Encode 16 bit samples losslessly.

    Parameters
    ----------
    samples : ndarray, shape (channels, n), int16
        What is to be written.
    sample_rate_hz : int
        Sampling rate in Hz.
    audio_format : AudioFormat, default WAV
        The container.

    Returns
    -------
    bytes
        A whole file; the same samples always give the same bytes.
    """
    content = io.BytesIO()
    soundfile.write(
        content, samples.T, sample_rate_hz, format=audio_format.value.upper(), subtype="PCM_16"
    )
    return content.getvalue()


def _plain(error: Exception) -> str:
    """Give libsndfile's own words, without the file object's representation."""
    return str(getattr(error, "error_string", error)).rstrip(".")


def _opened(source: str | Path | bytes, name: str) -> io.BufferedIOBase:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UnreadableAudio(f"{name} cannot be opened: {error.strerror}") from error


def _decoded(audio: soundfile.SoundFile, name: str) -> NDArray[np.float64]:
    if audio.channels > MAXIMUM_CHANNELS:
        raise TooManyChannels(
            f"{name} has {audio.channels} channels; up to {MAXIMUM_CHANNELS} can be analysed"
        )
    limit = int(MAXIMUM_DURATION_S * audio.samplerate)
    # A header may understate or overstate the length: one frame too many tells the truth.
    frames = audio.read(limit + 1, dtype="float64", always_2d=True)
    if len(frames) > limit:
        raise AudioTooLong(f"{name} lasts longer than {MAXIMUM_DURATION_S:.0f} s")
    if not len(frames):
        raise UnreadableAudio(f"{name} holds no samples")
    if not np.isfinite(frames).all():
        raise UnreadableAudio(f"{name} holds samples that are not numbers")
    return np.ascontiguousarray(frames.T)


def readable_formats() -> tuple[str, ...]:
    """List the containers that this libsndfile reads."""
    return tuple(sorted(soundfile.available_formats()))


def writes_what_it_reads() -> bool:
    """Try whether samples survive being written and read, in every format of ``AudioFormat``."""
    samples = np.arange(-8, 8, dtype=np.int16)[np.newaxis]
    restored = [read_audio(encode_audio(samples, 48_000, form))[0] for form in AudioFormat]
    return all(np.array_equal(np.rint(each * 32_768), samples) for each in restored)
