"""What a request says, as far as it says it properly: anything else is 422."""

from collections.abc import Collection as Many
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model
from starlette.requests import ClientDisconnect

from sonalyze_contracts.errors import Invalid
from sonalyze_storage.domain.collection import Collection
from sonalyze_storage.domain.pages import (
    DEFAULT_LIMIT,
    LARGEST_LIMIT,
    LARGEST_OFFSET,
    PageRequest,
    Place,
)

LARGEST_REVISION = 2**31 - 1


class PageQuery(BaseModel):
    """The query of a list. Limits and offsets beyond what is served are brought to its bounds."""

    limit: int = Field(
        default=DEFAULT_LIMIT, description=f"How many rows; 1 to {LARGEST_LIMIT}, else the nearest."
    )
    offset: int = Field(default=0, description="How many rows to leave out; below 0 is 0.")
    after: str | None = Field(
        default=None, description="Go on after a page: what the `Link` header of its answer says."
    )

    def request(self) -> PageRequest:
        """Say which rows are asked for."""
        return PageRequest(
            limit=min(max(self.limit, 1), LARGEST_LIMIT),
            offset=min(max(self.offset, 0), LARGEST_OFFSET),
            after=None if self.after is None else Place.read(self.after),
            filters={
                name: value
                for name in type(self).model_fields.keys() - PageQuery.model_fields.keys()
                if (value := getattr(self, name)) is not None
            },
        )


def query_of(collection: Collection) -> type[PageQuery]:
    """Make the query that lists of this collection take: pages, and its filters."""
    filters: dict[str, Any] = {name: (of | None, None) for name, of in collection.filters.items()}
    return create_model(f"{collection.row.__name__}Query", __base__=PageQuery, **filters)


async def said(adapter: TypeAdapter[Any], request: Request) -> Any:  # noqa: ANN401  what the adapter reads
    """Read the body."""
    try:
        return adapter.validate_json(await request.body())
    except ValidationError as error:
        raise _refused(error, "body") from error
    except ClientDisconnect as error:
        raise Invalid("The body ended too early") from error


def named(adapter: TypeAdapter[Any], request: Request) -> Any:  # noqa: ANN401  what the adapter reads
    """Read the last part of the path."""
    try:
        return adapter.validate_python(request.path_params["value"])
    except ValidationError as error:
        raise _refused(error, "path") from error


def asked(query: type[PageQuery], request: Request) -> PageRequest:
    """Read the query."""
    try:
        return query.model_validate(dict(request.query_params)).request()
    except ValidationError as error:
        raise _refused(error, "query") from error


def expected_revisions(request: Request) -> Many[int] | None:
    """Read ``If-Match``: the revisions that the row may have; ``None`` is any."""
    tags = [tag.strip() for line in request.headers.getlist("if-match") for tag in line.split(",")]
    if not tags or "*" in tags:
        return None
    quoted = (tag[1:-1] for tag in tags if tag[:1] == tag[-1:] == '"')
    numbers = (
        int(text) for text in quoted if text.isdecimal() and len(text) <= len(str(LARGEST_REVISION))
    )
    return {number for number in numbers if number <= LARGEST_REVISION}


def _refused(error: ValidationError, place: str) -> RequestValidationError:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**fault, "loc": (place, *fault["loc"])} for fault in faults])
