"""What surfaces are made of, as clients say it, and the listings that they choose from.

A material is given as a number (the absorption coefficient), as an id of the table, or as an
object. A coefficient in an object is one number for all frequencies, a list of eight (63 Hz to
8 kHz) or six (125 Hz to 4 kHz) octaves, or an object of single octaves.
"""

from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from sonalyze_contracts.identifiers import NoNul
from sonalyze_contracts.model import Model

OCTAVES_HZ: Final = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
"""The one band grid of every simulation."""

SIX_OCTAVES_HZ: Final = OCTAVES_HZ[1:7]
"""What most tables of absorption coefficients give."""


def not_a_truth_value(value: object) -> object:
    """Refuse true and false where a number is meant; Python would take them for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  pydantic listens to ValueError
    return value


def of_whole_grid(values: list[float]) -> list[float]:
    """Refuse lists that do not say which octaves they are of."""
    if len(values) not in {len(OCTAVES_HZ), len(SIX_OCTAVES_HZ)}:
        raise ValueError("must hold 8 values (63 Hz to 8 kHz) or 6 (125 Hz to 4 kHz)")
    return values


def octave_named(name: object) -> object:
    """Read an octave's centre as people write it: 125, "125", "1000.0"."""
    try:
        center_hz = float(str(name))
    except ValueError:
        raise ValueError(f"{name!r} is not an octave") from None
    if center_hz not in OCTAVES_HZ:
        raise ValueError(f"{name} Hz is not an octave from 63 Hz to 8 kHz")
    return str(int(center_hz))


def not_empty(values: dict[str, float]) -> dict[str, float]:
    """Refuse an object without any octave."""
    if not values:
        raise ValueError("must hold at least one octave")
    return values


NoTruthValue = BeforeValidator(not_a_truth_value)
Coefficient = Annotated[float, Field(ge=0, le=1), NoTruthValue]
CoefficientList = Annotated[list[Coefficient], AfterValidator(of_whole_grid)]
OctaveName = Annotated[str, BeforeValidator(octave_named)]
CoefficientsByOctave = Annotated[dict[OctaveName, Coefficient], AfterValidator(not_empty)]


def _shape_of(value: object) -> str:
    match value:
        case list():
            return "list"
        case dict():
            return "octaves"
        case _:
            return "number"


Coefficients = Annotated[
    Annotated[Coefficient, Tag("number")]
    | Annotated[CoefficientList, Tag("list")]
    | Annotated[CoefficientsByOctave, Tag("octaves")],
    Discriminator(_shape_of),
]
MaterialId = Annotated[str, Field(min_length=1, max_length=64), NoNul]


class Material(Model):
    """A surface: an id of the table, coefficients, or both, where coefficients win."""

    id: MaterialId | None = Field(default=None, description="An id that `/materials` lists.")
    material_id: MaterialId | None = Field(default=None, description="Another name of `id`.")
    absorption: Coefficients | None = None
    scattering: Coefficients | None = Field(
        default=None, description="0 if absent, or what the id's row says."
    )

    @property
    def row(self) -> str | None:
        """The id, under whichever of its names it came."""
        return self.id if self.id is not None else self.material_id

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.row is None and self.absorption is None:
            raise ValueError("Missing 'absorption' or 'id'")
        return self


def as_material(value: object) -> object:
    """Accept a bare number or id for the object that it abbreviates."""
    if isinstance(value, int | float):
        return {"absorption": value}
    return {"id": value} if isinstance(value, str) else value


AnyMaterial = Annotated[
    Material,
    BeforeValidator(as_material, json_schema_input_type=Coefficient | MaterialId | Material),
]


class MaterialListing(Model):
    """A row of the table; `absorption` is the mean of the 500 Hz and 1 kHz octaves."""

    id: str
    display_name: str
    absorption: float
    scattering: float
    bands_hz: list[int]
    absorption_bands: list[float]
    scattering_bands: list[float]
    extrapolated_hz: list[int] = Field(
        description="Octaves whose absorption is that of the nearest one that the source gives."
    )
    source: str


class MaterialTable(Model):
    """``GET /materials``."""

    materials: list[MaterialListing]


class ProfileMetric(Model):
    """One figure of a reference profile, and the range within which apps draw it."""

    key: str
    label: str
    unit: str
    value: float
    min_value: float
    max_value: float
    target_min: float | None = None
    target_max: float | None = None


class ReferenceProfile(Model):
    """What a good room of its kind is like."""

    id: str
    display_name: str
    metrics: list[ProfileMetric]
    notes: str


class ReferenceProfiles(Model):
    """``GET /reference-profiles``."""

    profiles: list[ReferenceProfile]
