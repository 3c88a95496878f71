"""What the recordings of several positions say of a room together."""

from typing import Any, Literal, Self

from pydantic import Field

from sonalyze_contracts.model import Model


class PositionMeanResult(Model):
    """A figure over all positions that have it, in its own unit."""

    mean: float
    spread: float | None = Field(description="Standard deviation over positions; null for one.")
    positions: int
    uncertainty: float | None = Field(
        description="Standard uncertainty of the mean: what the positions' own have on average, "
        "and the spread over the root of their number."
    )


class SpeechMeanResult(PositionMeanResult):
    """A speech transmission index over positions, and the lowest of them."""

    min: float


class BandOverPositionsResult(Model):
    """Every metric of a band over the positions that have it."""

    center_hz: float
    metrics: dict[str, PositionMeanResult] = Field(
        description="By the name of the metric in `bands`."
    )


class SpatialResult(Model):
    """The spatial mean, and the grade of ISO 3382-2 that the positions allow."""

    bands: list[BandOverPositionsResult]
    third_octaves: list[BandOverPositionsResult] = Field(
        default_factory=list, exclude_if=lambda bands: not bands
    )
    mid: dict[str, PositionMeanResult] = Field(
        description="Single numbers, the means of 500 Hz and 1 kHz, by the metrics' names."
    )
    sti: dict[str, SpeechMeanResult] = Field(description="By the names in `sti`.")
    grade: Literal["survey", "engineering", "precision"] | None = Field(
        description="ISO 3382-2:2008, Table 1; null below survey."
    )
    missing: list[str] = Field(description="What the next grade needs.")
    source_positions: int
    receiver_positions: int
    combinations: int = Field(description="Distinct pairs of a source and a microphone position.")

    @classmethod
    def of(cls, mean: Any) -> Self:  # noqa: ANN401  the acoustics library's, by its attributes
        """Tell of a spatial mean."""
        return cls(
            bands=[BandOverPositionsResult.model_validate(each) for each in mean.over_positions],
            third_octaves=[
                BandOverPositionsResult.model_validate(each) for each in mean.thirds_over_positions
            ],
            mid=mean.mid_over_positions,
            sti={
                name: SpeechMeanResult(
                    mean=each.mean,
                    spread=each.spread,
                    positions=each.positions,
                    uncertainty=each.uncertainty,
                    min=each.lowest,
                )
                for name, each in mean.speech_over_positions.items()
            },
            grade=mean.grade,
            missing=list(mean.missing),
            source_positions=mean.coverage.sources,
            receiver_positions=mean.coverage.receivers,
            combinations=mean.coverage.combinations,
        )
