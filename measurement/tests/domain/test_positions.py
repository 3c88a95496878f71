"""Which recordings are of which position: what is said, and nothing that is guessed."""

import pytest

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.jobs import RoomMap
from sonalyze_measurement.domain.conditions import UploadMissing
from sonalyze_measurement.domain.positions import Place, place_in, positions_of

SIGNAL, OTHER = AudioHash("0" * 64), AudioHash("1" * 64)


def room(sources: str = "", receivers: str = "") -> RoomMap:
    def points(ids: str) -> list[dict[str, object]]:
        return [{"id": each, "position": [0, 0, 0]} for each in ids.split()]

    return RoomMap.model_validate({"sources": points(sources), "receivers": points(receivers)})


def request(**fields: object) -> AnalysisRequest:
    return AnalysisRequest.model_validate({"source": "all", "audio_hash": SIGNAL} | fields)


def uploads(names: str) -> list[UploadName]:
    return [UploadName(each) for each in names.split()]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("s.r", ("s", "r")),
        ("s.r.wav", ("s", "r")),
        ("s.r.again.flac", ("s", "r")),
        ("s.r2.wav", ("s", "r2")),
        ("s.r.x.wav", ("s", "r.x")),
        ("s.rx.wav", None),
        ("t.r.wav", None),
        ("r.s.wav", None),
        ("recording", None),
    ],
)
def test_a_name_tells_a_place_only_by_ids_of_the_map(
    name: str, place: tuple[str, str] | None
) -> None:
    told = place_in(UploadName(name), room("s", "r r2 r.x"))

    assert told == (place and Place(*place))


def test_every_upload_is_a_position_in_the_order_of_names() -> None:
    positions = positions_of(request(), uploads("b a s.r"), room("s", "r"))

    assert [each.uploads for each in positions] == [("a",), ("b",), ("s.r",)]
    assert [each.place for each in positions] == [None, None, Place("s", "r")]
    assert {each.audio_hash for each in positions} == {SIGNAL}


def test_what_a_request_says_goes_before_what_names_say() -> None:
    pair = {"source_id": "x", "receiver_id": "y", "uploads": ["s.r"], "audio_hash": OTHER}

    (position,) = positions_of(request(pairs=[pair]), uploads("s.r"), room("s", "r"))

    assert (position.place, position.audio_hash) == (Place("x", "y"), OTHER)


def test_names_of_the_same_pair_are_repeats_and_so_is_what_a_request_calls_so() -> None:
    asked = request(repeats=[["d", "c"]])

    positions = positions_of(asked, uploads("s.r.2 s.r.1 c d e"), room("s", "r"))

    assert [each.uploads for each in positions] == [("d", "c"), ("e",), ("s.r.1", "s.r.2")]
    assert [each.steps for each in positions] == [3, 1, 3]


def test_an_upload_that_is_named_has_to_be_there() -> None:
    with pytest.raises(UploadMissing, match="no upload 'b'"):
        positions_of(request(repeats=[["a", "b"]]), uploads("a"), room())
