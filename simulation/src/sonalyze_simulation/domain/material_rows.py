"""The rows of the table of materials: ids, single figures, and where the octaves come from.

The single figures are documented and fixed. The octaves of a row are those that its source
publishes, from 125 Hz upwards; `materials` scales them to the single figure.
"""

from dataclasses import dataclass
from typing import Final

VORLAENDER: Final = "Vorländer, Auralization (Springer 2008), appendix B: {}"
EGAN: Final = "Egan, Architectural Acoustics (McGraw-Hill 1988), table of absorption data: {}"
BY_DEFINITION: Final = "Absorption by definition the same in all octaves"


@dataclass(frozen=True, slots=True)
class MaterialRow:
    """A material: documented figures, and published absorption from 125 Hz upwards, if any."""

    id: str
    display_name: str
    absorption: float
    scattering: float
    published: tuple[float, ...]
    source: str


def _row(  # noqa: PLR0913, PLR0917  the columns of a table
    row_id: str,
    name: str,
    absorption: float,
    scattering: float,
    published: tuple[float, ...],
    what: str,
    book: str = VORLAENDER,
) -> MaterialRow:
    return MaterialRow(row_id, name, absorption, scattering, published, book.format(what))


def _flat(row_id: str, name: str, absorption: float, scattering: float) -> MaterialRow:
    return MaterialRow(row_id, name, absorption, scattering, (), BY_DEFINITION)


HARD: Final = (
    _row(
        *("concrete", "Concrete", 0.02, 0.05),
        (0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05),
        "smooth unpainted concrete",
    ),
    _row(
        *("painted_concrete", "Painted concrete block", 0.06, 0.05),
        (0.10, 0.05, 0.06, 0.07, 0.09, 0.08),
        "concrete block, painted",
        EGAN,
    ),
    _row(
        *("brick", "Brick", 0.03, 0.10),
        (0.03, 0.03, 0.03, 0.04, 0.05, 0.07, 0.07),
        "brick wall, stuccoed with a rough finish",
    ),
    _row(
        *("plaster", "Plaster", 0.05, 0.05),
        (0.02, 0.03, 0.04, 0.05, 0.04, 0.03, 0.02),
        "rough lime wash",
    ),
    _row(
        *("marble", "Marble", 0.01, 0.02),
        (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
        "marble floor",
    ),
    _row(
        *("glass", "Glass", 0.03, 0.02),
        (0.10, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03),
        "glass window, 0.68 kg/m2",
    ),
)

WOOD: Final = (
    _row(
        *("wood_panel", "Wood panel", 0.10, 0.15),
        (0.18, 0.12, 0.10, 0.09, 0.08, 0.07, 0.07),
        "wood, 16 mm, on 40 mm planks",
    ),
    _row(
        *("hardwood", "Hardwood floor", 0.10, 0.10),
        (0.15, 0.11, 0.10, 0.07, 0.06, 0.07),
        "wood floor",
        EGAN,
    ),
    _row(
        *("parquet", "Parquet on concrete", 0.07, 0.10),
        (0.04, 0.04, 0.07, 0.06, 0.06, 0.07),
        "wood parquet on concrete",
        EGAN,
    ),
    _row(
        *("plywood", "Plywood", 0.12, 0.10),
        (0.27, 0.23, 0.22, 0.15, 0.10, 0.07, 0.06),
        "wooden lining, 12 mm, fixed on a frame",
    ),
)

TEXTILES: Final = (
    _row(
        *("carpet", "Carpet", 0.30, 0.20),
        (0.03, 0.09, 0.25, 0.31, 0.33, 0.44, 0.44),
        "6 mm pile carpet on closed-cell foam",
    ),
    _row(
        *("carpet_thin", "Thin carpet", 0.20, 0.20),
        (0.02, 0.04, 0.08, 0.20, 0.35, 0.40),
        "thin carpet, cemented to concrete",
    ),
    _row(
        *("carpet_thick", "Thick carpet", 0.50, 0.30),
        (0.08, 0.08, 0.30, 0.60, 0.75, 0.80, 0.80),
        "9 mm tufted pile carpet on felt",
    ),
    _row(
        *("carpet_padded", "Carpet on padding", 0.60, 0.35),
        (0.08, 0.24, 0.57, 0.69, 0.71, 0.73),
        "carpet, 1.35 kg/m2, on hair felt or foam rubber",
    ),
    _row(
        *("curtain_heavy", "Heavy curtain", 0.50, 0.40),
        (0.30, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71),
        "cotton curtains, 0.5 kg/m2, draped to 3/4 area, 130 mm from the wall",
    ),
    _row(
        *("curtain_light", "Light curtain", 0.15, 0.20),
        (0.03, 0.12, 0.15, 0.27, 0.37, 0.42),
        "cotton cloth, 0.33 kg/m2, folded to 7/8 area",
    ),
    _row(
        *("upholstery", "Upholstery", 0.45, 0.20),
        (0.40, 0.50, 0.58, 0.61, 0.58, 0.50, 0.50),
        "empty chairs, upholstered, leather cover",
    ),
)

ABSORBERS: Final = (
    _row(
        *("acoustic_panel", "Acoustic panel", 0.80, 0.10),
        (0.23, 0.59, 0.86, 0.86, 0.86, 0.86, 0.86),
        "rockwool, 50 mm, 40 kg/m3",
    ),
    _row(
        *("acoustic_foam", "Acoustic foam", 0.70, 0.10),
        (0.12, 0.33, 0.83, 0.97, 0.98, 0.95),
        "melamine foam, wedge-shaped",
    ),
    _row(
        *("acoustic_tile", "Acoustic tile", 0.65, 0.20),
        (0.49, 0.53, 0.53, 0.75, 0.92, 0.99),
        "fissured ceiling tile",
    ),
    _row(
        *("perforated_panel", "Perforated panel", 0.50, 0.40),
        (0.41, 0.67, 0.58, 0.59, 0.68, 0.35),
        "perforated veneered chipboard over 150 mm with 30 mm mineral wool",
    ),
    _row(
        *("suspended_ceiling", "Suspended ceiling", 0.50, 0.25),
        (0.45, 0.55, 0.60, 0.90, 0.86, 0.75),
        "perforated gypsum board, 27 mm, 300 mm below the ceiling",
    ),
    _row(
        *("mineral_fiber", "Mineral fibre", 0.70, 0.25),
        (0.20, 0.56, 0.82, 0.87, 0.70, 0.53),
        "mineral fibre absorber, 20 mm, over 50 mm",
    ),
    _row(
        *("gypsum_ceiling", "Gypsum board ceiling", 0.15, 0.10),
        (0.20, 0.15, 0.10, 0.08, 0.04, 0.02),
        "plasterboard ceiling on battens, large air space above",
    ),
)

OTHERS: Final = (
    _flat("diffuser", "Diffuser", 0.15, 0.80),
    _flat("default", "Default", 0.20, 0.05),
)

ROWS: Final = (*HARD, *WOOD, *TEXTILES, *ABSORBERS, *OTHERS)
