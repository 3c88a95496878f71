"""What an analysis says of one octave, or of a third of one."""

from typing import Literal

from pydantic import Field

from sonalyze_contracts.model import Model


class Slope(Model):
    """One of the exponential decays that a decay is the sum of."""

    time_s: float = Field(description="Time in which it decays by 60 dB.")
    level_db: float = Field(description="Where it starts, relative to the whole decay.")


class DecayShape(Model):
    """How straight a decay is, and how its times were found (ISO 3382-2, Annex B).

    The first three have an entry for each decay time that is given.
    """

    estimators: dict[str, Literal["line", "likelihood"]] = Field(
        description="A straight line through the decay curve, or the decay that makes the squared "
        "response most likely."
    )
    correlation: dict[str, float] = Field(description="Of the decay curve with that line.")
    nonlinearity_permille: dict[str, float] = Field(description="ξ of ISO 3382-2, B.2.")
    curvature_percent: float | None = Field(description="C of ISO 3382-2, B.3.")
    topt_range_db: tuple[float, float] | None = Field(
        description="Levels between which `topt_s` was found."
    )
    slopes: list[Slope] = Field(
        description="Two where the decay is bent beyond doubt, one where it is straight."
    )


class BandResult(Model):
    """Every metric of one band; a metric that is null has its reason in ``reasons``."""

    center_hz: float
    t20_s: float | None
    t30_s: float | None
    edt_s: float | None
    topt_s: float | None = Field(
        default=None,
        description="Reverberation time from the range of levels that fits a line best.",
    )
    c50_db: float | None
    c80_db: float | None
    d50: float | None
    d80: float | None
    ts_s: float | None
    drr_db: float | None
    inr_db: float | None
    decay_range_db: float | None
    reasons: dict[str, str] = Field(default_factory=dict)
    uncertainty: dict[str, float] = Field(
        default_factory=dict,
        description="Standard uncertainty of each metric, in its own unit; twice of it holds about "
        "95 % of the errors.",
    )
    shape: DecayShape | None = Field(
        default=None,
        description="Left out where there is no decay, and of means.",
        exclude_if=lambda shape: shape is None,
    )


class BandDistortionResult(Model):
    """Harmonics that an octave of the sweep left behind, in per cent of the fundamental."""

    center_hz: float
    thd_percent: float | None
    harmonics_percent: list[float | None] = Field(description="Second, third and fourth harmonic.")
    reason: str | None = Field(default=None, description="Why they are not known.")
