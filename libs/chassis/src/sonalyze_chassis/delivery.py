"""Storage as the services write to it: batches that are taken whole or not at all."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import aiohttp
from pydantic import ValidationError

from sonalyze_chassis.parcels import Parcel, body_of
from sonalyze_contracts.errors import HttpErrorBody

REQUEST_TIMEOUT_S: Final = 30.0
"""A batch of 8 MiB takes a second or two; storage waits up to 10 s for a busy database."""

TAKEN: Final = 200

REFUSED: Final = frozenset({400, 409, 413, 422})
"""Answers that speak of the rows. Any other speaks of storage or of the way there, and passes."""

MOST_REFUSAL_CHARACTERS: Final = 500


class StorageUnavailable(Exception):
    """Storage did not take a batch, for no fault of the rows."""


class Storage:
    """Writes at ``STORAGE_URL``."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def write(self, batch: Sequence[Parcel]) -> str | None:
        """Have rows of one resource written; give why they are refused, if they are.

        Raises
        ------
        StorageUnavailable
            Nobody knows whether they are written; writing them again does no harm.
        """
        try:
            async with self._http.post(
                f"{self._url}/v1/{batch[0].resource}/batch",
                data=BytesIO(body_of(batch)),
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                return _refusal(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StorageUnavailable(type(error).__name__) from error


def _refusal(status: int, body: bytes) -> str | None:
    if status == TAKEN:
        return None
    if status not in REFUSED:
        raise StorageUnavailable(f"status {status}")
    try:
        problem = HttpErrorBody.model_validate_json(body)
    except ValidationError:
        return f"{status}"
    return f"{status} {problem.code}: {problem.detail}"[:MOST_REFUSAL_CHARACTERS]
