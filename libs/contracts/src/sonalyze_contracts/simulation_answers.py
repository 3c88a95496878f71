"""What a simulation says of a room: the documented figures, and every octave beside them."""

from typing import Literal

from pydantic import Field

from sonalyze_contracts.bands import BandResult
from sonalyze_contracts.model import Model


class SimulatedMetrics(Model):
    """Single numbers: the means of the 500 Hz and 1 kHz octaves, and the STI.

    One that is null has its reason in the pair's ``reasons``.
    """

    rt60_s: float | None
    edt_s: float | None
    d50: float | None
    c50_db: float | None
    c80_db: float | None
    drr_db: float | None
    sti: float | None
    sti_method: Literal["mtf"] | None


class BandSpread(Model):
    """Half the width of the 90 % interval of each metric of an octave; null if not known."""

    center_hz: float
    metrics: dict[str, float | None] = Field(
        description="By the name of the metric in `bands`, in its own unit."
    )


class DecayCurveOfBand(Model):
    """The energy decay of an octave, thinned for drawing."""

    center_hz: float
    time_s: list[float]
    level_db: list[float]


class SimulatedPair(Model):
    """What one microphone hears of one source."""

    source_id: str
    microphone_id: str
    metrics: SimulatedMetrics
    rir: list[float] | None = None
    warnings: list[str] = Field(default_factory=list)
    bands: list[BandResult] = Field(default_factory=list)
    spread: list[BandSpread] = Field(default_factory=list)
    line_of_sight: bool
    reasons: dict[str, str] = Field(
        default_factory=dict, description="Why a metric of `metrics` is null."
    )
    decay_curves: list[DecayCurveOfBand] | None = None


class Estimates(Model):
    """What statistical theory says of the reverberation time in each octave."""

    bands_hz: list[float]
    sabine_s: list[float | None]
    eyring_s: list[float | None]
    kuttruff_s: list[float | None]
    fitzroy_s: list[float | None]


class SimulationAnswer(Model):
    """The answer: one pair per source and microphone, the microphones outermost."""

    sample_rate_hz: int
    pairs: list[SimulatedPair]
    warnings: list[str] = Field(default_factory=list)
    version: str
    method: Literal["hybrid", "ism", "raytracing"]
    seed: int
    rays: int | None = None
    max_order: int | None = Field(
        default=None, description="The order to which images were mirrored."
    )
    volume_m3: float
    surface_m2: float
    schroeder_hz: float | None
    estimates: Estimates
