from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_contracts.archive import Resource
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_gateway.domain.proxied import (
    PREFIXES,
    Access,
    PathUnknown,
    public_links,
    public_location,
    published,
    target_of,
)

BY_PATH = {prefix.public: prefix for prefix in PREFIXES}
SIMULATION, JOBS = BY_PATH["/v1/simulation"], BY_PATH["/v1/jobs"]
MEASUREMENTS = BY_PATH["/v1/measurements"]

PIECES = st.sampled_from(
    rb"/ // . .. %2e %2F %5c %25 %00 ; \ gateway handle jobs simulation v1 %67 a ? # %C3%A4".split()
)


@given(
    st.sampled_from([prefix.public.encode() for prefix in PREFIXES]),
    st.lists(PIECES, max_size=8).map(b"".join),
)
def test_what_passes_means_the_same_to_everybody(prefix: bytes, rest: bytes) -> None:
    try:
        path = target_of(prefix + b"/" + rest, PREFIXES).path
    except SonalyzeError:
        return

    decoded = unquote_to_bytes(path)
    segments = decoded.split(b"/")
    assert not {b".", b".."} & set(segments)
    assert b"" not in segments[1:-1]
    assert segments[1] != b"gateway"
    assert decoded.count(b"/") == path.count("/")
    assert not set(b"\\%;\x00") & set(decoded)


@pytest.mark.parametrize(
    ("location", "public"),
    [
        ("http://simulation:8000/materials/?a=1#b", "/v1/simulation/materials/?a=1#b"),
        ("/materials/", "/v1/simulation/materials/"),
        ("materials/", "materials/"),
        ("//simulation:8000/materials", "/v1/simulation/materials"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
        ("?page=2", "?page=2"),
    ],
)
def test_a_location_leads_back_through_the_gateway(location: str, public: str) -> None:
    assert public_location(location, SIMULATION, "http://simulation:8000") == public


def test_a_location_under_an_unstripped_prefix_keeps_its_path() -> None:
    location = public_location("http://measurement:8000/v1/jobs/", JOBS, "http://measurement:8000")

    assert location == "/v1/jobs/"


def test_every_address_of_a_link_header_leads_back_through_the_gateway() -> None:
    links = '<http://storage:8000/v1/measurements?after=a,b>; rel="next", </v1/x>; rel="up"'

    public = public_links(links, MEASUREMENTS, "http://storage:8000")

    assert public == '</v1/measurements?after=a,b>; rel="next", </v1/x>; rel="up"'


@pytest.mark.parametrize(
    ("path", "service"),
    [
        (b"/v1/measurement", Service.MEASUREMENT),
        (b"/v1/measurement/audio", Service.MEASUREMENT),
        (b"/v1/measurements", Service.STORAGE),
        (b"/v1/measurements/1", Service.STORAGE),
        (b"/v1/analysis-outputs", Service.STORAGE),
        (b"/v1/analysis_outputs/1", Service.STORAGE),
    ],
)
def test_what_is_measured_now_and_what_was_measured_are_two_services(
    path: bytes, service: Service
) -> None:
    assert target_of(path, PREFIXES).prefix.service is service


def test_whatever_storage_answers_is_for_readers() -> None:
    of_storage = [prefix for prefix in PREFIXES if prefix.service is Service.STORAGE]

    assert {prefix.access for prefix in of_storage} == {Access.READERS}
    assert len(of_storage) == len(Resource) + 3


def test_without_readers_nothing_of_theirs_exists() -> None:
    with pytest.raises(PathUnknown):
        target_of(b"/v1/measurements", published(readers=False))
