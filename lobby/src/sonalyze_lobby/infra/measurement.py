"""The measurement service over HTTP."""

from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import ValidationError

from sonalyze_chassis.context import REQUEST_ID_HEADER, current_request_id
from sonalyze_contracts.analysis_requests import AnalysisSource
from sonalyze_contracts.errors import HttpErrorBody
from sonalyze_lobby.domain.conditions import AnalysisRefused, AnalysisUnavailable
from sonalyze_lobby.domain.session import Recording

OK = 200
TRY_LATER = frozenset({429, 502, 503, 504})


class MeasurementService:
    """Analyses recordings at ``MEASUREMENT_URL``."""

    def __init__(self, http: aiohttp.ClientSession, url: str, timeout_s: float) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def analyze(self, job_id: str, recording: Recording) -> dict[str, Any]:
        """Analyse one recording against the signal that was played."""
        url = f"{self._url}/v1/jobs/{quote(job_id, safe='')}/analyze"
        request = {
            "source": AnalysisSource.SWEEP_DECONVOLUTION_GENERATED,
            "recording_upload": recording.upload_name,
            "audio_hash": recording.audio_hash,
        }
        try:
            async with self._http.post(
                url, data=orjson.dumps(request), headers=_headers(), timeout=self._timeout
            ) as answer:
                return _results(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AnalysisUnavailable("The measurement service does not answer") from error


def _headers() -> dict[str, str]:
    request_id = current_request_id()
    headers = {"Content-Type": "application/json"}
    return headers | ({REQUEST_ID_HEADER: request_id} if request_id else {})


def _results(status: int, body: bytes) -> dict[str, Any]:
    if status == OK:
        results: dict[str, Any] = orjson.loads(body)["results"]
        return results
    if status in TRY_LATER:
        raise AnalysisUnavailable("The measurement service has no room now", status=status)
    raise _refusal(status, body)


def _refusal(status: int, body: bytes) -> AnalysisRefused:
    try:
        problem = HttpErrorBody.model_validate_json(body)
    except ValidationError:
        return AnalysisRefused(f"The analysis failed with status {status}", reason="upstream_error")
    refused = "The analysis request was not accepted"
    sentence = problem.detail if isinstance(problem.detail, str) else refused
    return AnalysisRefused(sentence, reason=problem.code, found=problem.details)
