"""Storage as a program sees it that speaks plain HTTP, and rows that name only what matters."""

import itertools
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from sonalyze_contracts.archive import Resource

Row = dict[str, Any]

NOWHERE = "00000000-0000-4000-8000-000000000000"
"""An id that no row has."""

_numbers = itertools.count()


def unique(prefix: str = "x") -> str:
    """Give a short word that was not there before."""
    return f"{prefix}-{next(_numbers)}-{secrets.token_hex(3)}"


def new_id() -> str:
    """Give an id as clients make them."""
    return str(uuid4())


def path_of(resource: Resource | str, *parts: str) -> str:
    """Give a path below ``/v1``."""
    return "/".join(("/v1", str(resource), *parts))


@dataclass(frozen=True)
class Storage:
    """A running service; ``create`` and its like insist on success, ``ask`` gives any answer."""

    http: httpx2.Client

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **query: object,
    ) -> httpx2.Response:
        """Send one request; the body may hold what a careful encoder would refuse."""
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self.http.request(
            method,
            path,
            content=content,
            headers={**kind, **(headers or {})},
            params={name: str(value) for name, value in query.items()} or None,
        )

    def post(self, resource: Resource, **fields: object) -> httpx2.Response:
        """Try to create a row."""
        return self.ask("POST", path_of(resource), fields)

    def get(self, resource: Resource, row_id: str) -> httpx2.Response:
        """Ask for a row."""
        return self.ask("GET", path_of(resource, row_id))

    def patch(self, resource: Resource, row_id: str, **fields: object) -> httpx2.Response:
        """Try to change a row."""
        return self.ask("PATCH", path_of(resource, row_id), fields)

    def patch_if(
        self, etag: str, resource: Resource, row_id: str, **fields: object
    ) -> httpx2.Response:
        """Try to change a row that must not have changed meanwhile."""
        return self.ask("PATCH", path_of(resource, row_id), fields, {"If-Match": etag})

    def delete(self, resource: Resource, row_id: str) -> httpx2.Response:
        """Try to delete a row."""
        return self.ask("DELETE", path_of(resource, row_id))

    def batch(self, resource: Resource, *rows: Row) -> httpx2.Response:
        """Try to write rows together."""
        return self.ask("POST", path_of(resource, "batch"), {"rows": rows})

    def create(self, resource: Resource, **fields: object) -> Row:
        """Create a row."""
        return row_of(self.post(resource, **fields))

    def read(self, resource: Resource, row_id: str) -> Row:
        """Read a row."""
        return row_of(self.get(resource, row_id))

    def change(self, resource: Resource, row_id: str, **fields: object) -> Row:
        """Change a row."""
        return row_of(self.patch(resource, row_id, **fields))

    def write(self, resource: Resource, *rows: Row) -> list[str]:
        """Write rows together; give their ids."""
        answer = self.batch(resource, *rows)
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    def rows(self, resource: Resource | str, **query: object) -> list[Row]:
        """List rows."""
        answer = self.ask("GET", path_of(resource), **query)
        assert answer.status_code == 200, answer.text
        listed: list[Row] = answer.json()
        return listed

    def ids(self, resource: Resource | str, **query: object) -> list[str]:
        """List the ids of rows."""
        return [row["id"] for row in self.rows(resource, **query)]

    def pages(self, resource: Resource | str, **query: object) -> Iterator[list[Row]]:
        """Follow the links from the first page to the last."""
        answer = self.ask("GET", path_of(resource), **query)
        while True:
            assert answer.status_code == 200, answer.text
            yield answer.json()
            further = answer.links.get("next")
            if further is None:
                return
            answer = self.ask("GET", further["url"])

    def device(self, **fields: object) -> str:
        """Create a device; give its id."""
        return str(self.create(Resource.DEVICES, **{"external_id": unique("d"), **fields})["id"])

    def lobby(self, **fields: object) -> str:
        """Create a lobby; give its id."""
        return str(self.create(Resource.LOBBIES, **fields)["id"])

    def measurement(self, **fields: object) -> str:
        """Create a measurement; give its id."""
        return str(self.create(Resource.MEASUREMENTS, **fields)["id"])

    def job(self, **fields: object) -> str:
        """Create a simulation job; give its id."""
        return str(self.create(Resource.SIMULATION_JOBS, **fields)["id"])

    def required(self, resource: Resource) -> Row:
        """Give the least fields with which a row can be created; what they refer to exists."""
        match resource:
            case Resource.DEVICES:
                return {"external_id": unique("d")}
            case Resource.PARTICIPANTS:
                return {"lobby_id": self.lobby(), "device_id": self.device()}
            case Resource.ANALYSIS_OUTPUTS:
                return {"measurement_id": self.measurement(), "type": "sti"}
            case Resource.SIMULATION_RESULTS:
                return {"job_id": self.job()}
            case _:
                return {}

    def any_row(self, resource: Resource, **fields: object) -> Row:
        """Create a row of this resource."""
        return self.create(resource, **{**self.required(resource), **fields})


def row_of(answer: httpx2.Response) -> Row:
    """Insist on success, and give the row."""
    assert answer.status_code == 200, answer.text
    row: Row = answer.json()
    return row


def assert_refused(answer: httpx2.Response, status: int, code: str | None = None) -> None:
    """Insist on an error of this status in the shape that all errors have."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    body = answer.json()
    assert {"detail", "code", "retryable", "correlation_id"} <= set(body)
    assert code is None or body["code"] == code, body
