"""Rows are the same whenever the same is said again, and leave the lobby's fields alone."""

from uuid import UUID

import pytest

from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.archive import Resource, recording_row_id
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import AnalysisRun
from sonalyze_contracts.provenance import Versions
from sonalyze_measurement.domain.archive import Arrival, Header, arrival_in, rows_of_refusal
from sonalyze_measurement.domain.refusals import SilentRecording
from sonalyze_measurement.domain.uploads import Upload

JOB = JobId("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
NAME = UploadName("one.wav")
SHA256 = "ab" * 32
ARRIVAL = Arrival(JOB, Upload(NAME, 7, SHA256), f"s3://bucket/{JOB}/uploads/one.wav")
MEASUREMENT = recording_row_id(JOB, NAME)
REQUEST = AnalysisRequest(source=AnalysisSource.IMPULSE_RESPONSE, impulse_response_upload=NAME)
REFUSAL = SilentRecording("The recording is silent.")


def versions(analysis: str = "1") -> Versions:
    return Versions(
        analysis=analysis,
        sonalyze="0",
        python="3",
        numpy="2",
        scipy="1",
        soxr="1",
        libsndfile="1",
    )


def output_id(
    request: AnalysisRequest, analysis: str = "1", measurement: UUID = MEASUREMENT
) -> UUID:
    *_, output = rows_of_refusal(measurement, request, versions(analysis), REFUSAL)
    return output.id


def test_an_upload_is_a_measurement_of_which_the_lobby_says_the_rest() -> None:
    row = ARRIVAL.row(Header(48_000, 2))

    assert (row.resource, row.id) == (Resource.MEASUREMENTS, MEASUREMENT)
    assert row.fields == {
        "kind": "raw",
        "raw_bytes": 7,
        "raw_sha256": SHA256,
        "raw_blob_ref": f"s3://bucket/{JOB}/uploads/one.wav",
        "sample_rate_hz": 48_000,
        "channels": 2,
    }


def test_a_file_that_is_not_read_yet_has_no_earlier_files_header() -> None:
    fields = ARRIVAL.row().fields

    assert (fields["sample_rate_hz"], fields["channels"]) == (None, None)


def test_an_arrival_is_read_back_from_its_row() -> None:
    assert arrival_in(ARRIVAL.row(), "s3://bucket/") == ARRIVAL


@pytest.mark.parametrize("address", ["s3://other/", "file:", "s3://bucket/deeper/"])
def test_an_arrival_in_another_store_is_none_of_this_one(address: str) -> None:
    assert arrival_in(ARRIVAL.row(), address) is None


def test_a_refusal_is_an_output_that_failed_after_the_recording_it_is_of() -> None:
    recording, output = rows_of_refusal(MEASUREMENT, REQUEST, versions(), REFUSAL)

    assert (recording.id, recording.fields) == (MEASUREMENT, {"kind": "raw"})
    assert output.resource is Resource.ANALYSIS_OUTPUTS
    assert output.fields == {
        "measurement_id": str(MEASUREMENT),
        "type": "room_acoustics",
        "status": "failed",
        "result": {
            "error": REFUSAL.body().model_dump(mode="json"),
            "parameters": REQUEST.model_dump(mode="json"),
            "versions": versions().model_dump(),
        },
    }


def test_the_same_analysis_is_the_same_output_whoever_asks() -> None:
    command = AnalysisRun(job_id=JOB, **REQUEST.model_dump())

    assert output_id(command) == output_id(REQUEST)


def test_another_channel_recording_or_version_is_another_output() -> None:
    other_recording = recording_row_id(JOB, UploadName("two.wav"))

    ids = {
        output_id(REQUEST),
        output_id(REQUEST.model_copy(update={"channel": 1})),
        output_id(REQUEST, measurement=other_recording),
        output_id(REQUEST, "2"),
    }

    assert len(ids) == 4
