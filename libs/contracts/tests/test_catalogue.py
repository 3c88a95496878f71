import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

import sonalyze_contracts
from sonalyze_contracts.catalogue import COMMANDS, PREFIXES, PUSHES, owned_by, owners
from sonalyze_contracts.command import Command, Push, Service


def declared(root: type[Any]) -> Iterator[type[Any]]:
    for module in pkgutil.iter_modules(sonalyze_contracts.__path__):
        importlib.import_module(f"sonalyze_contracts.{module.name}")
    waiting = [root]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from (kind for kind in found if kind.event and is_ours(kind))


def is_ours(kind: type[Any]) -> bool:
    return kind.__module__.startswith("sonalyze_contracts.")


def test_every_declared_command_is_listed() -> None:
    assert set(declared(Command)) == set(COMMANDS)


def test_every_declared_push_is_listed() -> None:
    assert set(declared(Push)) == set(PUSHES)


def test_no_two_commands_share_a_name() -> None:
    names = [event for command in COMMANDS for event in command.events()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.event)
def test_every_command_says_what_it_does_and_what_it_answers(command: type[Command[Any]]) -> None:
    assert command.__doc__
    assert TypeAdapter(command.reply).json_schema()


@pytest.mark.parametrize(
    ("event", "owner"),
    [
        ("lobby.create", Service.LOBBY),
        ("role.update", Service.LOBBY),
        ("measurement.client_ready", Service.LOBBY),
        ("measurement.speaker_finished", Service.LOBBY),
        ("measurement.start", Service.LOBBY),
        ("measurement.create_job", Service.MEASUREMENT),
        ("measurement.get_job", Service.MEASUREMENT),
        ("measurement.get_audio_info", Service.MEASUREMENT),
        ("analysis.run", Service.MEASUREMENT),
        ("simulation.run", Service.SIMULATION),
        ("simulation.cancel", Service.SIMULATION),
        ("identify", Service.GATEWAY),
    ],
)
def test_an_event_belongs_to_the_documented_service(event: str, owner: Service) -> None:
    assert owners()[event] is owner


def test_an_owner_never_contradicts_the_prefix_but_for_the_job_events() -> None:
    exceptions = {
        "measurement.create_job",
        "measurement.get_job",
        "measurement.get_audio_info",
    }
    prefixes = dict(PREFIXES)
    contradicting = {
        event
        for event, owner in owners().items()
        if "." in event and prefixes[event.split(".")[0] + "."] is not owner
    }

    assert contradicting == exceptions


def test_each_command_is_owned_once() -> None:
    assert sum(len(owned_by(service)) for service in Service) == len(COMMANDS)
