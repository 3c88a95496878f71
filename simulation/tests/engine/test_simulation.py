from dataclasses import replace

import numpy as np
import pytest
from rooms import L_SHAPE, box, point, prism, shoebox, surface

from sonalyze_acoustics import evaluate_impulse_response
from sonalyze_simulation.engine.air import Air
from sonalyze_simulation.engine.arrivals import Arrivals
from sonalyze_simulation.engine.curves import thinned
from sonalyze_simulation.engine.estimates import estimates
from sonalyze_simulation.engine.images import Images
from sonalyze_simulation.engine.pairs import band_responses, heard
from sonalyze_simulation.engine.scene import Scene, Surface
from sonalyze_simulation.engine.simulation import (
    OCTAVE_HZ,
    PairEvaluation,
    Plan,
    simulate_source,
)
from sonalyze_simulation.engine.synthesis import impulse_response

AIR = Air()
LOSS_PER_M = AIR.absorption_per_m(OCTAVE_HZ)
SPEED_M_S = AIR.speed_of_sound_m_s
HYBRID = Plan(order=3, rays=10_000, seed=1)
SOURCE = point(1.5, 1.4, 1.0)
MICROPHONE = point(3.5, 2.4, 1.25)


def one_pair(scene: Scene, plan: Plan = HYBRID) -> PairEvaluation:
    """Simulate one source and one microphone at their usual places."""
    return simulate_source(scene, SOURCE, MICROPHONE[:, np.newaxis], plan=plan, air=AIR)[0]


@pytest.mark.parametrize("absorption", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("size", [(4, 3.2, 2.6), (8, 6, 4), (25, 16, 10)])
def test_evenly_absorbing_rooms_decay_as_statistics_expect(
    size: tuple[float, float, float], absorption: float
) -> None:
    room = shoebox(*size, surface(absorption, 0.5))
    places = np.array([[0.2, 0.3, 0.4], [0.7, 0.6, 0.5], [0.8, 0.2, 0.6]]) * size
    expected = estimates(room, SPEED_M_S, LOSS_PER_M)

    pairs = simulate_source(room, places[0], places[1:].T, plan=HYBRID, air=AIR)

    found = np.mean([[band.t30_s for band in pair.bands] for pair in pairs], axis=0)
    assert found == pytest.approx(expected.kuttruff_s, rel=0.06)
    if absorption < 0.3:
        assert found == pytest.approx(expected.eyring_s, rel=0.08)


def test_a_rectangle_drawn_as_a_polygon_is_the_same_room() -> None:
    walls = surface(0.2, 0.3)
    drawn = prism(((0, 0), (2.5, 0), (5, 0), (5, 4), (0, 4)), 2.5, walls)

    polygon, rectangle = one_pair(drawn), one_pair(shoebox(5, 4, 2.5, walls))

    for ours, theirs in zip(polygon.bands, rectangle.bands, strict=True):
        assert ours.t30_s == pytest.approx(theirs.t30_s, rel=0.03)
        assert ours.c50_db == pytest.approx(theirs.c50_db, abs=0.3)


def test_a_screen_lowers_the_direct_sound_and_takes_the_ratio_away() -> None:
    walls = surface(0.3, 0.2)
    screen = box((2.5, 1.9), (0.1, 3.0, 2.2), surface(0.9))

    free, hidden = (
        one_pair(shoebox(5, 4, 2.5, walls)),
        one_pair(shoebox(5, 4, 2.5, walls, (screen,))),
    )

    first_s = free.heard.first_s

    def direct_level_db(pair: PairEvaluation) -> float:
        near = np.abs(pair.heard.time_s - first_s) < 0.001
        return 10 * float(np.log10(pair.heard.energy[4, near].sum() + 1e-9))

    assert direct_level_db(free) - direct_level_db(hidden) > 15
    assert hidden.bands[4].drr_db is None
    assert "does not see" in hidden.bands[4].reasons["drr_db"]
    assert hidden.mid.drr_db is None
    assert hidden.speech.sti is not None


def test_a_very_long_simulation_lies_within_the_stated_spread() -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2, 0.3))
    long = one_pair(room, replace(HYBRID, rays=100_000, seed=99))

    inside = []
    for seed in range(4):
        short = one_pair(room, replace(HYBRID, seed=seed))
        for truth, band, spread in zip(long.bands, short.bands, short.spread, strict=True):
            for name in ("t30_s", "edt_s", "c50_db", "ts_s"):
                error = abs(getattr(band, name) - getattr(truth, name))
                inside.append(error <= (spread[name] or 0.0))

    assert np.mean(inside) >= 0.8


def test_the_same_seed_gives_the_same_figures_to_the_bit() -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2, 0.3))

    assert one_pair(room).bands == one_pair(room).bands
    assert one_pair(room, replace(HYBRID, seed=2)).bands != one_pair(room).bands


def test_images_alone_say_only_what_is_complete() -> None:
    mirrors = shoebox(5, 4, 2.5, surface(0.2))

    few, many = one_pair(mirrors, Plan(order=12, rays=0)), one_pair(mirrors, Plan(40, rays=0))

    assert few.bands[4].t30_s is None
    assert "is known for" in few.bands[4].reasons["t30_s"]
    assert many.bands[4].edt_s is not None
    assert many.spread[4] == {}


def test_images_alone_mirror_what_rays_would_scatter() -> None:
    rough, smooth = surface(0.2, 0.6), surface(0.2, 0.0)
    plan = Plan(order=20, rays=0)

    found = one_pair(shoebox(5, 4, 2.5, rough), plan)

    assert found.bands == one_pair(shoebox(5, 4, 2.5, smooth), plan).bands


def test_where_nothing_is_heard_every_figure_says_so() -> None:
    walls = surface(0.2, 0.3)
    partition = box((2.5, 2.0), (0.2, 4.0, 2.5), walls)

    found = one_pair(shoebox(5, 4, 2.5, walls, (partition,)))

    assert found.speech.sti is None
    assert "comes to the microphone" in found.speech.note
    assert found.bands[4].t30_s is None
    assert "comes to the microphone" in found.bands[4].reasons["t30_s"]
    assert "does not see" in found.bands[4].reasons["drr_db"]


def test_of_images_that_are_all_hidden_the_orders_are_to_blame() -> None:
    walls = surface(0.2)
    screen = box((2.5, 1.9), (0.1, 3.0, 2.2), walls)

    found = one_pair(shoebox(5, 4, 2.5, walls, (screen,)), Plan(order=0, rays=0))

    assert "No image of the orders" in found.bands[4].reasons["t30_s"]


@pytest.mark.parametrize("plan", [HYBRID, Plan(order=3, rays=0), Plan(order=0, rays=0)])
@pytest.mark.parametrize("corners", [L_SHAPE, ((0, 0), (5, 0), (5, 4), (0, 4))])
def test_a_room_that_takes_everything_leaves_the_direct_sound(
    plan: Plan, corners: tuple[tuple[float, float], ...]
) -> None:
    found = one_pair(prism(corners, 2.5, surface(1.0)), plan)

    assert found.speech.sti == pytest.approx(1.0)
    assert found.bands[4].t30_s is None
    if plan.is_traced:
        assert "Nothing follows" in found.bands[4].reasons["t30_s"]


def test_octaves_that_die_soon_are_known_beside_one_that_lives_long() -> None:
    walls = Surface((0.01, 0.2, 0.2, 0.2, 0.2, 0.2, 0.7, 1.0), (0.3,) * 8)
    room = shoebox(5, 4, 2.5, walls)
    expected = estimates(room, SPEED_M_S, LOSS_PER_M).kuttruff_s

    found = one_pair(room, replace(HYBRID, rays=2_000))

    assert found.bands[0].t30_s == pytest.approx(expected[0], rel=0.1)
    assert found.bands[3].t30_s == pytest.approx(expected[3], rel=0.1)
    assert found.bands[6].t30_s is not None
    assert found.bands[7].t30_s is None
    assert found.speech.sti is not None


def test_decay_times_that_few_rays_cannot_tell_are_withheld() -> None:
    hall = shoebox(30, 20, 10, surface(0.4, 0.3))
    source, microphone = point(6, 6, 4), point(21, 12, 5)[:, np.newaxis]

    few, many = (
        simulate_source(hall, source, microphone, plan=Plan(8, rays), air=AIR)[0]
        for rays in (100, 20_000)
    )

    missing = [band.reasons["t30_s"] for band in few.bands if band.t30_s is None]
    assert any("more rays" in reason for reason in missing)
    for band, spread in zip(few.bands, few.spread, strict=True):
        assert band.t30_s is None or band.t30_s >= spread["t30_s"]
    assert all(band.t30_s is not None for band in many.bands)


def test_rays_that_never_fade_are_not_followed_for_ever() -> None:
    walls = surface(0.9, 0.0)
    corners = np.array([[0.0, 0], [5, 0], [5, 4], [0, 4]])
    room = Scene(corners, 2.5, (walls,) * 4, surface(0.02), surface(0.02))
    longest_s = estimates(room, SPEED_M_S, np.zeros(8)).fitzroy_s.max()

    found = one_pair(room, replace(HYBRID, rays=500))

    assert found.heard.time_s.max() <= 4 * longest_s + 1e-9


def test_a_single_late_arrival_is_heard() -> None:
    nothing = np.zeros((8, 0))
    arrivals = Arrivals(
        np.array([5.0]), np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp), np.ones((8, 1))
    )
    images = Images(nothing[0], nothing, np.zeros(0, dtype=np.intp))

    pair = replace(heard(images, arrivals, SPEED_M_S), first_s=0.0)

    assert all(response.total_energy == pytest.approx(1.0) for response in band_responses(pair))


def test_an_octave_in_which_nothing_is_heard_has_no_curve() -> None:
    walls = surface(0.2, 0.3)
    partition = box((2.5, 2.0), (0.2, 4.0, 2.5), walls)

    something = one_pair(shoebox(5, 4, 2.5, walls)).heard
    nothing = one_pair(shoebox(5, 4, 2.5, walls, (partition,))).heard

    assert all(levels_db for _, _, levels_db in thinned(something))
    assert all(levels_db == [] for _, _, levels_db in thinned(nothing))


def test_rays_alone_agree_with_images_and_rays() -> None:
    room = shoebox(5, 4, 2.5, surface(0.2, 0.3))

    rays = one_pair(room, Plan(order=0, rays=20_000))
    hybrid = one_pair(room)

    assert rays.bands[4].t30_s == pytest.approx(hybrid.bands[4].t30_s, rel=0.05)
    assert rays.bands[4].c50_db == pytest.approx(hybrid.bands[4].c50_db, abs=0.7)
    assert rays.speech.sti == pytest.approx(hybrid.speech.sti, abs=0.02)


def test_without_air_high_octaves_decay_like_low_ones() -> None:
    room = shoebox(5, 4, 2.5, surface(0.1, 0.3))
    microphone = MICROPHONE[:, np.newaxis]

    dry = simulate_source(room, SOURCE, microphone, plan=HYBRID, air=None)[0]

    assert dry.bands[7].t30_s == pytest.approx(dry.bands[3].t30_s)
    assert one_pair(room).bands[7].t30_s < 0.9 * (dry.bands[7].t30_s or 0)


def test_each_octave_decays_by_its_own_absorption() -> None:
    walls = Surface(tuple(np.geomspace(0.4, 0.05, 8)), (0.4,) * 8)
    room = shoebox(8, 6, 4, walls)
    expected = estimates(room, SPEED_M_S, LOSS_PER_M).eyring_s

    found = [band.t30_s for band in one_pair(room).bands]

    assert found == pytest.approx(expected, rel=0.12)


def test_the_response_says_what_the_energies_say() -> None:
    room = shoebox(8, 6, 4, surface(0.15, 0.4))
    pair = one_pair(room)

    response = impulse_response(pair.heard, 48_000, 2.0, np.random.default_rng(1))

    direct = round(pair.heard.first_s * 48_000)
    distance_m = np.linalg.norm(SOURCE - MICROPHONE)
    assert abs(int(np.argmax(np.abs(response[: direct + 50]))) - direct) <= 1
    assert response[: direct + 24].sum() == pytest.approx(1 / distance_m, rel=0.1)
    evaluated = evaluate_impulse_response(response, 48_000)
    for energy, listened in zip(pair.bands[3:], evaluated.bands[3:], strict=True):
        assert listened.t30_s == pytest.approx(energy.t30_s, rel=0.1)


def test_progress_rises_to_one() -> None:
    told: list[float] = []

    simulate_source(
        shoebox(5, 4, 2.5, surface(0.2, 0.3)),
        SOURCE,
        MICROPHONE[:, np.newaxis],
        plan=HYBRID,
        air=AIR,
        reached=told.append,
    )

    assert told == sorted(told)
    assert told[-1] == 1.0
