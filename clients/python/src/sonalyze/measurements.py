"""The measurement service over HTTP: the signal, jobs, uploads, analyses."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, BinaryIO
from urllib.parse import urlencode

from sonalyze.addresses import Gateway
from sonalyze.backoff import Backoff
from sonalyze.failures import AudioDamaged, UploadDamaged
from sonalyze.http_requests import HttpRequests, parsed
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_contracts.jobs import (
    AnalysisReceipt,
    JobCreated,
    JobRequest,
    JobView,
    RoomMap,
    UploadReceipt,
)
from sonalyze_contracts.signals import AudioInfo

ANSWER_TIMEOUT_S = 120.0
"""An analysis of 180 s of audio waits its turn behind others; everything else is much faster."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A measurement signal as it was downloaded: the file, and the hash that names it."""

    content: bytes
    audio_hash: AudioHash
    media_type: str


class Measurements:
    """Typed requests to the measurement service behind a gateway."""

    def __init__(self, gateway: Gateway, *, backoff: Backoff, chance: Random) -> None:
        self._http = HttpRequests(
            gateway, backoff=backoff, chance=chance, timeout_s=ANSWER_TIMEOUT_S
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()

    async def fetch_signal(self, url: str = "/v1/measurement/audio") -> Signal:
        """Download a signal and check it against the hash that came with it."""
        response = await self._http.send_repeatable("GET", url)
        audio_hash = hashlib.sha256(response.content).hexdigest()
        announced = response.headers.get("X-Audio-Hash", "")
        if announced != audio_hash:
            raise AudioDamaged("The signal is damaged", announced=announced, received=audio_hash)
        media_type = response.headers.get("Content-Type", "application/octet-stream")
        return Signal(response.content, AudioHash(audio_hash), media_type)

    async def signal_info(self, **parameters: float) -> AudioInfo:
        """Ask for the timeline of the signal with these parameters."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        response = await self._http.send_repeatable("GET", f"/v1/measurement/audio/info{query}")
        return parsed(AudioInfo, response)

    async def create_job(self, room: RoomMap, meta: dict[str, Any] | None = None) -> JobId:
        """Create a job to upload recordings to."""
        body = JobRequest(map=room, meta=meta or {}).model_dump(mode="json")
        response = await self._http.send("POST", "/v1/jobs", lambda: {"json": body})
        return parsed(JobCreated, response).job_id

    async def get_job(self, job_id: JobId) -> JobView:
        """Look a job up."""
        return parsed(JobView, await self._http.send_repeatable("GET", f"/v1/jobs/{job_id}"))

    async def upload(
        self, endpoint: str, name: UploadName, recording: bytes | Path
    ) -> UploadReceipt:
        """Upload a recording to a job's endpoint and check that it arrived unharmed.

        A file is streamed, never held in memory as a whole. The same name replaces, so a broken
        upload is simply repeated.
        """
        url = f"{endpoint.rstrip('/')}/{name}"
        if isinstance(recording, bytes):
            sha256 = hashlib.sha256(recording).hexdigest()
            return await self._upload(url, name, recording, sha256)
        with recording.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return await self._upload(url, name, file, sha256)

    async def upload_to_job(
        self, job_id: JobId, name: UploadName, recording: bytes | Path
    ) -> UploadReceipt:
        """Upload a recording to a job."""
        return await self.upload(f"/v1/jobs/{job_id}/uploads/", name, recording)

    async def analyze(self, job_id: JobId, request: AnalysisRequest) -> AnalysisReceipt:
        """Analyse an upload of a job, or all, and wait; the same again gives the same."""
        body = request.model_dump(mode="json")
        response = await self._http.send_repeatable(
            "POST", f"/v1/jobs/{job_id}/analyze", lambda: {"json": body}
        )
        return parsed(AnalysisReceipt, response)

    async def results_of_all(self, job_id: JobId) -> AnalysisReceipt:
        """Ask for the newest results of all recordings of a job together."""
        response = await self._http.send_repeatable("GET", f"/v1/jobs/{job_id}/results")
        return parsed(AnalysisReceipt, response)

    async def bundle(self, job_id: JobId, target: Path) -> None:
        """Download everything of a job as one ZIP; nothing is at the target before it is whole."""
        part = target.with_name(f"{target.name}.part")
        try:
            with part.open("w+b") as file:
                await self._http.download(f"/v1/jobs/{job_id}/bundle", file)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    async def _upload(
        self, url: str, name: UploadName, content: bytes | BinaryIO, sha256: str
    ) -> UploadReceipt:
        def body() -> dict[str, Any]:
            if not isinstance(content, bytes):
                content.seek(0)
            return {"files": {"file": (name, content)}}

        receipt = parsed(UploadReceipt, await self._http.send_repeatable("POST", url, body))
        if receipt.sha256 != sha256:
            raise UploadDamaged("The upload is damaged", sent=sha256, stored=receipt.sha256)
        return receipt
