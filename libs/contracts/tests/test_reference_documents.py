import jsonschema
import pytest

from sonalyze_contracts.asyncapi import asyncapi_document, event_schemas
from sonalyze_contracts.catalogue import COMMANDS, PUSHES

SCHEMAS = event_schemas()


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi_document("1")

    for reference in references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_command_and_push_is_an_operation() -> None:
    operations = asyncapi_document("1")["operations"]

    assert len(operations) == len(COMMANDS) + len(PUSHES)
    assert {operation["action"] for operation in operations.values()} == {"receive", "send"}


@pytest.mark.parametrize("event", sorted(SCHEMAS))
def test_every_event_has_a_valid_self_contained_schema(event: str) -> None:
    document = SCHEMAS[event]
    parts = [document[part] for part in ("request", "reply", "push") if part in document]
    definitions = document.get("$defs", {})

    assert parts
    for part in parts:
        jsonschema.Draft202012Validator.check_schema(part | {"$defs": definitions})
    assert {name.removeprefix("#/$defs/") for name in references(document)} <= set(definitions)
