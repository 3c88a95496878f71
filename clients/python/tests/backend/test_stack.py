"""Services as child processes: ready, dead, stopped."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from sonalyze.backend.environment import Environment
from sonalyze.backend.services import (
    SERVICES,
    ServiceSpec,
    free_ports,
    taken_ports,
    url_of,
)
from sonalyze.backend.stack import ServiceDied, running_stack
from sonalyze.cli.up import ANYWHERE
from sonalyze_contracts.command import Service

ANOTHER_ADDRESS = "127.0.0.2"
"""All of 127.0.0.0/8 is this machine, but only a socket open to all addresses answers here."""

SUPPORT = Path(__file__).parents[1] / "support"
ENVIRONMENT = Environment({"PYTHONPATH": str(SUPPORT)})
HEALTHY = ServiceSpec(Service.LOBBY, "service_doubles:healthy", 8001, "cyan")
BROKEN = ServiceSpec(Service.LOBBY, "service_doubles:missing", 8001, "cyan")


async def test_a_stack_is_ready_when_its_services_answer_and_gone_after_the_block() -> None:
    ports = free_ports()

    async with running_stack(ports, ENVIRONMENT, specs=[HEALTHY]) as stack:
        await stack.ready()
        async with httpx2.AsyncClient(trust_env=False) as http:
            answered = await http.get(f"{url_of(Service.LOBBY, ports)}/readyz")
        busy = taken_ports([ports[Service.LOBBY]])

    assert answered.status_code == 200
    assert busy == (ports[Service.LOBBY],)
    assert taken_ports([ports[Service.LOBBY]]) == ()


@pytest.mark.parametrize(
    ("service", "status"), [(Service.GATEWAY, 200), (Service.LOBBY, None)], ids=["gateway", "lobby"]
)
async def test_only_the_gateway_is_opened_to_the_network(
    service: Service, status: int | None
) -> None:
    ports = free_ports()
    healthy = replace(HEALTHY, service=service)
    answered = None

    async with running_stack(ports, ENVIRONMENT, specs=[healthy], gateway_host=ANYWHERE) as stack:
        await stack.ready()
        async with httpx2.AsyncClient(trust_env=False) as http:
            with suppress(httpx2.ConnectError):
                url = url_of(service, ports).replace("127.0.0.1", ANOTHER_ADDRESS)
                answered = (await http.get(f"{url}/readyz")).status_code

    assert answered == status


async def test_a_service_that_does_not_start_is_reported_with_its_last_lines() -> None:
    async with running_stack(free_ports(), ENVIRONMENT, specs=[BROKEN]) as stack:
        with pytest.raises(ServiceDied) as caught:
            await stack.ready()

    assert "lobby ended with exit code 3" in caught.value.message
    assert 'Attribute "missing" not found' in caught.value.message


async def test_a_service_that_dies_later_is_reported_with_its_last_lines() -> None:
    ports = free_ports()

    async with running_stack(ports, ENVIRONMENT, specs=[HEALTHY]) as stack:
        await stack.ready()
        async with httpx2.AsyncClient(trust_env=False) as http:
            with suppress(httpx2.TransportError):
                await http.get(f"{url_of(Service.LOBBY, ports)}/die")
        with pytest.raises(ServiceDied) as caught:
            await stack.watch()

    assert "lobby was killed by SIGKILL" in caught.value.message
    assert "the floor is lava" in caught.value.message


async def test_every_line_of_a_log_reaches_the_sink() -> None:
    lines: list[str] = []

    def sink(spec: ServiceSpec, line: str) -> None:
        lines.append(f"{spec.service}: {line}")

    async with running_stack(free_ports(), ENVIRONMENT, sink, [BROKEN]) as stack:
        with pytest.raises(ServiceDied):
            await stack.ready()

    assert any(line.startswith("lobby: ") for line in lines)


def test_every_service_of_the_table_can_be_served() -> None:
    for spec in SERVICES:
        module = spec.application.partition(":")[0]
        package = module.partition(".")[0]
        folder = Path(__file__).parents[4] / spec.service / "src" / package
        assert (folder / "main.py").is_file()
