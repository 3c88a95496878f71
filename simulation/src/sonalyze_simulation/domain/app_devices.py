"""Where an app says that sources and microphones are, and where they are if it does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sonalyze_simulation.domain.app_values import Json, a_list, a_name, an_object, space_point
from sonalyze_simulation.domain.plan import Plan, Point

Z_UP: Final = {"xyz", "pyroom", "cartesian"}
"""Names of frames in which z is up."""

BELOW_CEILING: Final = 0.9
"""Share of the room's height above which no default device is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Sources or microphones: the keys under which they are, and what is assumed of them."""

    keys: tuple[str, ...]
    prefix: str
    default_share: float
    default_height_m: float


SOURCES: Final = Kind(("sources", "loudspeakers", "speakers"), "src", 0.25, 1.5)
MICROPHONES: Final = Kind(("microphones", "mics", "receivers", "microphone"), "mic", 0.75, 1.2)


def placed(kind: Kind, payload: Json, model: Json) -> list[dict[str, Any]]:
    """Give the devices of the first place that has any with a position."""
    frames = (_frame(payload), _frame(model))
    for place in _places(payload, model):
        for key in kind.keys:
            found = _with_positions(a_list(place.get(key)), kind.prefix, (_frame(place), *frames))
            if found:
                return found
    return []


def assumed(
    kind: Kind, plan: Plan, height_m: float, taken: Sequence[Point] = ()
) -> list[dict[str, Any]]:
    """Give the default device, moved to where there is space for it."""
    x, y = plan.free_place(plan.at(kind.default_share, kind.default_share), taken)
    z = min(kind.default_height_m, BELOW_CEILING * height_m)
    return [{"id": f"{kind.prefix}-default", "position_m": [x, y, z]}]


def _places(payload: Json, model: Json) -> Iterator[Json]:
    owners = (payload, model, *map(an_object, a_list(model.get("rooms"))))
    for owner in owners:
        yield owner
        yield an_object(owner.get("devices"))


def _with_positions(
    entries: list[Any], prefix: str, frames: Sequence[str | None]
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(map(an_object, entries), 1):
        position_m = _position(entry, frames)
        if position_m is not None:
            name = _unused(a_name(entry.get("id")) or f"{prefix}-{number}", found)
            found[name] = {"id": name, "position_m": position_m}
    return list(found.values())


def _unused(name: str, used: dict[str, dict[str, Any]]) -> str:
    wanted, number = name, 1
    while name in used:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _position(entry: Json, frames: Sequence[str | None]) -> list[float] | None:
    given = entry.get("position_m")
    if given is not None:
        return space_point(given, z_up=True)
    given = entry.get("position")
    named = (_frame(an_object(given)), _frame(entry), *frames)
    frame = next((name for name in named if name is not None), None)
    return space_point(given, z_up=frame in Z_UP)


def _frame(owner: Json) -> str | None:
    name = a_name(owner.get("coordinate_system")) or a_name(owner.get("coordinateSystem"))
    return None if name is None else name.lower()
