import asyncio

from sonalyze_contracts.envelope import CloseCode
from sonalyze_gateway.domain.outgoing import Outgoing
from sonalyze_gateway.outbox import Outbox


class ValveWire:
    """A wire that lets messages pass while it is open."""

    def __init__(self, *, is_open: bool) -> None:
        self.opened = asyncio.Event()
        if is_open:
            self.opened.set()
        self.written: list[bytes] = []
        self.closed_with: int | None = None
        self.is_broken = False

    def write_now(self, message: Outgoing) -> bool:
        if self.opened.is_set() and not self.is_broken:
            self.written.append(message.payload)
            return True
        return False

    async def write(self, message: Outgoing) -> None:
        await self.opened.wait()
        if self.is_broken:
            raise ConnectionResetError
        self.written.append(message.payload)

    def hang_up(self, code: int, reason: str) -> None:
        assert reason
        self.closed_with = code


def numbered(count: int, start: int = 0) -> list[Outgoing]:
    return [Outgoing(str(number).encode()) for number in range(start, start + count)]


def payloads(count: int) -> list[bytes]:
    return [message.payload for message in numbered(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nothing_waits_while_the_client_keeps_up() -> None:
    wire = ValveWire(is_open=True)
    outbox = Outbox(wire, limit=1)

    taken = [outbox.put(message) for message in numbered(3)]

    assert taken == [True] * 3
    assert wire.written == payloads(3)


async def test_order_is_kept_when_a_client_catches_up() -> None:
    wire = ValveWire(is_open=False)
    outbox = Outbox(wire, limit=10)

    for message in numbered(3):
        outbox.put(message)
    await settle()
    wire.opened.set()
    outbox.put(numbered(1, start=3)[0])
    await settle()
    outbox.put(numbered(1, start=4)[0])
    await settle()

    assert wire.written == payloads(5)


async def test_one_message_too_many_gives_the_client_up() -> None:
    wire = ValveWire(is_open=False)
    outbox = Outbox(wire, limit=3)

    taken = [outbox.put(message) for message in numbered(5)]
    await settle()
    wire.opened.set()
    await settle()

    assert taken == [True, True, True, False, False]
    assert wire.closed_with == CloseCode.SLOW_CONSUMER
    assert wire.written == []


async def test_a_broken_wire_ends_the_outbox_quietly() -> None:
    wire = ValveWire(is_open=False)
    outbox = Outbox(wire, limit=3)

    outbox.put(numbered(1)[0])
    wire.is_broken = True
    wire.opened.set()
    await settle()

    assert outbox.put(numbered(1)[0]) is False


async def test_a_closed_outbox_takes_nothing() -> None:
    wire = ValveWire(is_open=True)
    outbox = Outbox(wire, limit=3)

    outbox.close()

    assert outbox.put(numbered(1)[0]) is False
    assert wire.written == []
