"""The routes of the resources, alike for all of them.

They read their requests themselves and write their answers once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter

from sonalyze_contracts.stored import Batch, BatchReceipt, Deleted
from sonalyze_storage.api import documented
from sonalyze_storage.api.answers import page_answer, plain_answer, row_answer
from sonalyze_storage.api.direct import Direct, Shortcut
from sonalyze_storage.api.inputs import asked, expected_revisions, named, query_of, said
from sonalyze_storage.domain.collection import Collection, Lookup
from sonalyze_storage.shelf import Shelf

ID: TypeAdapter[UUID] = TypeAdapter(UUID)


class Endpoints:
    """What is answered for one resource."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.new: TypeAdapter[Any] = TypeAdapter(collection.new)
        self.patch: TypeAdapter[Any] = TypeAdapter(collection.patch)
        self.batch: TypeAdapter[Any] = TypeAdapter(Batch[collection.entry])  # type: ignore[name-defined]  # made at run time
        self.query = query_of(collection)

    async def create(self, request: Request) -> Response:
        """Keep a new row."""
        return row_answer(await self._shelf(request).add(await said(self.new, request)))

    async def create_many(self, request: Request) -> Response:
        """Keep up to 1000 rows, all or none."""
        entries = (await said(self.batch, request))["rows"]
        ids = await self._shelf(request).write(entries)
        return plain_answer({"written": len(ids), "ids": ids})

    async def list_page(self, request: Request) -> Response:
        """List rows, the newest first."""
        wanted = asked(self.query, request)
        return page_answer(await self._shelf(request).page(wanted), wanted, request)

    async def read(self, request: Request) -> Response:
        """Read a row."""
        return row_answer(await self._shelf(request).find("id", named(ID, request)))

    async def change(self, request: Request) -> Response:
        """Change the given fields of a row."""
        row_id, revisions = named(ID, request), expected_revisions(request)
        given = await said(self.patch, request)
        return row_answer(await self._shelf(request).change(row_id, given, revisions))

    async def remove(self, request: Request) -> Response:
        """Delete a row, and what cannot be without it."""
        await self._shelf(request).remove(named(ID, request))
        return plain_answer({"deleted": True})

    def read_by(self, lookup: Lookup) -> Callable[[Request], Any]:
        """Make the endpoint that finds a row by another field."""
        adapter: TypeAdapter[Any] = TypeAdapter(lookup.type)

        async def read_by(request: Request) -> Response:
            """Read the row that has this value."""
            value = named(adapter, request)
            return row_answer(await self._shelf(request).find(lookup.field, value))

        return read_by

    def _shelf(self, request: Request) -> Shelf:
        shelf: Shelf = request.app.state.services[self._collection.resource]
        return shelf


def install_routes(app: FastAPI, collections: Iterable[Collection]) -> None:
    """Serve every resource under its path, and under the one of older clients."""
    for collection in collections:
        routes = tuple(_routes_of(collection))
        for path in dict.fromkeys((collection.resource.value, collection.underscored)):
            for route in routes:
                app.router.add_api_route(
                    f"/v1/{path}{route.path}",
                    route.endpoint,
                    methods=[route.method],
                    response_model=route.answer,
                    openapi_extra=route.documented,
                    tags=[collection.resource],
                    include_in_schema=path == collection.resource,
                    route_class_override=Direct,
                )
    app.router.routes.insert(0, Shortcut(app.router.routes))


class _Route(NamedTuple):
    method: str
    path: str
    endpoint: Callable[[Request], Any]
    answer: Any
    documented: dict[str, Any]


def _routes_of(collection: Collection) -> Iterator[_Route]:
    """Tell the routes of a resource, apart from the resource's own path."""
    of, row = Endpoints(collection), collection.row
    yield _Route("POST", "", of.create, row, documented.body(of.new))
    yield _Route("POST", "/batch", of.create_many, BatchReceipt, documented.body(of.batch))
    yield _Route("GET", "", of.list_page, list[row], documented.query(of.query))  # type: ignore[valid-type]  # made at run time
    for lookup in collection.lookups:
        path = f"/{lookup.path}/{{value:path}}"
        yield _Route("GET", path, of.read_by(lookup), row, documented.path(lookup.type))
    one = documented.path(UUID)
    yield _Route("GET", "/{value}", of.read, row, one)
    change = {"parameters": [*one["parameters"], documented.IF_MATCH], **documented.body(of.patch)}
    yield _Route("PATCH", "/{value}", of.change, row, change)
    yield _Route("DELETE", "/{value}", of.remove, Deleted, one)
