"""The AsyncAPI 3 document and the JSON Schema of every event, derived from the declarations.

The document describes the backend: it *receives* commands, each with its reply, and *sends*
pushes.
"""

from typing import Any, Literal, Union

from pydantic import TypeAdapter

from sonalyze_contracts.catalogue import COMMANDS, PUSHES
from sonalyze_contracts.command import Command, Push
from sonalyze_contracts.envelope import ServerMessage

JsonObject = dict[str, Any]
_Adapter = tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]

CHANNEL = "ws"
_REFERENCE = "#/components/schemas/{model}"
_OPTIONAL_TEXT: JsonObject = {"type": ["string", "null"]}


def asyncapi_document(version: str) -> JsonObject:
    """Describe the WebSocket of the gateway."""
    messages, schemas = _messages()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sonalyze",
            "version": version,
            "description": "Commands and pushes of the WebSocket at the gateway.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {"host": "localhost:8000", "pathname": "/ws", "protocol": "ws"},
        },
        "channels": {
            CHANNEL: {
                "address": "/ws",
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in sorted(messages)
                },
            }
        },
        "operations": _operations(),
        "components": {"messages": messages, "schemas": schemas},
    }


def event_schemas() -> dict[str, JsonObject]:
    """Give one self-contained JSON Schema document per event name: request, reply and pushes."""
    documents: dict[str, JsonObject] = {}
    for command in COMMANDS:
        documents[command.event] = {
            "description": _sentence(command),
            "owner": command.owner.value,
            "aliases": list(command.aliases),
        }
    pushes = _pushes_by_event()
    for event in {command.event: None for command in COMMANDS} | dict.fromkeys(pushes):
        adapters = [
            *(pair for command in COMMANDS if command.event == event for pair in _both(command)),
            *_told_as(pushes.get(event, [])),
        ]
        schemas, definitions = TypeAdapter.json_schemas(adapters)
        document = documents.setdefault(event, {})
        document |= {name: schema for (name, _), schema in schemas.items()}
        documents[event] = {"event": event, **document, **definitions}
    return documents


def _both(command: type[Command[Any]]) -> list[_Adapter]:
    return [
        ("request", "validation", TypeAdapter(command)),
        ("reply", "serialization", TypeAdapter(command.reply)),
    ]


def _told_as(pushes: list[type[Push]]) -> list[_Adapter]:
    if not pushes:
        return []
    any_of_them: Any = Union[tuple(pushes)]  # noqa: UP007  their number is known at run time only
    return [("push", "serialization", TypeAdapter(any_of_them))]


def _messages() -> tuple[JsonObject, JsonObject]:
    adapters: list[_Adapter] = [("error", "serialization", TypeAdapter(ServerMessage))]
    for command in COMMANDS:
        adapters.append((command.__name__, "validation", TypeAdapter(command)))
        reply: TypeAdapter[Any] = TypeAdapter(command.reply)
        adapters.append((f"{command.__name__}Reply", "serialization", reply))
    adapters += [(push.__name__, "serialization", TypeAdapter(push)) for push in PUSHES]
    by_name, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
    payloads = {name: schema for (name, _), schema in by_name.items()}
    messages: JsonObject = {"error": _message("error", "Why a request failed.", payloads["error"])}
    for command in COMMANDS:
        name = command.__name__
        messages[name] = _message(
            command.event, _sentence(command), _request(command, payloads[name])
        )
        messages[f"{name}Reply"] = _message(
            command.event,
            f"The answer to {command.event}.",
            _told("response", command.event, payloads[f"{name}Reply"]),
        )
    for push in PUSHES:
        payload = _told("event", push.event, payloads[push.__name__])
        messages[push.__name__] = _message(push.event, _sentence(push), payload)
    return messages, definitions.get("$defs", {})


def _operations() -> JsonObject:
    channel = {"$ref": f"#/channels/{CHANNEL}"}
    operations: JsonObject = {}
    for command in COMMANDS:
        name = command.__name__
        answers = [_channel_message(f"{name}Reply"), _channel_message("error")]
        operations[name] = {
            "action": "receive",
            "channel": channel,
            "summary": _sentence(command),
            "messages": [_channel_message(name)],
            "reply": {"channel": channel, "messages": answers},
        }
    for push in PUSHES:
        operations[push.__name__] = {
            "action": "send",
            "channel": channel,
            "summary": _sentence(push),
            "messages": [_channel_message(push.__name__)],
        }
    return operations


def _pushes_by_event() -> dict[str, list[type[Push]]]:
    grouped: dict[str, list[type[Push]]] = {}
    for push in PUSHES:
        grouped.setdefault(push.event, []).append(push)
    return grouped


def _request(command: type[Command[Any]], payload: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "required": ["event"],
        "properties": {
            "event": {"enum": list(command.events())},
            "request_id": _OPTIONAL_TEXT,
            "data": payload,
        },
    }


def _told(kind: str, event: str, payload: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "required": ["type", "event", "request_id", "data", "error"],
        "properties": {
            "type": {"const": kind},
            "event": {"const": event},
            "request_id": _OPTIONAL_TEXT,
            "data": payload,
            "error": {"type": "null"},
        },
    }


def _message(event: str, summary: str, payload: JsonObject) -> JsonObject:
    return {"name": event, "summary": summary, "payload": payload}


def _channel_message(name: str) -> JsonObject:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{name}"}


def _sentence(declared: type[Any]) -> str:
    return (declared.__doc__ or "").strip().splitlines()[0]
