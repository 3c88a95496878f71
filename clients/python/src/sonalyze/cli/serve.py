"""``serve``: one service in the foreground, configured by its documented variables."""

import os
import sys
from typing import Annotated

import typer

from sonalyze.backend.services import HOST, SERVICES

NAMES = tuple(str(spec.service) for spec in SERVICES)


def serve(
    service: Annotated[str, typer.Argument(help="Which service to run.", metavar="|".join(NAMES))],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; the documented one if not given.")
    ] = None,
) -> None:
    """Run one service in the foreground, configured by its environment variables and .env."""
    if service not in NAMES:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(NAMES)}")
    spec = SERVICES[NAMES.index(service)]
    arguments = [spec.application, "--host", host, "--port", str(port or spec.port)]
    command = [sys.executable, "-m", "sonalyze_chassis.serve", *arguments]
    # The service takes this process over, so that signals and exit codes are its own.
    os.execv(sys.executable, command)  # noqa: S606  no shell, and the interpreter that runs this
