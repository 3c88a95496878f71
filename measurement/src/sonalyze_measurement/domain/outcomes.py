"""What became of the recordings of a position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.results import LeftOut, PositionResult, Refusal
from sonalyze_measurement.domain.positions import Position
from sonalyze_measurement.domain.provenance import Evaluated, Said
from sonalyze_measurement.domain.refusals import NoPositionEvaluable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a position says, or why it says nothing."""

    position: Position
    evaluated: Mapping[UploadName, Evaluated]
    refused: Mapping[UploadName, Refusal]
    said: Said | Refusal

    def told(self) -> PositionResult:
        """Tell of it as results do."""
        place = self.position.place
        left_out = {} if isinstance(self.said, Refusal) else self.refused
        return PositionResult(
            uploads=list(self.position.uploads),
            source_id=place and place.source_id,
            receiver_id=place and place.receiver_id,
            results=None if isinstance(self.said, Refusal) else self.said.results,
            refusal=self.said if isinstance(self.said, Refusal) else None,
            left_out=[
                LeftOut(upload=name, code=each.code, detail=each.detail)
                for name, each in left_out.items()
            ],
        )


def nothing_found(outcomes: Sequence[Outcome]) -> NoPositionEvaluable:
    """Say that no position says anything, with the reason of each."""
    told = [each.told() for each in outcomes]
    reasons = [each.refusal.detail for each in told if each.refusal]
    return NoPositionEvaluable(
        f"None of {len(outcomes)} positions can be analysed. The first: {reasons[0]}",
        positions=[each.model_dump(mode="json", exclude_none=True) for each in told],
    )
