"""The grades of ISO 3382-2:2008, Table 1, and what is missing for the next one."""

import pytest

from sonalyze_acoustics.positions import Coverage, grade_of, missing


@pytest.mark.parametrize(
    ("sources", "receivers", "combinations", "grade"),
    [
        (0, 0, 0, None),
        (1, 1, 1, None),
        (1, 2, 2, "survey"),
        (2, 1, 2, None),
        (1, 12, 12, "survey"),
        (2, 3, 5, "survey"),
        (2, 3, 6, "engineering"),
        (3, 2, 6, "engineering"),
        (6, 2, 12, "engineering"),
        (2, 6, 11, "engineering"),
        (2, 6, 12, "precision"),
        (3, 4, 12, "precision"),
    ],
)
def test_a_grade_needs_all_three_of_its_numbers(
    sources: int, receivers: int, combinations: int, grade: str | None
) -> None:
    assert grade_of(Coverage(sources, receivers, combinations)) == grade


def test_what_is_missing_is_said_of_the_next_grade_only() -> None:
    sentences = missing(Coverage(sources=1, receivers=3, combinations=3))

    assert sentences == (
        "The engineering grade of ISO 3382-2 needs 2 source positions; there is 1.",
        "The engineering grade of ISO 3382-2 needs 6 source-microphone combinations; there are 3.",
    )


def test_one_is_said_as_one() -> None:
    assert missing(Coverage(0, 2, 0))[0] == (
        "The survey grade of ISO 3382-2 needs 1 source position; there are 0."
    )


def test_recordings_that_count_for_nothing_are_mentioned_with_what_to_do() -> None:
    sentences = missing(Coverage(1, 2, 2, without_place=3, without_time=1))

    assert "Of 3 recordings it is not known where" in sentences[-2]
    assert "1 recording without T20" in sentences[-1]
    assert "measure there again" in sentences[-1]


def test_nothing_is_missing_beyond_precision() -> None:
    assert missing(Coverage(2, 6, 12, without_place=1)) == ()
