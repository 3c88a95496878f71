"""A simulation that has been judged and planned; what is left is to compute it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be computed, how, and what is known of the room already; all of it JSON."""

    request: Mapping[str, Any]
    """The request with every default filled in."""
    method: str
    order: int
    rays: int
    seconds: float
    """What all sources will take, with as many processes as were named."""
    volume_m3: float
    surface_m2: float
    schroeder_hz: float | None
    estimates: Mapping[str, Any]
    warnings: Sequence[str]

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what another process prepared."""
        return cls(**document)

    def as_json(self) -> dict[str, Any]:
        """Write down for another process."""
        return asdict(self)
