"""``up``: the whole backend in the foreground, until Ctrl-C."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sonalyze.backend.environment import DatabaseShared, Environment, embedded_environment
from sonalyze.backend.process import LineSink
from sonalyze.backend.services import (
    HOST,
    SERVICES,
    Ports,
    ServiceSpec,
    address_in_the_network,
    documented_ports,
    taken_ports,
    url_of,
)
from sonalyze.backend.stack import ServiceDied, ServiceNotReady, running_stack
from sonalyze.cli.consoles import give_up, output
from sonalyze.cli.interruption import Stopped, run_until_stopped
from sonalyze_contracts.command import Service

ANYWHERE = "0.0.0.0"  # noqa: S104  only for whoever asks for it
_WIDEST_NAME = max(len(spec.service) for spec in SERVICES)


def up(
    data: Annotated[
        Path, typer.Option(help="Folder for recordings and results; the databases lie beside it.")
    ] = Path("measurement_data"),
    lan: Annotated[
        bool, typer.Option("--lan", help="Let phones of this network reach the gateway.")
    ] = False,
) -> None:
    """Run all services on their documented ports, until Ctrl-C.

    Variables that are set in the environment win over what this command would choose. The lobby's
    database is LOBBY_DATABASE_URL, or DATABASE_URL; storage's is STORAGE_DATABASE_URL.
    """
    ports, console = documented_ports(), output()
    environment = _environment(ports, data, console)
    if taken := taken_ports(ports.values()):
        listed = ", ".join(str(port) for port in taken)
        give_up(f"Something already listens on port {listed}: stop it, or see ./sonalyze doctor.")
    folder = _writable(data)
    try:
        run_until_stopped(_run(ports, environment, folder, lan, console))
    except Stopped:
        console.print("All services stopped.")
    except (ServiceDied, ServiceNotReady) as failure:
        give_up(failure.message)


async def _run(
    ports: Ports, environment: Environment, folder: Path, lan: bool, console: Console
) -> None:
    sink, gateway_host = _prefixed(console), ANYWHERE if lan else HOST
    async with running_stack(ports, environment, sink, gateway_host=gateway_host) as stack:
        await stack.ready()
        console.print(_addresses(ports, folder, address_in_the_network() if lan else HOST))
        await stack.watch()


def _environment(ports: Ports, data: Path, console: Console) -> Environment:
    chosen = embedded_environment(ports, data.resolve(), log_format="console")
    colours = {"FORCE_COLOR": "1"} if console.is_terminal else {}
    try:
        return chosen.overridden({**colours, **os.environ})
    except DatabaseShared as fault:
        give_up(fault.message)


def _writable(data: Path) -> Path:
    folder = data.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as fault:
        give_up(f"{folder} cannot be written: {fault.strerror}. Choose another one with --data.")


def _prefixed(console: Console) -> LineSink:
    def show(spec: ServiceSpec, line: str) -> None:
        prefix = (f"{spec.service:<{_WIDEST_NAME}} │ ", spec.colour)
        console.print(Text.assemble(prefix, Text.from_ansi(line)), soft_wrap=True)

    return show


def _addresses(ports: Ports, folder: Path, host: str) -> Table:
    gateway = url_of(Service.GATEWAY, ports)
    seen_from_phones = gateway.replace(HOST, host)
    table = Table.grid(padding=(0, 2))
    table.title = "[b green]Sonalyze is up[/] · stop with Ctrl-C"
    table.title_justify = "left"
    table.add_row("Gateway", f"[b]{seen_from_phones}[/]")
    table.add_row("WebSocket", f"{seen_from_phones.replace('http', 'ws', 1)}/ws?device_id=…")
    for spec in SERVICES:
        table.add_row(f"{spec.service.capitalize()} API", f"{url_of(spec.service, ports)}/docs")
    table.add_row("Data", f"{folder}: recordings, results; databases beside it")
    table.add_row("Try", f"./sonalyze demo --url {gateway}")
    return table
