from pathlib import Path

from bucket import Bucket
from running import running_service

MIB = 1 << 20


async def test_an_upload_to_a_bucket_takes_a_few_of_its_parts_in_memory(
    tmp_path: Path, bucket: Bucket
) -> None:
    async with running_service(tmp_path / "data", MEASUREMENT_STORE_URL=bucket.url) as service:
        job = await service.client.post("/v1/jobs", json={"map": {}})
        path = f"/v1/jobs/{job.json()['job_id']}/uploads"
        await service.client.post(f"{path}/warm-up", files={"file": bytes(2 * MIB)})
        before_kib = service.peak_kib()

        answer = await service.client.post(f"{path}/recording", files={"file": bytes(40 * MIB)})

        assert answer.json()["bytes"] == 40 * MIB
        assert service.peak_kib() - before_kib < 16 * 1024
