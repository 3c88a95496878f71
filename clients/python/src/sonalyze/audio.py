"""Audio files in and out. The only module of the client that knows soundfile."""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonalyze_acoustics import one_channel
from sonalyze_contracts.recordings import (
    CODECS,
    CONTAINERS,
    LONGEST_RECORDING_S,
    MOST_CHANNELS,
    UNKNOWN_FRAMES,
)

BLOCK_FRAMES: Final = 1 << 18
"""Frames decoded at once where one channel is gathered: eight channels of it take 16 MiB."""


class AudioError(Exception):
    """A file is not audio that can be analysed; the message is a sentence for its owner."""


class UnreadableAudio(AudioError):
    """The file does not exist, is no audio, or is damaged."""


class TooManyChannels(AudioError):
    """The file has more channels than a measurement can have."""


class AudioTooLong(AudioError):
    """The file lasts longer than a measurement can last."""


class NoSuchChannel(AudioError):
    """The file has fewer channels than that."""


class AudioFormat(StrEnum):
    """What recordings are written as, 16 bit both."""

    WAV = "wav"
    FLAC = "flac"


def read_audio(source: str | Path | bytes) -> tuple[NDArray[np.float64], int]:
    """Read all channels of a file.

    Parameters
    ----------
    source : str, Path or bytes
        A file's path, or its content.

    Returns
    -------
    samples : ndarray, shape (channels, n), float64
        Full scale is one.
    sample_rate_hz : int
        The rate that the file states.

    Raises
    ------
    UnreadableAudio
        If it cannot be opened or decoded, is of a kind that the services do not read either, or
        holds no samples, or holds what are no numbers.
    TooManyChannels
        If there are more than 8 channels.
    AudioTooLong
        If it lasts longer than 180 s. Nothing beyond that is decoded.
    """
    with _audio(source) as (audio, name):
        frames = audio.read(dtype="float64", always_2d=True)
        return np.ascontiguousarray(_checked(frames, name).T), audio.samplerate


def read_channel(
    path: Path, channel: int | None = None, *, name: str | None = None
) -> tuple[NDArray[np.float64], int]:
    """Read one channel of a recording as the measurement service does.

    Parameters
    ----------
    path : Path
        The file.
    channel : int, optional
        Which channel, from 0; by default the mean of all, or the loudest where the mean cancels.
    name : str, optional
        What to call the file in complaints; by default its path.

    Returns
    -------
    samples : ndarray, shape (n,), float64
        Full scale is one.
    sample_rate_hz : int
        The rate that the file states.

    Raises
    ------
    AudioError
        As `read_audio`.
    NoSuchChannel
        If it has no such channel.
    """
    with _audio(path, name) as (audio, called):
        if channel is not None and channel >= audio.channels:
            raise NoSuchChannel(f"{called} has no channel {channel}; it has {audio.channels}")
        samples = one_channel(lambda: _blocks(audio), audio.frames, channel)
        return _checked(samples, called), audio.samplerate


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


@contextmanager
def _audio(
    source: str | Path | bytes, name: str | None = None
) -> Iterator[tuple[soundfile.SoundFile, str]]:
    """Open what can be analysed; give it with the name to call it by."""
    name = name or ("the audio" if isinstance(source, bytes) else f"{source}")
    with ExitStack() as opened:
        file = opened.enter_context(_opened(source, name))
        try:
            audio = opened.enter_context(soundfile.SoundFile(file))
        # TypeError is what soundfile raises for a file that is called *.raw.
        except (soundfile.SoundFileError, TypeError) as error:
            raise UnreadableAudio(f"{name} is not readable as audio: {_plain(error)}") from error
        _require_usable(audio, name)
        try:
            yield audio, name
        except soundfile.SoundFileError as error:
            raise UnreadableAudio(f"{name} is damaged or was cut off: {_plain(error)}") from error


def _opened(source: str | Path | bytes, name: str) -> io.BufferedIOBase:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    path = Path(source)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UnreadableAudio(f"{name} is no file: save it, and analyse what was saved")
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableAudio(f"{name} cannot be opened: {error.strerror}") from error


def _require_usable(audio: soundfile.SoundFile, name: str) -> None:
    if audio.format not in CONTAINERS or audio.subtype not in CODECS:
        raise UnreadableAudio(
            f"{name} is {audio.format_info}, {audio.subtype_info}, which is not read here; "
            "record or export WAV or FLAC"
        )
    if audio.channels > MOST_CHANNELS:
        raise TooManyChannels(
            f"{name} has {audio.channels} channels; up to {MOST_CHANNELS} can be analysed"
        )
    if audio.frames == UNKNOWN_FRAMES:
        raise UnreadableAudio(f"{name} does not say how long it is; export it again")
    if audio.frames > LONGEST_RECORDING_S * audio.samplerate:
        raise AudioTooLong(f"{name} lasts longer than {LONGEST_RECORDING_S:.0f} s")


def _blocks(audio: soundfile.SoundFile) -> Iterator[NDArray[np.float64]]:
    audio.seek(0)
    while (block := audio.read(BLOCK_FRAMES, dtype="float64", always_2d=True)).size:
        yield block


def _checked(samples: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if not samples.size:
        raise UnreadableAudio(f"{name} holds no samples")
    if not np.isfinite(samples).all():
        raise UnreadableAudio(f"{name} holds samples that are not numbers")
    return samples


def libsndfile_version() -> str:
    """Name the version of the library that decodes."""
    return str(soundfile.__libsndfile_version__)


def readable_formats() -> tuple[str, ...]:
    """List the containers that are read, as far as this libsndfile knows them."""
    return tuple(sorted(CONTAINERS & soundfile.available_formats().keys()))


def writes_what_it_reads() -> bool:
    """Try whether samples survive being written and read, in every format of ``AudioFormat``."""
    samples = np.arange(-8, 8, dtype=np.int16)[np.newaxis]
    restored = [read_audio(encode_audio(samples, 48_000, form))[0] for form in AudioFormat]
    return all(np.array_equal(np.rint(each * 32_768), samples) for each in restored)
