"""What the reference documents promise, held against what is on the wire."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from sonalyze.pushes import typed
from sonalyze_contracts.asyncapi import event_schemas
from sonalyze_contracts.catalogue import COMMANDS, PUSHES
from sonalyze_contracts.command import Push

NAMES = {name: command for command in COMMANDS for name in command.events()}
"""Every name under which a command may be sent, aliases included."""


def require_documented_reply(event: str, data: object) -> None:
    """Fail unless the reference allows this reply."""
    _validator(NAMES[event].event, "reply").validate(data)


def require_documented_push(event: str, data: object) -> None:
    """Fail unless the reference allows this push."""
    _validator(event, "push").validate(data)


def kind_of_push(event: str, data: dict[str, Any]) -> type[Push]:
    """Find the declared push that has exactly these keys."""
    push = typed(event, data)
    assert type(push) in PUSHES, (event, data)
    return type(push)  # type: ignore[return-value]  # the line above has checked it


@cache
def _validator(event: str, part: str) -> Draft202012Validator:
    document = event_schemas()[event]
    schema = {**document[part], "$defs": document.get("$defs", {})}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
