"""Phones that lose their socket in the middle of a turn finish it over the next one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sonalyze.backend.environment import embedded_environment
from sonalyze.backend.services import free_ports, url_of
from sonalyze.backend.stack import running_stack
from sonalyze.client import Client
from sonalyze.conductor import Conductor, Pair
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.rooms import room_named
from sonalyze.virtual_air import Air, PlacedPhone
from sonalyze.virtual_phone import Activity, VirtualPhone
from sonalyze_contracts.command import Service
from sonalyze_contracts.identifiers import DeviceId, SlotId
from sonalyze_contracts.jobs import RoomMap
from sonalyze_contracts.session_pushes import PhaseUpdate
from sonalyze_contracts.sessions import Slot

SPEAKER = Slot(device_id=DeviceId("speaker"), slot_id=SlotId("left"))
MICROPHONE = Slot(device_id=DeviceId("microphone"), slot_id=SlotId("sofa"))
PHONES = {
    SPEAKER.device_id: PlacedPhone((1.0, 1.0, 1.2), PhoneProfile()),
    MICROPHONE.device_id: PlacedPhone((3.5, 2.5, 1.2), PhoneProfile()),
}
LIMIT_S = 60


class Unwatched:
    """A witness that looks away."""

    def phase_entered(self, update: PhaseUpdate) -> None:
        """See nothing."""

    def pair_analyzed(self, pair: Pair) -> None:
        """See nothing."""


class Cutter:
    """Cuts a client's socket the first time its phone does something."""

    def __init__(self, client: Client, moment: Activity) -> None:
        self._client = client
        self._moment = moment
        self.cuts = 0

    def __call__(self, activity: Activity) -> None:
        socket = self._client._connection._socket
        if activity is self._moment and not self.cuts and socket is not None:
            self.cuts += 1
            socket.transport.abort()


@pytest.mark.parametrize(
    ("of_speaker", "of_microphone"),
    [
        (Activity.DOWNLOADING, Activity.READY),
        (Activity.ARMED, Activity.RECORDING),
        (Activity.PLAYING, Activity.UPLOADING),
    ],
)
async def test_a_turn_survives_the_loss_of_both_sockets(
    tmp_path: Path, of_speaker: Activity, of_microphone: Activity
) -> None:
    ports = free_ports()
    environment = embedded_environment(ports, tmp_path / "data", log_format="json")
    url = url_of(Service.GATEWAY, ports)

    with ThreadPoolExecutor(1) as workers:
        async with (
            asyncio.timeout(LIMIT_S),
            running_stack(ports, environment) as stack,
        ):
            await stack.ready()
            air = Air(room_named("office"), PHONES, seed=1, workers=workers)
            async with (
                Client(url, device_id="admin") as admin,
                Client(url, device_id=SPEAKER.device_id) as speaker,
                Client(url, device_id=MICROPHONE.device_id) as microphone,
            ):
                cutters = [Cutter(speaker, of_speaker), Cutter(microphone, of_microphone)]
                phones = [
                    VirtualPhone(client, air, watcher=cutter)
                    for client, cutter in zip((speaker, microphone), cutters, strict=True)
                ]
                running = [asyncio.create_task(phone.run()) for phone in phones]
                conductor = Conductor(admin, Unwatched())
                lobby = await conductor.open_lobby()
                for phone in phones:
                    await phone.join(lobby.code)
                await conductor.assign(lobby, [SPEAKER], [MICROPHONE])
                measured = await conductor.measure(lobby, RoomMap(), [SPEAKER], [MICROPHONE])
                job = await admin.measurements.get_job(measured.job_id)
                for task in running:
                    task.cancel()

    assert [cutter.cuts for cutter in cutters] == [1, 1]
    assert job.uploads == ["left.sofa.wav"]
