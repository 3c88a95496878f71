"""A room as it will be simulated: every default filled in, every surface with its octaves."""

from dataclasses import dataclass
from typing import Final

from sonalyze_contracts.simulation_materials import Material
from sonalyze_contracts.simulations import (
    FurnitureBox,
    Place,
    PolygonRoom,
    ShoeboxRoom,
    SimulationRequest,
)
from sonalyze_simulation.domain.materials import Finish, finish_of

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]

SIDES: Final = ("south", "east", "north", "west")
"""The walls of a shoebox in the order of its outline, which begins at the origin."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a source or a microphone is."""

    id: str
    position_m: Point3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A box with vertical sides, turned about the vertical through its middle."""

    name: str
    center_m: Point2
    size_m: Point2
    rotation_rad: float
    bottom_m: float
    top_m: float
    finish: Finish


@dataclass(frozen=True, slots=True)
class Room:
    """Walls from each corner to the next, of either orientation, and what is between them."""

    corners_m: tuple[Point2, ...]
    height_m: float
    walls: tuple[Finish, ...]
    floor: Finish
    ceiling: Finish
    obstacles: tuple[Obstacle, ...]
    sources: tuple[Spot, ...]
    microphones: tuple[Spot, ...]


class _Finishes:
    """Looks materials up and notes which octaves had to be guessed."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def of(self, material: Material, where: str) -> Finish:
        finished = finish_of(material)
        if finished.guessed_hz:
            octaves = ", ".join(str(center_hz) for center_hz in finished.guessed_hz)
            self.warnings.append(
                f"The material of {where} is not given at {octaves} Hz; "
                f"the nearest given octave counts there"
            )
        return finished.finish


def room_of(request: SimulationRequest) -> tuple[Room, tuple[str, ...]]:
    """Fill in every default, and say what had to be guessed.

    Raises
    ------
    UnknownMaterial
        If a surface names a material that the table does not have.
    """
    finishes = _Finishes()
    corners_m, height_m, (walls, floor, ceiling) = _shell(request.room, finishes)
    room = Room(
        corners_m=corners_m,
        height_m=height_m,
        walls=walls,
        floor=floor,
        ceiling=ceiling,
        obstacles=tuple(
            _obstacle(box, number, finishes) for number, box in enumerate(request.furniture, 1)
        ),
        sources=tuple(map(_spot, request.sources)),
        microphones=tuple(map(_spot, request.microphones)),
    )
    return room, tuple(dict.fromkeys(finishes.warnings))


_Shell = tuple[tuple[Point2, ...], float, tuple[tuple[Finish, ...], Finish, Finish]]


def _shell(room: ShoeboxRoom | PolygonRoom, finishes: _Finishes) -> _Shell:
    match room:
        case ShoeboxRoom():
            return _shoebox(room, finishes)
        case PolygonRoom():
            return _polygon(room, finishes)


def _shoebox(room: ShoeboxRoom, finishes: _Finishes) -> _Shell:
    x, y, height_m = room.dimensions_m
    sides = room.wall_materials

    def side(name: str) -> Finish:
        own: Material | None = getattr(sides, name)
        if own is None:
            return finishes.of(room.default_material, "the room")
        return finishes.of(own, f"the {name} side")

    walls = tuple(side(name) for name in SIDES)
    return ((0, 0), (x, 0), (x, y), (0, y)), height_m, (walls, side("floor"), side("ceiling"))


def _polygon(room: PolygonRoom, finishes: _Finishes) -> _Shell:
    corners_m = tuple((x, y) for x, y in room.corners_m)
    if room.wall_materials is None:
        walls = (finishes.of(room.wall_material, "the walls"),) * len(corners_m)
    else:
        walls = tuple(
            finishes.of(material, f"wall {number}")
            for number, material in enumerate(room.wall_materials, 1)
        )
    floor = finishes.of(room.floor_material, "the floor")
    ceiling = finishes.of(room.ceiling_material, "the ceiling")
    return corners_m, room.height_m, (walls, floor, ceiling)


def _obstacle(box: FurnitureBox, number: int, finishes: _Finishes) -> Obstacle:
    name = box.id or f"furniture-{number}"
    low, high = box.min_m, box.max_m
    return Obstacle(
        name=name,
        center_m=((low[0] + high[0]) / 2, (low[1] + high[1]) / 2),
        size_m=(high[0] - low[0], high[1] - low[1]),
        rotation_rad=box.rotation_rad,
        bottom_m=low[2],
        top_m=high[2],
        finish=finishes.of(box.material, f"'{name}'"),
    )


def _spot(place: Place) -> Spot:
    x, y, z = place.position_m
    return Spot(place.id, (x, y, z))
