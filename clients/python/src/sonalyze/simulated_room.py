"""A virtual room as the simulation service is asked for it: the same walls, the same places."""

from collections.abc import Mapping
from typing import Final

from sonalyze.virtual.air import RELATIVE_HUMIDITY_PERCENT, TEMPERATURE_K
from sonalyze.virtual.room import Position, VirtualRoom
from sonalyze.virtual.surfaces import Absorption
from sonalyze_contracts.simulations import (
    Place,
    ShoeboxRoom,
    SimulationRequest,
    WallMaterials,
)

FREEZING_K: Final = 273.15


def simulation_of(
    room: VirtualRoom,
    speakers: Mapping[str, Position],
    microphones: Mapping[str, Position],
    seed: int,
) -> SimulationRequest:
    """Ask what every microphone hears of every speaker, each under its name."""
    surfaces = room.surfaces
    sides = ("west", "east", "south", "north", "floor", "ceiling")
    return SimulationRequest.model_validate(
        {
            "room": ShoeboxRoom(
                dimensions_m=list(room.size_m),
                wall_materials=WallMaterials.model_validate(
                    {side: _material(getattr(surfaces, side), room.scattering) for side in sides}
                ),
            ),
            "sources": _places(speakers),
            "microphones": _places(microphones),
            "temperature_c": round(TEMPERATURE_K - FREEZING_K, 2),
            "humidity_percent": RELATIVE_HUMIDITY_PERCENT,
            "seed": seed,
        }
    )


def _material(absorption: Absorption, scattering: float) -> dict[str, object]:
    """Give all octaves: the virtual room's lowest, 125 Hz, also carries what lies below it."""
    return {"absorption": [absorption[0], *absorption], "scattering": scattering}


def _places(named: Mapping[str, Position]) -> list[Place]:
    return [Place(id=name, position_m=list(position)) for name, position in named.items()]
