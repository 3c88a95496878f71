"""The catalogue: rooms that people measure, with sizes and surfaces of their kind.

Scattering stands for furniture. M. Vorländer, "Auralization", appendix A.3, gives 0.3 to 0.6 for
rows of classroom tables and for audience between 250 Hz and 4 kHz; emptier rooms lie below.
"""

from types import MappingProxyType
from typing import Final

from sonalyze.virtual import surfaces as of
from sonalyze.virtual.errors import UnknownRoom
from sonalyze.virtual.room import VirtualRoom
from sonalyze.virtual.surfaces import Surfaces

DEFAULT_ROOM: Final = "living"

_LIVING = VirtualRoom(
    name="living",
    size_m=(5.2, 4.1, 2.6),
    surfaces=Surfaces(
        west=of.PLASTERBOARD,
        east=of.PLASTERBOARD,
        south=of.THIN_CURTAIN,
        north=of.WOODEN_LINING,
        floor=of.CARPET_ON_FOAM,
        ceiling=of.PLASTERBOARD_CEILING,
    ),
    scattering=0.4,
)

_CLASSROOM = VirtualRoom(
    name="classroom",
    size_m=(9.2, 7.1, 3.2),
    surfaces=Surfaces(
        west=of.RENDERED_BRICK,
        east=of.PERFORATED_CHIPBOARD,
        south=of.WINDOW_GLASS,
        north=of.WOODEN_LINING,
        floor=of.PLASTIC_CHAIRS,
        ceiling=of.PLASTERBOARD_CEILING,
    ),
    scattering=0.5,
)

_OFFICE = VirtualRoom(
    name="office",
    size_m=(5.1, 3.7, 2.8),
    surfaces=Surfaces(
        west=of.PLASTERBOARD,
        east=of.WOODEN_LINING,
        south=of.WINDOW_GLASS,
        north=of.PLASTERBOARD,
        floor=of.NEEDLE_FELT,
        ceiling=of.FISSURED_TILE,
    ),
    scattering=0.4,
)

_HALL = VirtualRoom(
    name="hall",
    size_m=(24.3, 16.1, 9.2),
    surfaces=Surfaces(
        west=of.RENDERED_BRICK,
        east=of.WOODEN_LINING,
        south=of.PLASTERBOARD,
        north=of.PLASTERBOARD,
        floor=of.UPHOLSTERED_CHAIRS,
        ceiling=of.PLASTERBOARD_CEILING,
    ),
    scattering=0.5,
)

ROOMS: Final = MappingProxyType({room.name: room for room in (_LIVING, _CLASSROOM, _OFFICE, _HALL)})
"""Every room by its name."""


def room_named(name: str) -> VirtualRoom:
    """Find a room of the catalogue.

    Raises
    ------
    UnknownRoom
        If there is none of this name; the message lists those there are.
    """
    try:
        return ROOMS[name]
    except KeyError:
        raise UnknownRoom(f"there is no room {name!r}; there are {', '.join(ROOMS)}") from None
