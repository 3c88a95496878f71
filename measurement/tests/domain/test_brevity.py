"""What a push can carry."""

from analyses import results

from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.results import AnalysisResults, PositionResult, Refusal
from sonalyze_measurement.domain.brevity import for_push, without_positions


def of_positions(count: int) -> AnalysisResults:
    """Give results of as many positions as asked for, and of one that was refused."""
    refused = PositionResult(
        uploads=[UploadName("silence")],
        refusal=Refusal(code="not_a_measurement", detail="Silence."),
    )
    heard = [PositionResult(uploads=[UploadName(f"r{n}")], results=results()) for n in range(count)]
    return results().model_copy(update={"positions": [*heard, refused]})


def test_a_push_carries_all_that_fits() -> None:
    small = of_positions(2)

    assert for_push(small) == small


def test_what_does_not_fit_leaves_names_and_refusals() -> None:
    large = of_positions(3)

    brief = for_push(large, most_bytes=len(large.model_dump_json()) - 1)

    assert brief.rt == large.rt
    assert [each.uploads for each in brief.positions or ()] == [["r0"], ["r1"], ["r2"], ["silence"]]
    assert all(each.results is None for each in brief.positions or ())
    assert (brief.positions or [])[-1].refusal is not None


def test_what_counts_is_bytes_and_not_letters() -> None:
    results_ = of_positions(1)
    positions = results_.positions or []
    foreign = positions[0].model_copy(update={"source_id": "Bühne"})
    large = results_.model_copy(update={"positions": [foreign, positions[1]]})

    brief = for_push(large, most_bytes=len(large.model_dump_json()))

    assert brief == without_positions(large)


def test_one_recording_is_as_brief_as_it_is() -> None:
    assert without_positions(results()) == results()
