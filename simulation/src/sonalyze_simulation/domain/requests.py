"""From what a client sent to a request: documented requests as they are, apps' rooms translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from sonalyze_contracts.documents import storable
from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.app_payload import translated
from sonalyze_simulation.domain.defects import InvalidRequest

MOST_FAULTS: Final = 5
"""That one answer lists."""

SHAPES: Final = {"shoebox", "polygon", "number", "list", "octaves", "[key]"}
"""Names of alternatives, which are no fields."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request, and what had to be guessed to make it one."""

    request: SimulationRequest
    warnings: tuple[str, ...]


def resolved(body: Mapping[str, Any]) -> Resolved:
    """Understand a payload, which is a documented request if its ``room`` is an object.

    Raises
    ------
    Invalid
        With a sentence for what is missing, outside its limits or not understood.
    """
    try:
        storable(dict(body))
    except ValueError as error:
        raise InvalidRequest(f"The request {error}") from None
    warnings: tuple[str, ...] = ()
    if not isinstance(body.get("room"), dict):
        body, warnings = translated(body)
    try:
        return Resolved(SimulationRequest.model_validate(body), warnings)
    except ValidationError as error:
        raise InvalidRequest(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    said = list(
        dict.fromkeys(_fault(fault["loc"], fault["type"], fault["msg"]) for fault in faults)
    )
    more = len(said) - MOST_FAULTS
    return "; ".join(said[:MOST_FAULTS]) + (f"; and {more} more" if more > 0 else "")


def _fault(place: Sequence[int | str], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in place if part not in SHAPES)
    if kind == "missing":
        return f"Missing '{where}'"
    said = message.removeprefix("Value error, ")
    return f"'{where}': {said}" if where else said[:1].upper() + said[1:]
