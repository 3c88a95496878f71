"""What a surface does to sound, octave by octave.

An id stands for octaves, a number for the same figure in all of them. The octaves of an id are the
published ones, scaled so that the mean of 500 Hz and 1 kHz is the documented single figure: the
figure that the table has always listed then means what a mid-frequency reverberation time shows,
and the other octaves follow the material. Sources end at 125 Hz, many at 4 kHz; what lies beyond
is the nearest octave's, and the listing says so.

Nobody publishes scattering per octave for ordinary surfaces. The documented figure is continued
along a rising line of log(s / (1 - s)) through 707 Hz, the form of the curves by which practice
expands a mid-frequency coefficient (Christensen and Rindel, Forum Acusticum 2005); its slope is
ours.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sonalyze_contracts.simulation_materials import (
    OCTAVES_HZ,
    SIX_OCTAVES_HZ,
    Material,
    MaterialListing,
    MaterialTable,
)
from sonalyze_simulation.domain.defects import UnknownMaterial
from sonalyze_simulation.domain.material_rows import ROWS, MaterialRow

Bands = tuple[float, ...]
"""One coefficient for each of `OCTAVES_HZ`."""

TABLE: Final[Mapping[str, MaterialRow]] = {row.id: row for row in ROWS}

MID: Final = (OCTAVES_HZ.index(500), OCTAVES_HZ.index(1000))
MID_HZ: Final = math.sqrt(500 * 1000)

SCATTERING_SLOPE: Final = 0.5
"""Of log(s / (1 - s)) per octave: 0.3 at middle frequencies is 0.07 at 63 Hz and 0.7 at 8 kHz."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The coefficients of a surface in each octave."""

    absorption: Bands
    scattering: Bands


@dataclass(frozen=True, slots=True)
class Finished:
    """A surface, and the octaves of it that were not given."""

    finish: Finish
    guessed_hz: tuple[int, ...]


def finish_of(material: Material) -> Finished:
    """Give the octaves of a material as a request names it.

    Raises
    ------
    UnknownMaterial
        If the table has no row of its id.
    """
    row = None if material.row is None else row_of(material.row)
    absorption, scattering, guessed = material.absorption, material.scattering, set[int]()
    if absorption is not None:
        bands, guessed = on_grid(absorption)
    elif row is not None:
        bands = absorption_of(row)
    scattered: Bands = (0.0,) * len(OCTAVES_HZ)
    if scattering is not None:
        scattered, more = on_grid(scattering)
        guessed = guessed | more
    elif row is not None:
        scattered = scattering_of(row)
    return Finished(Finish(bands, scattered), tuple(sorted(guessed)))


def row_of(material_id: str) -> MaterialRow:
    """Look an id up."""
    if material_id not in TABLE:
        raise UnknownMaterial(
            f"No material is called '{material_id}'; known are {', '.join(TABLE)}",
            material_id=material_id,
        )
    return TABLE[material_id]


def on_grid(given: float | Sequence[float] | Mapping[str, float]) -> tuple[Bands, set[int]]:
    """Give all octaves of what was given, and which of them were not."""
    match given:
        case Mapping():
            known = {int(name): value for name, value in given.items()}
        case Sequence():
            centers = OCTAVES_HZ if len(given) == len(OCTAVES_HZ) else SIX_OCTAVES_HZ
            known = dict(zip(centers, given, strict=True))
        case _:
            known = dict.fromkeys(OCTAVES_HZ, float(given))
    bands = tuple(known[_nearest(center_hz, known)] for center_hz in OCTAVES_HZ)
    return bands, set(OCTAVES_HZ) - set(known)


def _nearest(center_hz: int, known: Mapping[int, float]) -> int:
    return min(known, key=lambda other_hz: (abs(math.log2(other_hz / center_hz)), other_hz))


def absorption_of(row: MaterialRow) -> Bands:
    """Give a row's published octaves, scaled to its single figure."""
    if not row.published:
        return (row.absorption,) * len(OCTAVES_HZ)
    bands, _ = on_grid(_published(row))
    middle = sum(bands[index] for index in MID) / len(MID)
    return tuple(round(min(value * row.absorption / middle, 1.0), 4) for value in bands)


def extrapolated_hz(row: MaterialRow) -> list[int]:
    """List the octaves that a row's source does not publish."""
    if not row.published:
        return []
    return sorted(set(OCTAVES_HZ) - {int(name) for name in _published(row)})


def scattering_of(row: MaterialRow) -> Bands:
    """Continue a row's single figure over frequency."""
    odds = math.log(row.scattering / (1 - row.scattering))
    risen = [
        1 / (1 + math.exp(-odds - SCATTERING_SLOPE * math.log2(center_hz / MID_HZ)))
        for center_hz in OCTAVES_HZ
    ]
    middle = sum(risen[index] for index in MID) / len(MID)
    return tuple(round(min(value * row.scattering / middle, 1.0), 4) for value in risen)


def material_table() -> MaterialTable:
    """List every material."""
    return MaterialTable(materials=[_listing(row) for row in ROWS])


def _published(row: MaterialRow) -> dict[str, float]:
    given_hz = OCTAVES_HZ[1 : 1 + len(row.published)]
    return {str(center_hz): value for center_hz, value in zip(given_hz, row.published, strict=True)}


def _listing(row: MaterialRow) -> MaterialListing:
    return MaterialListing(
        id=row.id,
        display_name=row.display_name,
        absorption=row.absorption,
        scattering=row.scattering,
        bands_hz=list(OCTAVES_HZ),
        absorption_bands=list(absorption_of(row)),
        scattering_bands=list(scattering_of(row)),
        extrapolated_hz=extrapolated_hz(row),
        source=row.source,
    )
