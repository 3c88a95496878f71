"""Two documents compared: what is the same, what is round-off, what is a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from sonalyze.differences import ABSENT, NEARLY_ZERO, TOLERANCE, Difference, differences

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def found(stored: JsonValue, computed: JsonValue) -> list[Difference]:
    return list(differences(stored, computed))


@given(documents)
def test_a_document_does_not_differ_from_itself(document: JsonValue) -> None:
    assert found(document, document) == []


@given(documents, documents)
def test_documents_that_differ_one_way_differ_the_other_way(
    one: JsonValue, other: JsonValue
) -> None:
    assert len(found(one, other)) == len(found(other, one))


def test_round_off_is_no_difference_and_a_tenth_of_a_per_cent_is_none_yet() -> None:
    assert found({"t20_s": 0.4}, {"t20_s": 0.4 * (1 + 0.9 * TOLERANCE)}) == []
    assert found({"skew_ppm": 0.0}, {"skew_ppm": 0.9 * NEARLY_ZERO}) == []
    assert found({"t20_s": 0.4}, {"t20_s": 0.4 * (1 + 2 * TOLERANCE)}) != []


def test_the_shape_of_a_decay_may_be_further_apart() -> None:
    assert found({"a.shape": {"c": 1.0}}, {"a.shape": {"c": 1.05}}) == []
    assert found({"a": {"shape": 1.0}}, {"a": {"shape": 1.05}}) != []


@pytest.mark.parametrize(
    ("stored", "computed", "differs"),
    [
        ("26.3", "26.2", False),
        ("26.3", "26.1", True),
        ("T20 is 9.9 s.", "T20 is 10.0 s.", False),
        ("T20 is 10 s.", "T20 is 10.2 s.", False),
        ("2 of 3 bands", "2 of 3 octaves", True),
        ("-0.1 dB", "0.0 dB", False),
        ("none", "some", True),
        ("3 dB", "3 dB, 4 dB", True),
    ],
)
def test_numbers_in_sentences_are_rounded_and_may_be_a_step_apart(
    stored: str, computed: str, *, differs: bool
) -> None:
    assert bool(found({"message": stored}, {"message": computed})) is differs


def test_numbers_in_names_and_hashes_are_no_figures() -> None:
    assert found({"audio_hash": "ab1"}, {"audio_hash": "ab2"}) != []
    assert found({"versions": {"numpy": "2.4.1"}}, {"versions": {"numpy": "2.4.2"}}) != []


def test_whole_numbers_texts_and_nothing_have_to_be_the_same() -> None:
    assert found({"n": 10**12}, {"n": 10**12 + 1}) != []
    assert found({"grade": "good"}, {"grade": "poor"}) != []
    assert found({"sti": None}, {"sti": 0.0}) != []
    assert found({"detected": True}, {"detected": 1}) != []


def test_figures_are_called_by_octave_key_and_number() -> None:
    stored: JsonValue = {
        "bands": [{"center_hz": 500.0, "t20_s": 0.4}],
        "display_metrics": [{"key": "rt60", "value": 0.4}],
        "band_ti": [0.5, 0.6],
    }
    computed: JsonValue = {
        "bands": [{"center_hz": 500.0, "t20_s": 0.5}],
        "display_metrics": [{"key": "rt60", "value": 0.5}],
        "band_ti": [0.5],
    }

    assert found(stored, computed) == [
        Difference("bands[500 Hz].t20_s", 0.4, 0.5),
        Difference("display_metrics[rt60].value", 0.4, 0.5),
        Difference("band_ti[1]", 0.6, ABSENT),
    ]


def test_an_amount_is_given_where_both_are_numbers() -> None:
    assert Difference("c50_db", 4.0, 4.5).amount == 0.5
    assert Difference("c50_db", None, 4.5).amount is None
