"""Rows as JSON, encoded once, straight from what the database gave."""

from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response

from sonalyze_storage.domain.collection import Row
from sonalyze_storage.domain.pages import Page, PageRequest

JSON = "application/json"


def row_answer(row: Row) -> Response:
    """Answer with one row and its entity tag."""
    return Response(_encoded(row.fields), headers={"ETag": f'"{row.revision}"'}, media_type=JSON)


def page_answer(page: Page, asked: PageRequest, request: Request) -> Response:
    """Answer with rows, and where they go on."""
    answer = Response(_encoded(page.rows), media_type=JSON)
    if page.end:
        query = {"limit": asked.limit, **asked.filters, "after": page.end.cursor()}
        answer.headers["Link"] = f'<{request.scope["path"]}?{urlencode(query)}>; rel="next"'
    return answer


def plain_answer(content: dict[str, Any]) -> Response:
    """Answer with anything else."""
    return Response(_encoded(content), media_type=JSON)


def _encoded(value: object) -> bytes:
    # asyncpg's UUIDs are a class of their own, which orjson takes for unknown.
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
