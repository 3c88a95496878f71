"""Which services there are, and where; everything about them is derived from one table."""

import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from sonalyze_contracts.command import Service


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One service: what to run, its documented development port, its colour in the logs."""

    service: Service
    application: str
    port: int
    colour: str


SERVICES = (
    ServiceSpec(Service.STORAGE, "sonalyze_storage.main:app", 8004, "yellow"),
    ServiceSpec(Service.LOBBY, "sonalyze_lobby.main:app", 8001, "cyan"),
    ServiceSpec(Service.MEASUREMENT, "sonalyze_measurement.main:app", 8002, "magenta"),
    ServiceSpec(Service.SIMULATION, "sonalyze_simulation.main:app", 8003, "blue"),
    ServiceSpec(Service.GATEWAY, "sonalyze_gateway.main:app", 8000, "green"),
)
"""The services of the embedded backend, in the order in which they are started."""

HOST = "127.0.0.1"

ELSEWHERE = ("192.0.2.1", 9)
"""An address of RFC 5737 that belongs to nobody: asked for the way to it, and sent nothing."""

Ports = Mapping[Service, int]


def documented_ports() -> Ports:
    """Give the ports that the documents name."""
    return {spec.service: spec.port for spec in SERVICES}


def free_ports() -> Ports:
    """Find a free port for each service."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in SERVICES]
        for listener in sockets:
            listener.bind((HOST, 0))
        found = [listener.getsockname()[1] for listener in sockets]
    return {spec.service: port for spec, port in zip(SERVICES, found, strict=True)}


def taken_ports(ports: Iterable[int]) -> tuple[int, ...]:
    """List those of the ports on which nobody can listen any more."""
    return tuple(port for port in ports if not _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def url_of(service: Service, ports: Ports) -> str:
    """Give the base URL of a service on this machine."""
    return f"http://{HOST}:{ports[service]}"


def address_in_the_network() -> str:
    """Give this machine's address as others in its network see it; loopback without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return HOST
        host: str = probe.getsockname()[0]
        return host
