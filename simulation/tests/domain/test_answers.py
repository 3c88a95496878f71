import json

from prepared_rooms import answer

from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_simulation.domain.answers import PairText, microphones_outermost


def test_an_answer_is_written_as_the_contract_says() -> None:
    written = answer(rir="[0.5,0.25]").text()

    read = SimulationAnswer.model_validate_json(written)
    assert read.pairs[0].rir == [0.5, 0.25]
    assert read.pairs[0].decay_curves is None
    assert read.warnings == ["mind the gap"]
    assert read.rays == 10_000


def test_what_fits_an_event_is_whole() -> None:
    whole = answer(rir="[0.5]", decay_curves="[]")

    assert whole.for_event() == whole.text()


def test_responses_are_left_out_first_and_decay_curves_next() -> None:
    large = answer(rir="[" + "0," * 3_000 + "0]", decay_curves="[" + "0," * 1_000 + "0]")

    without_rir = large.for_event(most_bytes=4_000)
    without_both = large.for_event(most_bytes=2_000)

    assert without_rir is not None
    assert without_both is not None
    assert '"rir":null' in without_rir
    assert '"decay_curves":[' in without_rir
    warnings = json.loads(without_both)["warnings"]
    assert [warning[:9] for warning in warnings] == ["mind the ", "The respo", "The decay"]


def test_an_answer_that_nothing_makes_fit_is_none() -> None:
    assert answer(name="x" * 5_000).for_event(most_bytes=4_000) is None


def test_microphones_are_outermost() -> None:
    heard = [[PairText(f"{source}{microphone}") for microphone in "xyz"] for source in "ab"]

    pairs = microphones_outermost(heard)

    assert [pair.rest for pair in pairs] == ["ax", "bx", "ay", "by", "az", "bz"]
