"""Which recordings are of which position: what is said, and nothing that is guessed."""

import pytest

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.jobs import RoomMap
from sonalyze_measurement.domain.conditions import TooManyRepeats, UploadMissing
from sonalyze_measurement.domain.positions import Place, Plan, positions_of

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
    told = Plan.of(room("s", "r r2 r.x")).place_in(UploadName(name))

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


def test_whoever_tells_of_a_pair_its_recordings_are_repeats() -> None:
    pairs = [
        {"source_id": "s", "receiver_id": "r", "uploads": ["a"]},
        {"source_id": "s", "receiver_id": "r", "uploads": ["b"]},
    ]
    asked = request(pairs=pairs, repeats=[["c", "s.r.1"]])

    (position,) = positions_of(asked, uploads("a b c s.r.1 s.r.2"), room("s", "r"))

    assert position.uploads == ("a", "b", "c", "s.r.1", "s.r.2")
    assert position.place == Place("s", "r")


def test_a_pair_that_heard_another_signal_is_averaged_with_that_signal_only() -> None:
    pair = {"source_id": "s", "receiver_id": "r", "uploads": ["a"], "audio_hash": OTHER}

    positions = positions_of(request(pairs=[pair]), uploads("a s.r"), room("s", "r"))

    assert [(each.uploads, each.audio_hash) for each in positions] == [
        (("a",), OTHER),
        (("s.r",), SIGNAL),
    ]


def test_repeats_whose_names_tell_of_different_places_have_none() -> None:
    asked = request(repeats=[["s.r", "s.q"]])

    (position,) = positions_of(asked, uploads("s.r s.q"), room("s", "r q"))

    assert position.place is None


def test_names_cannot_tell_of_more_repeats_than_a_request_may() -> None:
    names = " ".join(f"s.r.{number}" for number in range(9))

    with pytest.raises(TooManyRepeats, match=r"'s.r.0' and 8 more"):
        positions_of(request(), uploads(names), room("s", "r"))


def test_what_names_tell_does_not_take_longer_where_a_map_has_thousands_of_places() -> None:
    ids = " ".join(str(number) for number in range(10_000))
    names = " ".join(f"{number}.{9_999 - number}.wav" for number in range(64))

    positions = positions_of(request(), uploads(names), room(ids, ids))

    # Every pair of 10 000 sources and receivers for every upload would be minutes.
    assert len({each.place for each in positions}) == 64


def test_an_upload_that_is_named_has_to_be_there() -> None:
    with pytest.raises(UploadMissing, match="no upload 'b'"):
        positions_of(request(repeats=[["a", "b"]]), uploads("a"), room())
