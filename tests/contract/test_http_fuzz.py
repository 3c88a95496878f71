"""Requests drawn from the OpenAPI documents, and broken ones beside them: never a 5xx."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from live_backend import LiveBackend

from sonalyze_contracts.command import Service

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
EXAMPLES = 20
TIMEOUT_S = 20

fuzzed = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("audio/wav")
def as_it_is(_: schemathesis.SerializationContext, value: Any) -> Any:  # noqa: ANN401  what was drawn
    """Send a drawn sound as the bytes that it is, and whatever is none as text."""
    return getattr(value, "data", value if isinstance(value, bytes) else str(value).encode())


def documented(service: Service) -> schemathesis.BaseSchema:
    """Read what a service says that it answers."""
    return schemathesis.openapi.from_path(REFERENCE / f"openapi-{service}.json")


LOBBY, MEASUREMENT, SIMULATION, GATEWAY = (
    documented(service)
    for service in (Service.LOBBY, Service.MEASUREMENT, Service.SIMULATION, Service.GATEWAY)
)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Keep connections open between examples."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept


@LOBBY.parametrize()
@fuzzed
def test_the_lobby_never_breaks(
    case: schemathesis.Case[Any], backend_on_postgres: LiveBackend, session: requests.Session
) -> None:
    answer = sent(case, backend_on_postgres.url_of(Service.LOBBY), session)

    assert_refused_properly(answer)


@SIMULATION.parametrize()
@fuzzed
def test_the_simulation_service_never_breaks(
    case: schemathesis.Case[Any], backend: LiveBackend, session: requests.Session
) -> None:
    answer = sent(case, backend.url_of(Service.SIMULATION), session)

    assert_refused_properly(answer)


@MEASUREMENT.parametrize()
@fuzzed
def test_the_measurement_service_never_breaks(
    case: schemathesis.Case[Any], backend: LiveBackend, session: requests.Session
) -> None:
    answer = sent(case, backend.url_of(Service.MEASUREMENT), session)

    assert_refused_properly(answer)


@GATEWAY.parametrize()
@fuzzed
def test_the_gateway_never_breaks(
    case: schemathesis.Case[Any], backend: LiveBackend, session: requests.Session
) -> None:
    token = {"X-Internal-Token": backend.token}

    answer = sent(case, backend.url, session, headers=token)

    assert_refused_properly(answer)


def sent(
    case: schemathesis.Case[Any],
    base_url: str,
    session: requests.Session,
    headers: dict[str, str] | None = None,
) -> schemathesis.Response:
    """Send an example."""
    return case.call(base_url=base_url, session=session, headers=headers, timeout=TIMEOUT_S)


def assert_refused_properly(answer: schemathesis.Response) -> None:
    """Fail on a 5xx, and on an error that is not in the documented shape."""
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
    has_body = answer.request.method != "HEAD" and answer.status_code != HTTPStatus.NOT_MODIFIED
    if answer.status_code >= HTTPStatus.BAD_REQUEST and has_body:
        assert {"detail", "code", "retryable", "correlation_id"} <= set(answer.json())
