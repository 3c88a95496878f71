import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sonalyze.audio import (
    AudioFormat,
    AudioTooLong,
    NoSuchChannel,
    TooManyChannels,
    UnreadableAudio,
    encode_audio,
    read_audio,
    read_channel,
)

Samples = NDArray[np.float64]


def encoded(frames: Samples, rate_hz: int = 8000, **options: str) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, frames, rate_hz, format="WAV", **options)
    return content.getvalue()


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_sixteen_bits_come_back_as_they_went(audio_format: AudioFormat) -> None:
    samples = np.array([[0, 1, -1, 32_767, -32_768], [5, 4, 3, 2, 1]], dtype=np.int16)

    read, rate_hz = read_audio(encode_audio(samples, 44_100, audio_format))

    assert rate_hz == 44_100
    assert read.dtype == np.float64
    np.testing.assert_array_equal(read * 32_768, samples)


def test_the_same_samples_give_the_same_file() -> None:
    samples = np.arange(1000, dtype=np.int16)[np.newaxis]

    for audio_format in AudioFormat:
        assert encode_audio(samples, 48_000, audio_format) == encode_audio(
            samples, 48_000, audio_format
        )


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "recording.wav"
    path.write_bytes(encoded(np.full(80, 0.5)))

    samples, rate_hz = read_audio(path)

    assert (samples.shape, rate_hz) == ((1, 80), 8000)
    np.testing.assert_array_equal(read_audio(str(path))[0], samples)


@pytest.mark.parametrize("content", [b"", b"not audio at all", encoded(np.zeros(9))[:20]])
def test_what_is_no_audio_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableAudio, match="is not readable as audio"):
        read_audio(content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match=r"gone\.wav cannot be opened: No such file"):
        read_audio(tmp_path / "gone.wav")


def test_a_headerless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.raw"
    path.write_bytes(bytes(100))

    with pytest.raises(UnreadableAudio, match=r"samples\.raw is not readable"):
        read_audio(path)


def test_a_file_without_samples_is_refused() -> None:
    with pytest.raises(UnreadableAudio, match="holds no samples"):
        read_audio(encoded(np.zeros(0)))


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UnreadableAudio, match="not numbers"):
        read_audio(encoded(np.array([0.0, np.nan]), subtype="FLOAT"))


def test_eight_channels_are_enough() -> None:
    assert read_audio(encoded(np.zeros((4, 8))))[0].shape == (8, 4)
    with pytest.raises(TooManyChannels, match="has 9 channels; up to 8"):
        read_audio(encoded(np.zeros((4, 9))))


def test_three_minutes_are_enough() -> None:
    assert read_audio(encoded(np.zeros(180 * 8000)))[0].shape == (1, 180 * 8000)
    with pytest.raises(AudioTooLong, match="longer than 180 s"):
        read_audio(encoded(np.zeros(180 * 8000 + 1)))


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "ULAW"])
def test_what_the_services_do_not_read_is_not_read_here_either(subtype: str) -> None:
    with pytest.raises(UnreadableAudio, match="export WAV or FLAC"):
        read_audio(encoded(np.zeros(80), subtype=subtype))


def test_flac_that_does_not_say_its_length_is_told_apart_from_a_long_one() -> None:
    content = bytearray(encode_audio(np.ones((1, 80), np.int16), 8000, AudioFormat.FLAC))
    content[21] &= 0xF0  # the 36 bits of STREAMINFO that count the samples
    content[22:26] = bytes(4)

    with pytest.raises(UnreadableAudio, match="does not say how long it is"):
        read_audio(bytes(content))


def test_flac_that_was_cut_off_is_told_so() -> None:
    noise = np.random.default_rng(3).integers(-9_000, 9_000, (1, 80_000)).astype(np.int16)
    content = encode_audio(noise, 8000, AudioFormat.FLAC)

    with pytest.raises(UnreadableAudio, match="damaged or was cut off"):
        read_audio(content[: len(content) // 2])


def test_a_device_is_no_file() -> None:
    with pytest.raises(UnreadableAudio, match="/dev/zero is no file: save it"):
        read_channel(Path("/dev/zero"))


def test_channels_of_opposite_polarity_do_not_cancel(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, 8000)
    path = tmp_path / "stereo.wav"
    path.write_bytes(encoded(np.stack([sound, -sound], axis=1), subtype="FLOAT"))

    samples, rate_hz = read_channel(path)

    assert rate_hz == 8000
    np.testing.assert_allclose(samples, sound, atol=1e-6)


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mono.wav"
    path.write_bytes(encoded(np.zeros(80)))

    with pytest.raises(NoSuchChannel, match="has no channel 1; it has 1"):
        read_channel(path, 1)
