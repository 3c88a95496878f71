from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_contracts.errors import SonalyzeError
from sonalyze_gateway.domain.proxied import PREFIXES, public_location, target_of

SIMULATION = PREFIXES[-1]
JOBS = PREFIXES[1]

PIECES = st.sampled_from(
    rb"/ // . .. %2e %2F %5c %25 %00 ; \ gateway handle jobs simulation v1 %67 a ? # %C3%A4".split()
)


@given(
    st.sampled_from([prefix.public.encode() for prefix in PREFIXES]),
    st.lists(PIECES, max_size=8).map(b"".join),
)
def test_what_passes_means_the_same_to_everybody(prefix: bytes, rest: bytes) -> None:
    try:
        path = target_of(prefix + b"/" + rest).path
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
