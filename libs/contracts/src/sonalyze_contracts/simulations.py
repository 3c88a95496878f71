"""What a client asks of a simulation: a room, who speaks and listens in it, and how to compute.

Every limit has its number here. Lengths are metres; z is up. What an app's own room model means
is the service's to know: it arrives as an object of any fields and becomes a request of this shape.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from sonalyze_contracts.identifiers import NoNul
from sonalyze_contracts.model import Model
from sonalyze_contracts.simulation_materials import AnyMaterial, Material, NoTruthValue

MOST_SOURCES: Final = 16
MOST_MICROPHONES: Final = 64
MOST_PAIRS: Final = 256
MOST_FURNITURE: Final = 64
MOST_CORNERS: Final = 128
MOST_ORDER: Final = 200
MOST_BOUNCES: Final = 30
FEWEST_RAYS: Final = 100
MOST_RAYS: Final = 1_000_000
LONGEST_RESPONSE_S: Final = 30.0
HIGHEST_RATE_HZ: Final = 192_000
MOST_RESPONSE_VALUES: Final = 2_000_000
"""Samples of all responses in one answer, some 40 MB as JSON; WAV files carry longer ones."""

MOST_SEED: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps."""

FARTHEST_M: Final = 10_000.0
"""Of a coordinate from the origin."""

LONGEST_M: Final = 500.0
"""Of a room, along x or y."""

LOWEST_M: Final = 0.5
HIGHEST_M: Final = 100.0
"""Of a ceiling."""

SMALLEST_FLOOR_M2: Final = 0.25
LARGEST_VOLUME_M3: Final = 1_000_000.0

COLDEST_C: Final = -20.0
WARMEST_C: Final = 50.0
DRIEST_PERCENT: Final = 10.0
"""ISO 9613-1 holds from -20 to 50 degrees Celsius and from 10 to 100 % relative humidity."""

Coordinate = Annotated[float, Field(ge=-FARTHEST_M, le=FARTHEST_M), NoTruthValue]
Point2 = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
Point3 = Annotated[list[Coordinate], Field(min_length=3, max_length=3)]
Length = Annotated[float, Field(gt=0, le=FARTHEST_M), NoTruthValue]
ItemId = Annotated[str, Field(min_length=1, max_length=128), NoNul]


def _capped(bounces: int) -> int:
    return min(bounces, MOST_BOUNCES)


class WallMaterials(Model):
    """The sides of a shoebox: west is x = 0, south is y = 0."""

    west: AnyMaterial | None = None
    east: AnyMaterial | None = None
    south: AnyMaterial | None = None
    north: AnyMaterial | None = None
    floor: AnyMaterial | None = None
    ceiling: AnyMaterial | None = None


class ShoeboxRoom(Model):
    """A rectangular room from the origin to its dimensions."""

    type: Literal["shoebox"] = "shoebox"
    dimensions_m: Annotated[list[Length], Field(min_length=3, max_length=3)]
    default_material: AnyMaterial = Material(absorption=0.2)
    wall_materials: WallMaterials = WallMaterials()


class PolygonRoom(Model):
    """A room with vertical walls on a polygon of either orientation."""

    type: Literal["polygon"] = "polygon"
    corners_m: Annotated[list[Point2], Field(min_length=3, max_length=MOST_CORNERS)]
    height_m: Length
    wall_material: AnyMaterial = Material(absorption=0.2)
    wall_materials: list[AnyMaterial] | None = Field(
        default=None, description="One for each wall, from each corner to the next."
    )
    floor_material: AnyMaterial = Material(absorption=0.2)
    ceiling_material: AnyMaterial = Material(absorption=0.2)

    @model_validator(mode="after")
    def _one_material_for_each_wall(self) -> Self:
        if self.wall_materials is not None and len(self.wall_materials) != len(self.corners_m):
            raise ValueError("'wall_materials' must hold one material for each corner")
        return self


def _type_of(room: object) -> object:
    return room.get("type") if isinstance(room, dict) else getattr(room, "type", None)


Room = Annotated[
    Annotated[ShoeboxRoom, Tag("shoebox")] | Annotated[PolygonRoom, Tag("polygon")],
    Discriminator(
        _type_of,
        custom_error_type="room_type",
        custom_error_message="'type' must be 'shoebox' or 'polygon'",
    ),
]


class Place(Model):
    """A source or a microphone."""

    id: ItemId
    position_m: Point3


class FurnitureBox(Model):
    """An obstacle with vertical sides between two opposite corners."""

    type: Literal["box"] = "box"
    id: ItemId | None = None
    min_m: Point3
    max_m: Point3
    rotation_rad: Annotated[float, Field(ge=-100, le=100), NoTruthValue] = Field(
        default=0.0,
        description="Turn about the vertical through the box's middle, from x towards y.",
    )
    material: AnyMaterial = Material(absorption=0.15, scattering=0.10)

    @model_validator(mode="after")
    def _has_extent(self) -> Self:
        if any(low >= high for low, high in zip(self.min_m, self.max_m, strict=True)):
            raise ValueError("'max_m' must be greater than 'min_m' along each axis")
        return self


class Method(StrEnum):
    """How the sound is followed through the room."""

    AUTO = "auto"
    """What the room needs; a hybrid as a rule."""

    HYBRID = "hybrid"
    """Mirror images for the early sound, rays for the rest."""

    IMAGES = "ism"
    """Mirror images alone."""

    RAYS = "raytracing"
    """Rays alone, but for the direct sound."""


class SimulationRequest(Model):
    """``POST /simulate``; the same request gives the same answer."""

    room: Room
    sources: Annotated[list[Place], Field(min_length=1, max_length=MOST_SOURCES)]
    microphones: Annotated[list[Place], Field(min_length=1, max_length=MOST_MICROPHONES)]
    furniture: Annotated[list[FurnitureBox], Field(max_length=MOST_FURNITURE)] = Field(
        default_factory=list
    )
    sample_rate_hz: Annotated[int, Field(gt=0, le=HIGHEST_RATE_HZ), NoTruthValue] = 16_000
    max_order: Annotated[int, Field(ge=0, le=MOST_ORDER), NoTruthValue] = Field(
        default=12, description="A ceiling: no more reflections are mirrored than this."
    )
    air_absorption: bool = True
    rir_duration_s: Annotated[float, Field(gt=0, le=LONGEST_RESPONSE_S), NoTruthValue] = 2.0
    include_rir: bool = False
    use_raytracing: bool = False
    raytracing_bounces: Annotated[int, Field(ge=0), NoTruthValue, AfterValidator(_capped)] = Field(
        default=3, description=f"More than {MOST_BOUNCES} count as {MOST_BOUNCES}."
    )
    method: Method = Method.AUTO
    seed: Annotated[int, Field(ge=0, le=MOST_SEED), NoTruthValue] = 0
    rays: Annotated[int, Field(ge=FEWEST_RAYS, le=MOST_RAYS), NoTruthValue] | None = Field(
        default=None, description="As many as the room needs if absent."
    )
    temperature_c: Annotated[float, Field(ge=COLDEST_C, le=WARMEST_C), NoTruthValue] = 20.0
    humidity_percent: Annotated[float, Field(ge=DRIEST_PERCENT, le=100), NoTruthValue] = 50.0
    include_decay_curves: bool = False
    allow_degraded: bool = Field(
        default=False, description="Rather compute with fewer rays and images than refuse."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _require_own_ids("source", self.sources)
        _require_own_ids("microphone", self.microphones)
        pairs = len(self.sources) * len(self.microphones)
        if pairs > MOST_PAIRS:
            raise ValueError(
                f"{pairs} pairs of a source and a microphone are too many; "
                f"at most {MOST_PAIRS} are computed at once"
            )
        values = pairs * self.rir_duration_s * self.sample_rate_hz
        if self.include_rir and values > MOST_RESPONSE_VALUES:
            raise ValueError(
                f"the responses would hold {values:.0f} samples; an answer carries at most "
                f"{MOST_RESPONSE_VALUES}: ask for fewer pairs, a lower rate or WAV files"
            )
        return self


def _require_own_ids(kind: str, places: list[Place]) -> None:
    seen: set[str] = set()
    for place in places:
        if place.id in seen:
            raise ValueError(f"two {kind}s are called '{place.id}'")
        seen.add(place.id)
