"""Refuses what would take too long, and says what would be cheaper."""

from sonalyze_contracts.simulations import FEWEST_RAYS
from sonalyze_simulation.domain.conditions import SimulationTooExpensive
from sonalyze_simulation.domain.prepared import Prepared


def require_affordable(prepared: Prepared, most_seconds: float) -> None:
    """Refuse a simulation whose estimate is above the limit.

    Raises
    ------
    SimulationTooExpensive
        With the estimate and a cheaper request in its facts.
    """
    if prepared.seconds <= most_seconds:
        return
    share = most_seconds / prepared.seconds
    cheaper = _cheaper(prepared, share)
    raise SimulationTooExpensive(
        f"This would take about {prepared.seconds:.0f} s, and {most_seconds:g} s are allowed; "
        f"{_advice(cheaper)}",
        estimated_seconds=round(prepared.seconds, 1),
        most_seconds=most_seconds,
        suggestion=cheaper,
    )


def _cheaper(prepared: Prepared, share: float) -> dict[str, int | bool]:
    suggestion: dict[str, int | bool] = {}
    if prepared.rays:
        suggestion["rays"] = max(FEWEST_RAYS, int(prepared.rays * share * 0.9))
        if not prepared.request["allow_degraded"]:
            suggestion["allow_degraded"] = True
    elif prepared.order:
        suggestion["max_order"] = prepared.order - 1
    microphones = len(prepared.request["microphones"])
    if microphones > 1:
        suggestion["microphones"] = max(1, int(microphones * share))
    return suggestion


def _advice(suggestion: dict[str, int | bool]) -> str:
    ways = []
    if "rays" in suggestion:
        ways.append(f"at most {suggestion['rays']} rays")
    if "max_order" in suggestion:
        ways.append(f"a max_order of {suggestion['max_order']} or less")
    if "microphones" in suggestion:
        ways.append(f"about {suggestion['microphones']} microphones at once")
    if "allow_degraded" in suggestion:
        ways.append("'allow_degraded': true, which takes fewer rays by itself")
    return f"try {', or '.join(ways)}" if ways else "try a simpler room"
