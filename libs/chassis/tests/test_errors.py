from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx2
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel, Field, ValidationError

from sonalyze_chassis.app import build_app
from sonalyze_chassis.errors import INTERNAL_MESSAGE, sentence_of, status_of
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts import errors
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import SonalyzeError


class DoorLocked(errors.Conflict):
    """A condition that only this test knows."""


class QueueLong(errors.Unavailable):
    """Another one, which goes away."""


@asynccontextmanager
async def nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


def failing_app() -> FastAPI:
    app = build_app(
        Service.STORAGE,
        ServiceSettings(_env_file=None, log_level="ERROR"),
        lifespan=nothing_to_open,
        health=Health(),
        health_path="/health",
    )

    @app.get("/locked")
    async def locked() -> None:
        raise DoorLocked("The door is locked", door="front")

    @app.get("/busy")
    async def busy() -> None:
        raise QueueLong("Come back", retry_after_s=4.6)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret of the inside")

    @app.post("/numbers")
    async def numbers(number: Annotated[int, Body(embed=True)]) -> int:
        return number

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(failing_app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_condition_is_answered_with_its_kind_and_its_facts(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/locked")

    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "The door is locked",
        "code": "conflict",
        "retryable": False,
        "correlation_id": answer.headers["X-Request-ID"],
        "details": {"condition": "door_locked", "retryable": False, "door": "front"},
    }


async def test_what_goes_away_says_when_to_come_back(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/busy")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["retryable"]


async def test_what_nobody_foresaw_tells_nothing_of_the_inside(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/broken")

    body = answer.json()
    assert answer.status_code == 500
    assert (body["code"], body["detail"]) == ("internal", INTERNAL_MESSAGE)
    assert body["correlation_id"] == answer.headers["X-Request-ID"]
    assert "secret" not in answer.text


@pytest.mark.parametrize("content", ['{"number": "x"}', "{}", "{", b"\xff", "[" * 100_000])
async def test_a_body_of_another_shape_is_422(
    client: httpx2.AsyncClient, content: str | bytes
) -> None:
    answer = await client.post(
        "/numbers", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_request"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("DELETE", "/locked", 405, "method_not_allowed")],
)
async def test_errors_of_the_framework_have_the_same_shape(
    client: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert set(answer.json()) == {"detail", "code", "retryable", "correlation_id", "details"}
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Invalid, 400),
        (errors.UnknownEvent, 400),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (DoorLocked, 409),
        (errors.TooLarge, 413),
        (errors.UnsupportedMedia, 415),
        (errors.Unprocessable, 422),
        (errors.RateLimited, 429),
        (errors.UpstreamFailed, 502),
        (errors.Unavailable, 503),
        (errors.UpstreamTimeout, 504),
        (SonalyzeError, 500),
    ],
)
def test_each_kind_has_its_status(kind: type[SonalyzeError], status: int) -> None:
    assert status_of(kind("x")) == status


class Letter(BaseModel):
    text: str
    pages: Annotated[int, Field(gt=0)]


def test_a_faulty_payload_becomes_a_sentence() -> None:
    with pytest.raises(ValidationError) as fault:
        Letter.model_validate({"pages": 0})

    assert sentence_of(fault.value) == (
        "Missing 'text' in data; 'pages': Input should be greater than 0"
    )
