"""The outline of a room from the walls that an app drew: pieces in any order and direction."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from sonalyze_contracts.simulations import MOST_CORNERS
from sonalyze_simulation.domain.app_values import Json, a_list, an_object, plan_point
from sonalyze_simulation.domain.defects import TooManyWalls
from sonalyze_simulation.domain.plan import Point, signed_area_m2

JOINT_M: Final = 0.001
"""Ends of walls that are this close meet."""

FEWEST_CORNERS: Final = 3
MOST_WALLS: Final = 4 * MOST_CORNERS
"""Inner walls and doubled ones included."""

Wall = tuple[Point, Point]


def outline(room: Json) -> tuple[tuple[Point, ...] | None, tuple[str, ...]]:
    """Chain a room's walls end to end; nothing if they give no outline.

    Walls that belong to no closed outline, such as partitions, are left out. An outline with a
    single gap is closed across it.
    """
    walls = _walls(a_list(room.get("walls")))
    chains = []
    while walls:
        chains.append(_chain(walls))
    closed = [chain[:-1] for chain in chains if _meet(chain[0], chain[-1])]
    rings = [ring for ring in closed if abs(signed_area_m2(ring)) > JOINT_M]
    if rings:
        largest = max(rings, key=lambda ring: abs(signed_area_m2(ring)))
        inside = ("Walls inside the room are left out",) if len(chains) > 1 else ()
        return tuple(largest), inside
    bent = [chain for chain in chains if len(chain) >= FEWEST_CORNERS]
    if len(bent) == 1 and not closed and abs(signed_area_m2(bent[0])) > JOINT_M:
        return tuple(bent[0]), ("The walls leave a gap, which is closed by a straight wall",)
    return None, ()


def _walls(drawn: Sequence[Any]) -> list[Wall]:
    if len(drawn) > MOST_WALLS:
        raise TooManyWalls(f"The room has {len(drawn)} walls; at most {MOST_WALLS} are read")
    walls = []
    for item in drawn:
        wall = an_object(item)
        start, end = plan_point(wall.get("start")), plan_point(wall.get("end"))
        if start is not None and end is not None and not _meet(start, end):
            walls.append((start, end))
    return walls


def _meet(one: Point, other: Point) -> bool:
    return math.dist(one, other) <= JOINT_M


def _chain(walls: list[Wall]) -> list[Point]:
    """Take walls that continue each other out of the list; closed ones end where they began."""
    chain = deque(walls.pop(0))
    while not _meet(chain[0], chain[-1]):
        for index, (start, end) in enumerate(walls):
            if _meet(chain[-1], start) or _meet(chain[-1], end):
                chain.append(end if _meet(chain[-1], start) else start)
            elif _meet(chain[0], start) or _meet(chain[0], end):
                chain.appendleft(end if _meet(chain[0], start) else start)
            else:
                continue
            del walls[index]
            break
        else:
            break
    return list(chain)
