from sonalyze_simulation.domain.answers import PairText
from sonalyze_simulation.recall import Recall


def pairs(size: int) -> tuple[PairText, ...]:
    return (PairText(rest="x" * size, rir="", decay_curves=""),)


def test_what_was_kept_is_found() -> None:
    recall = Recall(100)

    recall.keep("a", pairs(10))

    assert recall.find("a") == pairs(10)
    assert recall.find("b") is None


def test_what_was_not_used_for_longest_makes_room() -> None:
    recall = Recall(30)
    for name in "abc":
        recall.keep(name, pairs(10))
    recall.find("a")

    recall.keep("d", pairs(10))

    assert [name for name in "abcd" if recall.find(name)] == ["a", "c", "d"]


def test_what_is_larger_than_everything_displaces_nothing() -> None:
    recall = Recall(30)
    recall.keep("a", pairs(10))

    recall.keep("b", pairs(31))

    assert recall.find("a") is not None
    assert recall.find("b") is None


def test_keeping_twice_is_keeping_once() -> None:
    recall = Recall(30)
    for _ in range(10):
        recall.keep("a", pairs(10))

    recall.keep("b", pairs(20))

    assert recall.find("a") is not None
