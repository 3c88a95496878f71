import asyncio

import pytest

from sonalyze_chassis.progress import Listener, Progress
from sonalyze_simulation.flights import Flights


class Journey:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended_early = 0
        self.may_end = asyncio.Event()
        self.tell: Listener | None = None

    async def __call__(self, tell: Listener) -> str:
        """Do it."""
        self.begun += 1
        self.tell = tell
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.ended_early += 1
            raise
        return f"journey {self.begun}"


def unheard(_: Progress) -> None:
    """Listen to nothing."""


async def joined(flights: Flights[str], journey: Journey, times: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(flights.join("key", journey, unheard)) for _ in range(times)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_all_who_join_get_the_one_result() -> None:
    flights, journey = Flights[str](), Journey()
    tasks = await joined(flights, journey, 3)

    journey.may_end.set()

    assert await asyncio.gather(*tasks) == ["journey 1"] * 3


async def test_the_first_may_leave_and_the_others_still_arrive() -> None:
    flights, journey = Flights[str](), Journey()
    first, second = await joined(flights, journey, 2)

    first.cancel()
    await asyncio.wait({first})
    journey.may_end.set()

    assert await second == "journey 1"
    assert journey.ended_early == 0


async def test_when_the_last_leaves_the_work_has_ended() -> None:
    flights, journey = Flights[str](), Journey()
    tasks = await joined(flights, journey, 2)

    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert journey.ended_early == 1


async def test_who_comes_after_the_last_has_left_begins_anew() -> None:
    flights, journey = Flights[str](), Journey()
    (first,) = await joined(flights, journey, 1)
    first.cancel()
    (second,) = await joined(flights, journey, 1)

    journey.may_end.set()

    assert await second == "journey 2"


async def test_who_joins_late_hears_how_far_it_is() -> None:
    flights, journey = Flights[str](), Journey()
    heard: list[Progress] = []
    (first,) = await joined(flights, journey, 1)
    assert journey.tell is not None
    journey.tell(Progress(0.4, "rays"))

    late = asyncio.create_task(flights.join("key", journey, heard.append))
    await asyncio.sleep(0)
    journey.tell(Progress(0.6, "rays"))
    journey.may_end.set()
    await asyncio.gather(first, late)

    assert heard == [Progress(0.4, "rays"), Progress(0.6, "rays")]


async def test_a_failure_is_everybody_s() -> None:
    async def fails(_: Listener) -> str:
        raise LookupError("lost")

    flights = Flights[str]()

    with pytest.raises(LookupError, match="lost"):
        await flights.join("key", fails, unheard)
    with pytest.raises(LookupError, match="lost"):
        await flights.join("key", fails, unheard)
