"""Everything dies at once, as when a machine loses power, and comes back."""

import asyncio

from live_backend import LiveBackend
from quick_phones import crew_at

from sonalyze_contracts.command import Service
from sonalyze_contracts.sessions import Phase

SERVICES = tuple(Service)


async def test_phones_finish_their_session_after_a_blackout(fragile_backend: LiveBackend) -> None:
    async with crew_at(fragile_backend.url, speakers=2, microphones=2) as crew:
        crew.air.carries_sound.clear()
        measuring = asyncio.create_task(crew.measure())
        await crew.phases.entered(Phase.PLAYING)

        for service in SERVICES:
            await fragile_backend.kill(service)
        crew.air.carries_sound.set()
        await fragile_backend.start(*SERVICES)

        measured = await asyncio.wait_for(measuring, 60)
        pairs = await crew.analyze(measured)

    assert len(pairs) == 4
