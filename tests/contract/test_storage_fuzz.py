"""Requests drawn from storage's OpenAPI document, and broken ones beside them: never a 5xx."""

import itertools
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from storage_process import StorageProcess
from storage_shapes import SHAPES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi-storage.json"
STORAGE = schemathesis.openapi.from_path(DOCUMENT)

EXAMPLES = 70
"""Of each operation, beside some 40 that schemathesis derives from the bounds in its schema."""

LEAST_IN_TOTAL = 5_000
TIMEOUT_S = 20

sent = itertools.count()

fuzzed = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Keep connections open between examples."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept


@STORAGE.parametrize()
@fuzzed
def test_storage_never_breaks(
    case: schemathesis.Case[Any],
    storage_on_postgresql: StorageProcess,
    session: requests.Session,
) -> None:
    answer = case.call(base_url=storage_on_postgresql.url, session=session, timeout=TIMEOUT_S)

    next(sent)
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
    if answer.status_code >= HTTPStatus.BAD_REQUEST and answer.request.method != "HEAD":
        assert {"detail", "code", "retryable", "correlation_id"} <= set(answer.json())


@pytest.mark.parametrize("resource", SHAPES)
def test_every_list_still_answers(
    storage_on_postgresql: StorageProcess, session: requests.Session, resource: str
) -> None:
    url: str | None = f"{storage_on_postgresql.url}/v1/{resource}?limit=500"

    while url:
        page = session.get(url, timeout=TIMEOUT_S)
        assert page.status_code == HTTPStatus.OK, page.text
        further = page.links.get("next")
        url = further and storage_on_postgresql.url + further["url"]


def test_those_were_enough() -> None:
    assert next(sent) >= LEAST_IN_TOTAL, "this test counts what the tests above have sent"
