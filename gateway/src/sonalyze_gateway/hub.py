"""Who is connected, and how they are told."""

from collections.abc import Iterable

from sonalyze_contracts.identifiers import DeviceId
from sonalyze_gateway.domain.outgoing import Outgoing
from sonalyze_gateway.outbox import Outbox


class Hub:
    """The sockets of each device, and how many messages they were pushed."""

    def __init__(self) -> None:
        self.pushes = 0
        self._outboxes: dict[DeviceId, list[Outbox]] = {}

    def join(self, device_id: DeviceId, outbox: Outbox) -> None:
        """Let this socket receive what its device is told."""
        self._outboxes.setdefault(device_id, []).append(outbox)

    def leave(self, device_id: DeviceId, outbox: Outbox) -> None:
        """Forget this socket."""
        outboxes = self._outboxes.get(device_id, [])
        if outbox in outboxes:
            outboxes.remove(outbox)
        if not outboxes:
            self._outboxes.pop(device_id, None)

    def push(self, message: Outgoing, device_ids: Iterable[DeviceId]) -> int:
        """Tell all sockets of these devices, each device once; say how many sockets took it."""
        reached = 0
        for device_id in dict.fromkeys(device_ids):
            for outbox in self._outboxes.get(device_id, ()):
                reached += outbox.put(message)
        self.pushes += reached
        return reached
