"""All recordings of a job, analysed together."""

from typing import Any

import httpx2
import numpy as np
import pytest
from laboratory import RATE_HZ, RT_S, Laboratory, audio_file, room_recording

SILENCE = audio_file(np.zeros(17 * RATE_HZ))
MAP = {
    "sources": [{"id": "stage", "position": [1, 1, 1]}, {"id": "desk", "position": [2, 1, 1]}],
    "receivers": [{"id": "left", "position": [3, 1, 1]}, {"id": "right", "position": [3, 3, 1]}],
}


@pytest.fixture
async def job_id(client: httpx2.AsyncClient) -> str:
    """A job whose map has two places for speakers and two for microphones."""
    answer = await client.post("/v1/jobs", json={"map": MAP})
    return str(answer.json()["job_id"])


async def uploaded(laboratory: Laboratory, *names: str, content: bytes | None = None) -> None:
    recording = content or audio_file(room_recording())
    for name in names:
        await laboratory.upload(name, recording)


async def results_of_all(laboratory: Laboratory, **request: object) -> dict[str, Any]:
    answer = await laboratory.analyse("all", audio_hash=laboratory.signal_hash, **request)
    assert answer.status_code == 200, answer.text
    results: dict[str, Any] = answer.json()["results"]
    return results


async def test_the_mean_stands_where_an_app_looks_for_one_recording(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left", "stage.right")

    results = await results_of_all(laboratory)

    assert results["rt"]["rt60_s"] == pytest.approx(RT_S, rel=0.03)
    assert results["alignment"] is None
    assert [each["uploads"] for each in results["positions"]] == [["stage.left"], ["stage.right"]]
    for position in results["positions"]:
        assert position["results"]["rt"]["rt60_s"] == pytest.approx(RT_S, rel=0.03)
