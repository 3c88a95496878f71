import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from sonalyze_chassis.app import build_app
from sonalyze_chassis.dispatch import HANDLE_PATH, Handlers, UnansweredCommands, install_dispatch
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.catalogue import owned_by
from sonalyze_contracts.command import Command, Service
from sonalyze_contracts.envelope import Caller
from sonalyze_contracts.errors import Conflict
from sonalyze_contracts.model import Model

TOKEN = "secret of the services"  # noqa: S105  of this test


class Told(Model):
    said: str
    by: str


class Say(Command[Told], event="test.say", owner=Service.STORAGE, aliases=("test.tell",)):
    text: str


class Refuse(Command[Told], event="test.refuse", owner=Service.STORAGE):
    pass


def handlers() -> Handlers[str]:
    made: Handlers[str] = Handlers(Service.STORAGE)

    @made.answers(Say)
    async def say(command: Say, caller: Caller, services: str) -> Told:
        return Told(said=f"{services}: {command.text}", by=caller.device_id)

    @made.answers(Refuse)
    async def refuse(_: Refuse, __: Caller, ___: str) -> Told:
        raise Conflict("Not now")

    return made


@asynccontextmanager
async def nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


async def post(body: object, token: str | None = TOKEN) -> httpx2.Response:
    app = build_app(
        Service.STORAGE,
        ServiceSettings(_env_file=None, log_level="ERROR"),
        lifespan=nothing_to_open,
        health=Health(),
        health_path="/health",
    )
    app.state.services = "the use cases"
    install_dispatch(app, handlers(), SecretStr(TOKEN))
    transport = httpx2.ASGITransport(app)
    headers = {} if token is None else {"X-Internal-Token": token}
    content = body if isinstance(body, str) else json.dumps(body)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.post(HANDLE_PATH, content=content, headers=headers)


def forwarded(event: str, **data: object) -> dict[str, object]:
    client = {"device_id": "a", "connection_id": "c", "ip": None}
    return {"client": client, "message": {"event": event, "request_id": "1", "data": data}}


@pytest.mark.parametrize("event", ["test.say", "test.tell"])
async def test_a_command_and_its_alias_are_answered_with_the_promised_reply(event: str) -> None:
    answer = await post(forwarded(event, text="hello", device_id="somebody else", new_field=1))

    assert answer.status_code == 200
    assert answer.json() == {"said": "the use cases: hello", "by": "a"}


async def test_an_event_of_nobody_is_unknown() -> None:
    answer = await post(forwarded("test.nothing"))

    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_event"
    assert answer.json()["detail"] == "Unknown event: test.nothing"


async def test_a_missing_field_is_named() -> None:
    answer = await post(forwarded("test.say"))

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert answer.json()["detail"] == "Missing 'text' in data"


async def test_what_a_handler_refuses_keeps_its_kind() -> None:
    answer = await post(forwarded("test.refuse"))

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("body", ["{", {}, {"client": {}, "message": {}}])
async def test_what_the_gateway_would_not_send_is_a_bad_request(body: object) -> None:
    answer = await post(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_only_the_gateway_may_forward(token: str | None) -> None:
    answer = await post(forwarded("test.say", text="hello"), token)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_service_does_not_start_while_it_owes_an_answer() -> None:
    with pytest.raises(UnansweredCommands) as refusal:
        install_dispatch(FastAPI(), Handlers(Service.LOBBY), SecretStr(""))

    assert all(command.event in str(refusal.value) for command in owned_by(Service.LOBBY))
