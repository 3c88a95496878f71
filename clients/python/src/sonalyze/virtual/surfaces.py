"""Absorption of the surfaces that the virtual rooms are made of.

Energy absorption at 125, 250, 500 Hz, 1, 2, 4 and 8 kHz, from M. Vorländer, "Auralization"
(Springer 2008), appendix A.2, as collected in the materials of pyroomacoustics. Where the table
ends at 4 kHz its last figure is repeated.
"""

from dataclasses import dataclass
from typing import Final

Absorption = tuple[float, float, float, float, float, float, float]
"""Absorbed share of the energy in the octaves from 125 Hz to 8 kHz."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The six boundaries of a box: x from west to east, y from south to north."""

    west: Absorption
    east: Absorption
    south: Absorption
    north: Absorption
    floor: Absorption
    ceiling: Absorption

    def in_order(self) -> tuple[Absorption, ...]:
        """List the boundaries as pairs along x, y and z."""
        return (self.west, self.east, self.south, self.north, self.floor, self.ceiling)


RENDERED_BRICK: Final[Absorption] = (0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04)
PLASTERBOARD: Final[Absorption] = (0.15, 0.10, 0.06, 0.04, 0.04, 0.05, 0.05)
PLASTERBOARD_CEILING: Final[Absorption] = (0.20, 0.15, 0.10, 0.08, 0.04, 0.02, 0.02)
WOODEN_LINING: Final[Absorption] = (0.27, 0.23, 0.22, 0.15, 0.10, 0.07, 0.06)
WINDOW_GLASS: Final[Absorption] = (0.10, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03)
CURTAIN: Final[Absorption] = (0.30, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71)
THIN_CURTAIN: Final[Absorption] = (0.03, 0.12, 0.15, 0.27, 0.37, 0.42, 0.42)
LINOLEUM: Final[Absorption] = (0.02, 0.03, 0.03, 0.03, 0.03, 0.02, 0.02)
CARPET_ON_FOAM: Final[Absorption] = (0.03, 0.09, 0.25, 0.31, 0.33, 0.44, 0.44)
NEEDLE_FELT: Final[Absorption] = (0.02, 0.02, 0.05, 0.15, 0.30, 0.40, 0.40)
PLASTIC_CHAIRS: Final[Absorption] = (0.06, 0.10, 0.10, 0.20, 0.30, 0.20, 0.20)
UPHOLSTERED_CHAIRS: Final[Absorption] = (0.44, 0.60, 0.77, 0.89, 0.82, 0.70, 0.70)
PERFORATED_CHIPBOARD: Final[Absorption] = (0.41, 0.67, 0.58, 0.59, 0.68, 0.35, 0.35)
FISSURED_TILE: Final[Absorption] = (0.49, 0.53, 0.53, 0.75, 0.92, 0.99, 0.99)
