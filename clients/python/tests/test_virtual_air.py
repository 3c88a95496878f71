"""What one phone plays, every phone that records hears."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from sonalyze.audio import AudioFormat, encode_audio, read_audio
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.rooms import room_named
from sonalyze.virtual_air import Air, NothingHeard, PlacedPhone
from sonalyze_contracts.identifiers import DeviceId

SPEAKER, NEAR, FAR = DeviceId("speaker"), DeviceId("near"), DeviceId("far")
PHONES = {
    SPEAKER: PlacedPhone((1.0, 1.0, 1.2), PhoneProfile()),
    NEAR: PlacedPhone((1.8, 1.0, 1.2), PhoneProfile(), AudioFormat.WAV),
    FAR: PlacedPhone((4.0, 3.0, 1.2), PhoneProfile(sample_rate_hz=44_100), AudioFormat.FLAC),
}


@pytest.fixture
def workers() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def air(workers: Executor) -> Air:
    return Air(room_named("office"), PHONES, seed=1, workers=workers)


def click() -> bytes:
    samples = np.zeros((1, 24_000), np.int16)
    samples[0, 100] = 20_000
    return encode_audio(samples, 48_000)


async def test_only_phones_that_record_hear_what_is_played(air: Air) -> None:
    air.record(NEAR)

    await air.play(SPEAKER, click())

    samples, rate_hz = read_audio(await air.stop(NEAR))
    assert np.abs(samples).max() > 0
    assert rate_hz == 48_000
    with pytest.raises(NothingHeard):
        await air.stop(FAR)


async def test_each_phone_writes_its_own_format_and_rate(air: Air) -> None:
    air.record(FAR)

    await air.play(SPEAKER, click())
    file = await air.stop(FAR)

    assert file.startswith(b"fLaC")
    assert read_audio(file)[1] == 44_100


async def test_a_recording_during_which_nothing_was_played_is_no_recording(air: Air) -> None:
    air.record(NEAR)

    with pytest.raises(NothingHeard):
        await air.stop(NEAR)


async def test_a_recording_that_starts_again_drops_what_it_had(air: Air) -> None:
    air.record(NEAR)
    await air.play(SPEAKER, click())
    air.record(NEAR)

    with pytest.raises(NothingHeard):
        await air.stop(NEAR)


async def test_the_truth_is_of_the_same_path_as_the_recording(air: Air) -> None:
    truth = await air.truth(SPEAKER, NEAR)

    assert truth.rt.t30_s is not None
    assert air.path(SPEAKER, NEAR).noise_seed != air.path(SPEAKER, FAR).noise_seed
