import math

import pytest

from sonalyze_contracts.simulation_materials import OCTAVES_HZ, Material, MaterialListing
from sonalyze_simulation.domain.defects import UnknownMaterial
from sonalyze_simulation.domain.materials import finish_of, material_table

DOCUMENTED = {
    "concrete": (0.02, 0.05),
    "brick": (0.03, 0.10),
    "plaster": (0.05, 0.05),
    "glass": (0.03, 0.02),
    "wood_panel": (0.10, 0.15),
    "carpet": (0.30, 0.20),
    "curtain_heavy": (0.50, 0.40),
    "acoustic_panel": (0.80, 0.10),
}
USED_IN_SAVED_ROOMS = {
    "marble": (0.01, 0.02),
    "painted_concrete": (0.06, 0.05),
    "hardwood": (0.10, 0.10),
    "parquet": (0.07, 0.10),
    "plywood": (0.12, 0.10),
    "carpet_thin": (0.20, 0.20),
    "carpet_thick": (0.50, 0.30),
    "carpet_padded": (0.60, 0.35),
    "curtain_light": (0.15, 0.20),
    "upholstery": (0.45, 0.20),
    "acoustic_foam": (0.70, 0.10),
    "acoustic_tile": (0.65, 0.20),
    "perforated_panel": (0.50, 0.40),
    "diffuser": (0.15, 0.80),
    "suspended_ceiling": (0.50, 0.25),
    "mineral_fiber": (0.70, 0.25),
    "gypsum_ceiling": (0.15, 0.10),
    "default": (0.20, 0.05),
}
LISTED = {row.id: row for row in material_table().materials}
MID = slice(OCTAVES_HZ.index(500), OCTAVES_HZ.index(1000) + 1)


@pytest.mark.parametrize(("row_id", "figures"), (DOCUMENTED | USED_IN_SAVED_ROOMS).items())
def test_a_row_has_its_documented_figures(row_id: str, figures: tuple[float, float]) -> None:
    row = LISTED[row_id]

    assert (row.absorption, row.scattering) == figures


def test_the_table_has_these_rows_and_no_others() -> None:
    assert set(LISTED) == set(DOCUMENTED | USED_IN_SAVED_ROOMS)


@pytest.mark.parametrize("row", LISTED.values(), ids=LISTED)
def test_the_octaves_of_a_row_agree_with_its_figures_at_middle_frequencies(
    row: MaterialListing,
) -> None:
    absorption, scattering = row.absorption_bands, row.scattering_bands

    assert sum(absorption[MID]) / 2 == pytest.approx(row.absorption, abs=1e-4)
    assert sum(scattering[MID]) / 2 == pytest.approx(row.scattering, abs=1e-4)


@pytest.mark.parametrize("row_id", LISTED)
def test_every_row_names_its_source_and_what_the_source_does_not_give(row_id: str) -> None:
    row = LISTED[row_id]

    assert row.display_name
    assert row.source
    assert row.bands_hz == list(OCTAVES_HZ)
    assert len(row.absorption_bands) == len(row.scattering_bands) == 8
    assert all(0 <= value <= 1 for value in (*row.absorption_bands, *row.scattering_bands))
    assert set(row.extrapolated_hz) in ({63}, {63, 8000}, set())


@pytest.mark.parametrize("row_id", LISTED)
def test_scattering_rises_with_frequency(row_id: str) -> None:
    bands = LISTED[row_id].scattering_bands

    assert bands == sorted(bands)


def test_an_id_stands_for_its_octaves() -> None:
    finished = finish_of(Material(id="carpet"))

    assert finished.finish.absorption == tuple(LISTED["carpet"].absorption_bands)
    assert finished.finish.scattering == tuple(LISTED["carpet"].scattering_bands)
    assert finished.finish.absorption[1] < finished.finish.absorption[-2]


def test_a_number_is_the_same_in_all_octaves_and_scatters_nothing() -> None:
    finished = finish_of(Material(absorption=0.3))

    assert finished.finish.absorption == (0.3,) * 8
    assert finished.finish.scattering == (0.0,) * 8
    assert finished.guessed_hz == ()


def test_six_octaves_go_on_to_either_side_and_say_so() -> None:
    finished = finish_of(Material(absorption=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))

    assert finished.finish.absorption == (0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6)
    assert finished.guessed_hz == (63, 8000)


def test_eight_octaves_are_all_there_are() -> None:
    bands = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]

    finished = finish_of(Material(absorption=0.1, scattering=bands))

    assert finished.finish.scattering == tuple(bands)
    assert finished.guessed_hz == ()


def test_an_octave_that_is_not_given_is_the_nearest_one() -> None:
    finished = finish_of(Material(absorption={"125": 0.1, "1000": 0.3}))

    assert finished.finish.absorption == (0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3)
    assert finished.guessed_hz == (63, 250, 500, 2000, 4000, 8000)


def test_a_figure_beside_an_id_wins() -> None:
    finished = finish_of(Material(id="carpet", absorption=0.9))

    assert finished.finish.absorption == (0.9,) * 8
    assert finished.finish.scattering == tuple(LISTED["carpet"].scattering_bands)


def test_an_unknown_id_is_refused_with_what_is_known() -> None:
    with pytest.raises(UnknownMaterial, match="No material is called 'cheese'; known are concrete"):
        finish_of(Material(material_id="cheese"))


def test_the_slope_of_scattering_is_what_is_said_of_it() -> None:
    low, high = (
        LISTED["carpet_thick"].scattering_bands[0],
        LISTED["carpet_thick"].scattering_bands[-1],
    )

    assert math.isclose(low, 0.07, abs_tol=0.01)
    assert math.isclose(high, 0.70, abs_tol=0.01)
