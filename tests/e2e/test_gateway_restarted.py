"""The gateway goes and comes back: sockets are closed with 1012, phones go on."""

import asyncio

from live_backend import LiveBackend
from quick_phones import crew_at
from wire import device

from sonalyze_contracts.command import Service
from sonalyze_contracts.sessions import Phase


async def test_open_sockets_are_closed_with_1012(fragile_backend: LiveBackend) -> None:
    async with device(fragile_backend.url) as one, device(fragile_backend.url) as other:
        await fragile_backend.terminate(Service.GATEWAY)
        codes = await one.closed(), await other.closed()
        await fragile_backend.start(Service.GATEWAY)

        assert codes == (1012, 1012)


async def test_phones_reconnect_and_the_session_finishes(fragile_backend: LiveBackend) -> None:
    async with crew_at(fragile_backend.url, speakers=2, microphones=1) as crew:
        crew.air.carries_sound.clear()
        measuring = asyncio.create_task(crew.measure())
        await crew.phases.entered(Phase.RECORDING)
        await fragile_backend.terminate(Service.GATEWAY)
        crew.air.carries_sound.set()
        await fragile_backend.start(Service.GATEWAY)

        measured = await asyncio.wait_for(measuring, 60)
        pairs = await crew.analyze(measured)

    assert len(pairs) == 2


async def test_a_gateway_that_dies_without_a_word_is_survived_as_well(
    fragile_backend: LiveBackend,
) -> None:
    async with crew_at(fragile_backend.url, microphones=1) as crew:
        measuring = asyncio.create_task(crew.measure())
        await crew.phases.entered(Phase.SPEAKER_DOWNLOADING)
        await fragile_backend.restart(Service.GATEWAY)

        measured = await asyncio.wait_for(measuring, 60)

    assert len(measured.audio_hashes) == 1
