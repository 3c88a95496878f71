import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from aiohttp import web
from bucket import Bucket, bucket_served
from laboratory import RATE_HZ, RT_S, Laboratory, MakeSettings, Threads, client_of

from sonalyze_contracts.bundles import FileKind, Manifest
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files
from sonalyze_measurement.settings import Settings

AUDIO = "/v1/measurement/audio"
MIB = 1 << 20


@pytest.fixture
def settings(make_settings: MakeSettings, bucket: Bucket) -> Settings:
    return make_settings(measurement_store_url=bucket.url)


@pytest.fixture
async def client(settings: Settings, engine: Threads) -> AsyncIterator[httpx2.AsyncClient]:
    """Talk to a service that keeps its files in a bucket."""
    async with client_of(settings, engine) as client:
        yield client


async def test_a_measurement_runs_as_it_does_on_a_folder(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)

    answer = await laboratory.analyse()

    job = await laboratory.job()
    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)
    assert job["uploads"] == job["analysed"] == ["recording"]
    assert job["results"] == answer.json()["results"]


async def test_a_bundle_holds_what_is_in_the_bucket(
    laboratory: Laboratory, recording_file: bytes, files_in_data: Callable[[], list[str]]
) -> None:
    await laboratory.upload("recording", recording_file)
    await laboratory.analyse()

    answer = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/bundle")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        manifest = Manifest.model_validate_json(bundle.read("manifest.json"))
        assert bundle.read("recordings/recording") == recording_file
    kinds = {file.kind for file in manifest.files}
    assert kinds == set(FileKind)
    assert not any(name.startswith(".incoming/") for name in files_in_data())


async def test_only_what_is_being_made_lies_on_the_services_own_disk(
    laboratory: Laboratory, recording_file: bytes, files_in_data: Callable[[], list[str]]
) -> None:
    await laboratory.upload("recording", recording_file)

    await laboratory.analyse()

    names = {name.partition("/")[0] for name in files_in_data()}
    assert names == {".incoming", ".signals"}


async def test_another_replica_knows_everything(
    laboratory: Laboratory, recording_file: bytes, settings: Settings, tmp_path: Path
) -> None:
    await laboratory.upload("recording", recording_file)
    elsewhere = settings.model_copy(update={"measurement_data_dir": tmp_path / "other"})
    engine = Threads()

    async with client_of(elsewhere, engine) as client:
        there = Laboratory(client, laboratory.job_id, tmp_path, laboratory.signal_hash)
        await client.get(AUDIO, params={"sample_rate": RATE_HZ})
        known = await client.head(f"/v1/jobs/{laboratory.job_id}/uploads/recording")
        answer = await there.analyse()

    assert engine.works == ["sonalyze_measurement.infra.evaluate:evaluate"]
    assert known.headers["X-Upload-SHA256"] == hashlib.sha256(recording_file).hexdigest()
    assert answer.status_code == 200
    assert (await laboratory.job())["results"] == answer.json()["results"]


async def test_an_upload_in_pieces_is_whole_with_the_last(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    content = bytes(range(256)) * (6 * MIB // 256)
    path = f"/v1/jobs/{job_id}/uploads/recording"

    await client.patch(path, content=content[:MIB], headers={"Upload-Offset": "0"})
    hidden = await client.get(f"/v1/jobs/{job_id}")
    ended = await client.patch(
        path,
        content=content[MIB:],
        headers={"Upload-Offset": str(MIB), "Upload-Complete": "?1"},
    )

    known = await client.head(path)
    assert hidden.json()["uploads"] == []
    assert ended.headers["X-Upload-SHA256"] == hashlib.sha256(content).hexdigest()
    assert known.headers["X-Upload-SHA256"] == hashlib.sha256(content).hexdigest()


async def test_a_record_of_another_version_is_not_believed(
    client: httpx2.AsyncClient, job_id: str, settings: Settings
) -> None:
    path = f"/v1/jobs/{job_id}/uploads/recording"
    await client.post(path, files={"file": b"first"})
    await kept_by_another_process(settings, f"{job_id}/uploads/recording", b"other")

    known = await client.head(path)

    assert known.headers["X-Upload-SHA256"] == hashlib.sha256(b"other").hexdigest()


async def test_the_signal_can_be_continued_where_it_broke_off(client: httpx2.AsyncClient) -> None:
    whole = await client.get(AUDIO, params={"sample_rate": 8_000})

    rest = await client.get(AUDIO, params={"sample_rate": 8_000}, headers={"Range": "bytes=1000-"})
    again = await client.get(
        AUDIO, params={"sample_rate": 8_000}, headers={"If-None-Match": whole.headers["ETag"]}
    )

    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    assert again.status_code == 304


async def test_unknown_jobs_uploads_and_results_are_what_they_always_are(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    unknown_job = await client.get("/v1/jobs/00000000-0000-4000-8000-000000000000")
    unknown_upload = await client.head(f"/v1/jobs/{job_id}/uploads/recording")
    unknown_results = await client.get(f"/v1/jobs/{job_id}/results/recording")
    missing = await client.post(f"/v1/jobs/{job_id}/analyze", json={"source": "impulse_response"})

    answers = (unknown_job, unknown_upload, unknown_results, missing)
    assert [answer.status_code for answer in answers] == [404, 404, 404, 400]


async def test_while_the_bucket_is_away_the_service_says_so_and_goes_on_afterwards(
    make_settings: MakeSettings, engine: Threads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        with bucket_served() as leaving:
            leaving.configure(monkeypatch)
            settings = make_settings(measurement_store_url=bucket.url)
            client = await stack.enter_async_context(client_of(settings, engine))
            created = await client.post("/v1/jobs", json={"map": {}})
        path = f"/v1/jobs/{created.json()['job_id']}"

        answers = [
            await client.get(path),
            await client.post("/v1/jobs", json={"map": {}}),
            await client.post(f"{path}/uploads/recording", files={"file": b"x"}),
        ]
        ready, alive = await client.get("/readyz"), await client.get("/livez")
        with bucket_served(leaving.port):
            back = await client.get(path)

    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    assert not any("127.0.0.1" in answer.text for answer in answers)
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert ready.json()["checks"]["store"] == "failed"
    assert back.status_code == 200


async def test_a_bucket_that_does_not_exist_is_no_unknown_job(
    make_settings: MakeSettings,
    engine: Threads,
    bucket: Bucket,  # noqa: ARG001  the server
) -> None:
    async with client_of(make_settings(measurement_store_url="s3://misspelt"), engine) as client:
        asked = await client.get("/v1/jobs/00000000-0000-4000-8000-000000000000")
        head = await client.head("/v1/jobs/00000000-0000-4000-8000-000000000000/uploads/a")
        created = await client.post("/v1/jobs", json={"map": {}})
        ready = await client.get("/readyz")

    answers = (asked, head, created, ready)
    assert [answer.status_code for answer in answers] == [503, 503, 503, 503]
    assert "misspelt" not in created.text


async def test_a_bucket_that_lets_nobody_in_is_unavailable(
    make_settings: MakeSettings, engine: Threads, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        text = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        return web.Response(status=403, text=text, content_type="application/xml")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")

    async with client_of(make_settings(measurement_store_url=bucket.url), engine) as client:
        created = await client.post("/v1/jobs", json={"map": {}})
        asked = await client.get("/v1/jobs/00000000-0000-4000-8000-000000000000")
        ready = await client.get("/readyz")
    await runner.cleanup()

    assert [answer.status_code for answer in (created, asked, ready)] == [503, 503, 503]
    assert created.json()["code"] == "unavailable"


async def kept_by_another_process(settings: Settings, key: str, content: bytes) -> None:
    """Put a file into the bucket past the service, as one does that dies right after it."""
    staging = Staging(settings.measurement_data_dir)
    files = open_files(
        settings.measurement_store_url, settings.measurement_data_dir, staging, allow_http=True
    )
    await files.put(key, content)
