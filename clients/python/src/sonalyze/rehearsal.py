"""A whole measurement with virtual phones against a real backend, held against the truth."""

import asyncio
import itertools
import os
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, Self

from sonalyze.audio import AudioFormat
from sonalyze.client import Client
from sonalyze.comparison import PairComparison
from sonalyze.conductor import Conductor, Pair, Witness
from sonalyze.simulated_room import simulation_of
from sonalyze.virtual.placement import Placement, positions
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.room import Position, VirtualRoom
from sonalyze.virtual.rooms import room_named
from sonalyze.virtual_air import Air, PlacedPhone, worker_processes
from sonalyze.virtual_phone import Activity, VirtualPhone
from sonalyze_contracts.identifiers import DeviceId, SlotId
from sonalyze_contracts.jobs import MapPoint, MapRoom, RoomMap
from sonalyze_contracts.sessions import Slot
from sonalyze_contracts.simulations import SimulationRequest

_PHONES_PER_SEED = 100
"""Neighbouring seeds have no phone in common."""


class Audience(Witness, Protocol):
    """Whoever watches a rehearsal."""

    def step(self, sentence: str) -> None:
        """See a new step begin."""

    def phone_does(self, device_id: DeviceId, activity: Activity) -> None:
        """See a phone do something else."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Who is to measure which room."""

    room: VirtualRoom
    placement: Placement
    speakers: tuple[Slot, ...]
    microphones: tuple[Slot, ...]
    seed: int

    @classmethod
    def planned(cls, room: str, speakers: int, microphones: int, seed: int) -> Self:
        """Place phones in a room of the catalogue; the same arguments give the same places."""
        chosen = room_named(room)
        return cls(
            chosen,
            positions(chosen, speakers, microphones, seed),
            _slots("speaker", speakers),
            _slots("microphone", microphones),
            seed,
        )

    @property
    def description(self) -> str:
        """Say in a line what is measured."""
        x, y, z = self.room.size_m
        phones = len(self.speakers) + len(self.microphones)
        return (
            f"{phones} virtual phones measure a room: {self.room.name}, {x:g} by {y:g} by {z:g} m"
        )

    def simulation(self) -> SimulationRequest:
        """Ask for the same room and the same places, under the names that pairs have."""
        return simulation_of(
            self.room,
            dict(zip(map(_name, self.speakers), self.placement.speakers, strict=True)),
            dict(zip(map(_name, self.microphones), self.placement.microphones, strict=True)),
            self.seed,
        )

    async def run(
        self, url: str, audience: Audience, bundle: Path | None = None
    ) -> tuple[PairComparison, ...]:
        """Measure through the gateway at ``url`` and compare every pair with the truth.

        The job's bundle is downloaded if a file is named for it.
        """
        workers = worker_processes(min(os.cpu_count() or 1, 4))
        try:
            air = Air(self.room, self._placed(), seed=self.seed, workers=workers)
            pairs = await self._measured(url, air, audience, bundle)
            return tuple(await asyncio.gather(*(_compared(pair, air) for pair in pairs)))
        finally:
            workers.shutdown(wait=False, cancel_futures=True)

    async def _measured(
        self, url: str, air: Air, audience: Audience, bundle: Path | None
    ) -> tuple[Pair, ...]:
        try:
            return await self._measure(url, air, audience, bundle)
        except ExceptionGroup as group:
            # What went wrong first is why the task group gave up; the rest is its wake.
            raise _first(group) from group

    async def _measure(
        self, url: str, air: Air, audience: Audience, bundle: Path | None
    ) -> tuple[Pair, ...]:
        async with AsyncExitStack() as opened, asyncio.TaskGroup() as tasks:
            audience.step("Connect the phones to a lobby")
            admin = await opened.enter_async_context(Client(url))
            conductor = Conductor(admin, audience)
            lobby = await conductor.open_lobby()
            phones = []
            for slot in (*self.speakers, *self.microphones):
                client = await opened.enter_async_context(Client(url, device_id=slot.device_id))
                watcher = partial(audience.phone_does, slot.device_id)
                phone = VirtualPhone(client, air, watcher=watcher)
                phones.append(tasks.create_task(phone.run()))
                await phone.join(lobby.code)
            audience.step("Assign the roles")
            await conductor.assign(lobby, self.speakers, self.microphones)
            audience.step("Measure")
            measured = await conductor.measure(lobby, self._map(), self.speakers, self.microphones)
            audience.step("Analyse every pair")
            pairs = await conductor.analyze(measured, self.speakers, self.microphones)
            if bundle is not None:
                audience.step("Download the bundle")
                await admin.measurements.bundle(measured.job_id, bundle)
            for running in phones:
                running.cancel()
            return pairs

    def _placed(self) -> dict[DeviceId, PlacedPhone]:
        places = (*self.placement.speakers, *self.placement.microphones)
        formats = itertools.cycle(AudioFormat)
        return {
            slot.device_id: PlacedPhone(
                place, PhoneProfile.drawn(_PHONES_PER_SEED * self.seed + number), next(formats)
            )
            for number, (slot, place) in enumerate(
                zip((*self.speakers, *self.microphones), places, strict=True)
            )
        }

    def _map(self) -> RoomMap:
        x, y, z = self.room.size_m
        return RoomMap(
            room=MapRoom(vertices=[[0, 0], [x, 0], [x, y], [0, y]], height_m=z),
            sources=_points(self.speakers, self.placement.speakers),
            receivers=_points(self.microphones, self.placement.microphones),
        )


def _first(group: ExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _slots(kind: str, count: int) -> tuple[Slot, ...]:
    run = secrets.token_hex(4)
    return tuple(
        Slot(
            device_id=DeviceId(f"{kind}-{number}-{run}"),
            slot_id=SlotId(f"{kind}-{number}"),
            slot_label=f"{kind.capitalize()} {number}",
        )
        for number in range(1, count + 1)
    )


def _points(slots: Sequence[Slot], places: Sequence[Position]) -> list[MapPoint]:
    return [
        MapPoint(id=slot.slot_id, position=list(place))
        for slot, place in zip(slots, places, strict=True)
    ]


async def _compared(pair: Pair, air: Air) -> PairComparison:
    true = await air.truth(pair.speaker.device_id, pair.microphone.device_id)
    return PairComparison(_name(pair.speaker), _name(pair.microphone), pair.results, true)


def _name(slot: Slot) -> str:
    return slot.slot_label or slot.slot_id
