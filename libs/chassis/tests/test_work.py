"""What crosses the border of a child process, without one."""

import pytest
from contract_work import RoomTooOdd

from sonalyze_chassis.progress import Progress, heard_by, report
from sonalyze_chassis.work import Given, Refused, perform
from sonalyze_contracts.errors import Conflict, SonalyzeError


def test_work_is_found_by_its_name() -> None:
    assert perform("operator:add", (1, 2)) == Given(3)


def test_a_condition_arrives_as_it_was_raised() -> None:
    refused = perform("contract_work:refuse", ())

    assert isinstance(refused, Refused)
    condition = refused.condition()
    assert type(condition) is RoomTooOdd
    assert condition.args == ("This room has too many corners",)
    assert condition.facts == {"corners": 17, "most": 16}


def test_a_condition_that_is_not_known_here_arrives_as_its_kind() -> None:
    kinds = ("elsewhere:RoomTooRound", *Refused.because_of(Conflict("")).kinds)

    condition = Refused(kinds, "This room has no corners", {}).condition()

    assert type(condition) is Conflict


def test_a_condition_whose_making_takes_something_else_arrives_all_the_same() -> None:
    class Crowded(Conflict):
        def __init__(self, people: int) -> None:
            super().__init__(f"There are {people} people in the room", people=people)

    condition = Refused.because_of(Crowded(40)).condition()

    assert type(condition) is Crowded
    assert condition.message == "There are 40 people in the room"
    assert condition.facts == {"people": 40}


def test_what_nobody_foresaw_is_raised() -> None:
    with pytest.raises(ValueError, match="math domain"):
        perform("math:sqrt", (-1,))


def test_what_nobody_knows_is_no_condition() -> None:
    kinds = tuple(Refused.because_of(SonalyzeError("")).kinds)

    assert Refused(kinds, "Odd", {}).condition().code == "internal"


def test_a_report_without_a_listener_does_nothing() -> None:
    report(0.5, "tracing")


def test_a_new_stage_is_always_told() -> None:
    said: list[Progress] = []

    with heard_by(said.append):
        report(0.1, "tracing")
        report(0.2, "tracing")
        report(0.3, "summing")

    assert said == [Progress(0.1, "tracing"), Progress(0.3, "summing")]
