"""Where phones stand in a room so that its reverberation can be measured."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze.virtual.errors import RoomTooCrowded
from sonalyze.virtual.room import Position, VirtualRoom

WALL_MARGIN_M: Final = 0.5
"""Nearer to a wall its reflection and the direct sound cannot be told apart."""

PHONE_HEIGHTS_M: Final = (0.7, 1.6)
"""Phones lie on tables and are held in hands."""

NEIGHBOUR_DISTANCE_M: Final = 0.4
"""Two people do not hold their phones nearer to each other."""

_ATTEMPTS: Final = 500
_CONCESSION: Final = 0.9
"""When no place is found, the distance to the speakers shrinks by this factor, and again."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Positions of the speakers and of the microphones of one measurement."""

    speakers: tuple[Position, ...]
    microphones: tuple[Position, ...]


def positions(room: VirtualRoom, speakers: int, microphones: int, seed: int = 1) -> Placement:
    """Place phones at random, the same for the same seed.

    Every phone is half a metre or more from the walls. Where the room permits, microphones keep
    the minimum distance of ISO 3382-1 from every speaker; in a small room they come as near as
    it takes, but never nearer than neighbours.

    Parameters
    ----------
    room : VirtualRoom
        The room.
    speakers, microphones : int
        How many of each.
    seed : int, default 1
        Decides the places.

    Returns
    -------
    Placement
        As many positions as asked for.

    Raises
    ------
    RoomTooCrowded
        If they do not fit.
    """
    places = _places(room, np.random.default_rng(seed))
    distance_m = room.minimum_distance_m
    while distance_m >= NEIGHBOUR_DISTANCE_M:
        found = _placed(places, speakers, microphones, distance_m)
        if found is not None:
            return found
        distance_m *= _CONCESSION
    raise RoomTooCrowded(f"{speakers + microphones} phones do not fit into {room.name}")


def _places(room: VirtualRoom, random: np.random.Generator) -> Iterator[Position]:
    low = (WALL_MARGIN_M, WALL_MARGIN_M, PHONE_HEIGHTS_M[0])
    high = [size - WALL_MARGIN_M for size in room.size_m]
    high[2] = min(high[2], PHONE_HEIGHTS_M[1])
    while True:
        x, y, z = (round(float(at), 3) for at in random.uniform(low, high))
        yield (x, y, z)


def _placed(
    places: Iterator[Position], speakers: int, microphones: int, distance_m: float
) -> Placement | None:
    at_speakers: list[Position] = []
    at_microphones: list[Position] = []
    for place in itertools.islice(places, _ATTEMPTS):
        if not _is_clear(place, at_speakers + at_microphones, NEIGHBOUR_DISTANCE_M):
            continue
        if len(at_speakers) < speakers:
            at_speakers.append(place)
        elif len(at_microphones) < microphones and _is_clear(place, at_speakers, distance_m):
            at_microphones.append(place)
        if len(at_speakers) == speakers and len(at_microphones) == microphones:
            return Placement(tuple(at_speakers), tuple(at_microphones))
    return None


def _is_clear(place: Position, others: list[Position], distance_m: float) -> bool:
    return all(math.dist(place, other) >= distance_m for other in others)
