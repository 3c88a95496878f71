from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_contracts.errors import Invalid, NotFound
from sonalyze_measurement.domain.conditions import InvalidUploadName, UnknownJob
from sonalyze_measurement.domain.names import download_stem_of, job_id_of, upload_name_of

ANYTHING = st.text(max_size=200) | st.sampled_from(
    ["..", ".", "", "../../etc/passwd", "a/../b", "a\\b", "a\n", "a\x00", "C:", "~", "references"]
)


@given(ANYTHING)
def test_no_job_id_leaves_the_data_folder(text: str) -> None:
    try:
        job_id = job_id_of(text)
    except UnknownJob:
        return

    assert (Path("/data") / job_id).resolve().parent == Path("/data")
    assert str(UUID(job_id)) == job_id


@given(ANYTHING)
def test_no_upload_name_leaves_its_folder(text: str) -> None:
    try:
        name = upload_name_of(text)
    except InvalidUploadName:
        return

    path = Path("/data/job/uploads") / name
    assert path.resolve().parent == Path("/data/job/uploads")
    assert path.name == text


@given(
    st.from_regex(
        r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", fullmatch=True, alphabet=st.characters(codec="ascii")
    )
)
def test_every_documented_upload_name_is_accepted(text: str) -> None:
    assert upload_name_of(text) == text


@pytest.mark.parametrize("text", ["", ".hidden", "-x", "a b", "ä", "a" * 129, "name\n", "a/b"])
def test_other_upload_names_are_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        upload_name_of(text)


@given(st.uuids())
def test_job_ids_are_uuids_in_either_case(uuid: UUID) -> None:
    assert job_id_of(str(uuid)) == job_id_of(str(uuid).upper()) == str(uuid)


@pytest.mark.parametrize("spell", [lambda u: u.hex, lambda u: f"{{{u}}}", lambda u: u.urn])
def test_other_spellings_of_a_uuid_name_no_job(spell) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  a lambda
    with pytest.raises(NotFound):
        job_id_of(spell(uuid4()))


@given(ANYTHING)
def test_a_download_has_a_harmless_name_whatever_the_session_is_called(session_id: str) -> None:
    stem = download_stem_of(session_id)

    assert stem.startswith("measurement_")
    assert stem.isascii()
    assert stem.replace("_", "").replace("-", "").isalnum()
    assert len(stem) <= len("measurement_") + 64
