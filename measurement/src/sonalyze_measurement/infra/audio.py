"""Audio files, read with suspicion and written the same way every time.

The only module that knows soundfile. Files are opened by descriptor, never by name: the name is a
client's, and libsndfile would take a format from it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from scipy.io import wavfile

from sonalyze_acoustics import one_channel
from sonalyze_acoustics.samples import Samples, peak_of
from sonalyze_contracts.recordings import (
    CODECS,
    CONTAINERS,
    LONGEST_RECORDING_S,
    MOST_CHANNELS,
    UNKNOWN_FRAMES,
)
from sonalyze_contracts.signals import HIGHEST_SAMPLE_RATE_HZ, LOWEST_SAMPLE_RATE_HZ
from sonalyze_measurement.domain.archive import Header
from sonalyze_measurement.domain.conditions import UndecodableAudio, UnusableAudio

LOUDEST: Final = 1e9
"""Full scale is 1; even integers read as floats stay below this. Beyond, squares overflow."""

BLOCK_FRAMES: Final = 1 << 18
"""Frames decoded at once: eight channels of it take 8 MiB."""

FULL_SCALE_16: Final = 32_767


def read_mono(path: Path, channel: int | None) -> tuple[Samples, int]:
    """Read one channel of a file, or the mean of all unless they cancel.

    Parameters
    ----------
    path : Path
        The file; its name means nothing.
    channel : int, optional
        Which channel, from 0.

    Returns
    -------
    samples : ndarray, shape (n,), float64
        Full scale is 1.
    sample_rate_hz : int
        Its rate in Hz.

    Raises
    ------
    UndecodableAudio
        If this is no audio, or not of the formats that are read here.
    UnusableAudio
        If it is empty, too long, or has too many channels or other samples than numbers.
    """
    with _opened(path) as file:
        _require_usable(file, channel)
        samples = one_channel(lambda: _blocks(file), file.frames, channel)
        rate_hz = int(file.samplerate)
    return _checked(samples), rate_hz


def read_header(path: Path) -> Header:
    """Read what the header of a file says, whether or not it could be analysed.

    Raises
    ------
    UndecodableAudio
        If this is no audio, or not of the formats that are read here.
    """
    with _opened(path) as file:
        return Header(int(file.samplerate), int(file.channels))


def write_16_bit(path: Path, samples: Samples, sample_rate_hz: int, container: str) -> None:
    """Write one channel, full scale 1, as 16 bit; the same samples give the same bytes."""
    steps = np.rint(samples * FULL_SCALE_16).astype(np.int16)
    soundfile.write(path, steps, sample_rate_hz, format=container, subtype="PCM_16")


def write_32_bit(path: Path, samples: Samples, sample_rate_hz: int) -> None:
    """Write one channel as WAV of 32-bit floats, full scale or not.

    libsndfile would write the time of day into the header of such a file; here the same samples
    give the same bytes.
    """
    wavfile.write(path, sample_rate_hz, samples.astype(np.float32))


def libsndfile_version() -> str:
    """Name the version of the library that decodes."""
    return str(soundfile.__libsndfile_version__)


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with soundfile.SoundFile(descriptor, closefd=False) as file:
            _require_readable(file)
            yield file
    except soundfile.LibsndfileError as error:
        raise UndecodableAudio(
            f"This is no audio file that can be read: {error.error_string} "
            "Send WAV or FLAC, or AIFF, CAF or Ogg."
        ) from None
    finally:
        os.close(descriptor)


def _require_readable(file: soundfile.SoundFile) -> None:
    if file.format not in CONTAINERS or file.subtype not in CODECS:
        raise UndecodableAudio(
            f"{file.format_info}, {file.subtype_info} is not read here. "
            "Send WAV or FLAC, or AIFF, CAF or Ogg."
        )


def _require_usable(file: soundfile.SoundFile, channel: int | None) -> None:
    if not LOWEST_SAMPLE_RATE_HZ <= file.samplerate <= HIGHEST_SAMPLE_RATE_HZ:
        raise UnusableAudio(
            f"The sample rate is {file.samplerate} Hz; it must be between "
            f"{LOWEST_SAMPLE_RATE_HZ} and {HIGHEST_SAMPLE_RATE_HZ} Hz."
        )
    if file.channels > MOST_CHANNELS:
        raise UnusableAudio(
            f"The file has {file.channels} channels; up to {MOST_CHANNELS} are read."
        )
    if channel is not None and channel >= file.channels:
        raise UnusableAudio(
            f"Channel {channel} was asked for, but the file has {file.channels}, counted from 0."
        )
    if file.frames == UNKNOWN_FRAMES:
        raise UnusableAudio("The file does not say how long it is; export it again.")
    if file.frames > LONGEST_RECORDING_S * file.samplerate:
        raise UnusableAudio(f"The file is longer than {LONGEST_RECORDING_S:g} s; cut it.")


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    """Read from the beginning, no more than the header announced."""
    try:
        file.seek(0)
        while (block := file.read(BLOCK_FRAMES, dtype="float64", always_2d=True)).size:
            yield block
    except soundfile.LibsndfileError as error:
        raise UndecodableAudio(
            f"The file is damaged or was cut off: {error.error_string} Upload it again."
        ) from None


def _checked(samples: Samples) -> Samples:
    if not samples.size:
        raise UnusableAudio("The file holds no audio.")
    if not np.isfinite(samples).all():
        raise UnusableAudio("The file holds samples that are not numbers; export it again.")
    if peak_of(samples) > LOUDEST:
        raise UnusableAudio(f"The file holds samples beyond {LOUDEST:g} times full scale.")
    return samples
