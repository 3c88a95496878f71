import asyncio
import statistics
import time
from contextlib import AsyncExitStack

import pytest
from gateway_harness import Gateways, Phone, RunningGateway

LARGE = "x" * 400_000


def stop_reading(phone: Phone) -> None:
    phone.socket.transport.pause_reading()


async def fill_buffers(gateway: RunningGateway, device_id: str) -> None:
    """Push until the kernel and the server hold all they can for a client that does not read."""
    outbox = gateway.app.state.services.hub._outboxes[device_id][0]
    while not outbox._queue:
        await gateway.push("filler", [device_id], text=LARGE)


async def test_a_stalled_phone_delays_none_of_199_others(gateways: Gateways) -> None:
    gateway = await gateways.start(push_queue_limit=1000)
    names = [f"phone-{number}" for number in range(199)]

    async with AsyncExitStack() as stack:
        stalled = await stack.enter_async_context(gateway.phone("stalled"))
        others = [await stack.enter_async_context(gateway.phone(name)) for name in names]
        stop_reading(stalled)
        await fill_buffers(gateway, "stalled")
        delays_s = []
        for _round in range(5):
            started = time.perf_counter()
            await gateway.push("news", ["stalled", *names], text="y" * 400)
            heard = await asyncio.gather(*(phone.hear() for phone in others))
            delays_s.append(time.perf_counter() - started)
            assert {message["event"] for message in heard} == {"news"}
        stalled.socket.transport.abort()

    assert statistics.median(delays_s) < 0.1


@pytest.mark.parametrize("server", [None, "auto"])
async def test_a_phone_with_a_full_queue_is_closed_with_4008(
    gateways: Gateways, server: str | None
) -> None:
    gateway = await gateways.start(push_queue_limit=5, ws=server)

    async with gateway.phone("stalled", max_size=None) as stalled:
        stop_reading(stalled)
        await fill_buffers(gateway, "stalled")
        sent = [await gateway.push("news", ["stalled"], number=number) for number in range(10)]
        stalled.socket.transport.resume_reading()
        heard = await stalled.hear_to_the_end()

    assert {message["event"] for message in heard} == {"filler"}
    assert stalled.socket.close_code == 4008
    assert sent == sorted(sent, reverse=True)
    assert sent[-1] == 0


@pytest.mark.parametrize("server", [None, "auto"])
async def test_a_phone_that_never_reads_again_is_cut_off(
    gateways: Gateways, server: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonalyze_chassis.sockets.CLOSING_S", 0.1)
    monkeypatch.setattr("sonalyze_gateway.api.wires.CLOSING_S", 0.1)
    gateway = await gateways.start(push_queue_limit=1, ws=server)

    async with gateway.phone("stalled") as stalled:
        stop_reading(stalled)
        await fill_buffers(gateway, "stalled")
        while await gateway.push("news", ["stalled"], text=LARGE):
            pass
        await asyncio.wait_for(asyncio.gather(*gateway.server.server_state.tasks), 5)
        stalled.socket.transport.abort()

    assert not gateway.server.server_state.tasks
    assert gateway.app.state.services.gateway.sockets == 0


async def test_a_phone_that_catches_up_misses_nothing(gateways: Gateways) -> None:
    gateway = await gateways.start(push_queue_limit=1000)

    async with gateway.phone("slow", max_size=None) as phone:
        stop_reading(phone)
        await fill_buffers(gateway, "slow")
        for number in range(300):
            await gateway.push("news", ["slow"], number=number)
        phone.socket.transport.resume_reading()
        numbers: list[int] = []
        while len(numbers) < 300:
            message = await phone.hear()
            numbers += [message["data"]["number"]] if message["event"] == "news" else []

    assert numbers == list(range(300))
