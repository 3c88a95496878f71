"""How right simulated rooms are: against theory, against themselves, against geometry.

``python benchmarks/simulation_accuracy.py`` takes some minutes; ``--quick`` takes fewer rooms.
Everything runs through the same preparation and the same work as a request to the service.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import product
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra.work import prepare, simulate

Body = dict[str, Any]
Array = NDArray[np.float64]

SIZES_M = ((4.0, 3.2, 2.4), (5.5, 4.5, 3.0), (8.0, 6.0, 4.0), (12.0, 9.0, 6.0), (25.0, 16.0, 15.0))
"""31 to 6,000 cubic metres."""

ABSORPTIONS = (0.05, 0.1, 0.2, 0.3, 0.4)
SCATTERINGS = (0.3, 0.6)
PLACES = ((0.21, 0.33, 0.42), (0.72, 0.61, 0.53), (0.83, 0.24, 0.61), (0.37, 0.79, 0.37))
"""Of one source and three microphones, in shares of the room."""

UNEVEN_SIDES = (
    {"floor": 0.3, "ceiling": 0.7},
    {"ceiling": 0.6},
    {"floor": 0.5, "west": 0.4},
    {"west": 0.6, "south": 0.6},
)
"""What absorbs in rooms whose other sides absorb 0.05."""

L_SHAPE = [[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]]
L_PLACES = [[1, 1, 1.2], [4.5, 1.5, 1.4], [1.2, 4.8, 1.0], [2.4, 2.2, 1.6]]

FIGURES = ("t30_s", "t20_s", "edt_s", "c50_db", "c80_db", "d50", "ts_s")
LONG_RAYS = 400_000
SEEDS = range(1, 6)
LIMIT = 0.08


class Deviations(NamedTuple):
    """T30 of each octave, mean of the microphones, relative to what statistics expect."""

    absorption: float
    eyring: Array
    kuttruff: Array


class Repeats(NamedTuple):
    """Runs with other seeds beside a very long one, shape (seeds, pairs, bands, figures)."""

    kind: str
    is_inside: Array
    t30_error: Array


def material(absorption: float, scattering: float) -> Body:
    """Describe a surface."""
    return {"absorption": absorption, "scattering": scattering}


def shoebox(size_m: Sequence[float], surface: Body, **sides: Body) -> Body:
    """Describe a rectangular room."""
    return {
        "type": "shoebox",
        "dimensions_m": list(size_m),
        "default_material": surface,
        "wall_materials": sides,
    }


def polygon(corners_m: Sequence[Sequence[float]], height_m: float, surface: Body) -> Body:
    """Describe a room on a polygon."""
    parts = {f"{part}_material": surface for part in ("wall", "floor", "ceiling")}
    return {"type": "polygon", "corners_m": corners_m, "height_m": height_m, **parts}


def in_shares(size_m: Sequence[float]) -> list[list[float]]:
    """Give the usual places in a room."""
    return [[share * side for share, side in zip(place, size_m, strict=True)] for place in PLACES]


def body_of(room: Body, places: Sequence[Sequence[float]], **more: object) -> Body:
    """Ask for a source, at the first place, and microphones at the others."""
    source, *microphones = [list(place) for place in places]
    return {
        "room": room,
        "sources": [{"id": "source", "position_m": source}],
        "microphones": [
            {"id": f"microphone-{number}", "position_m": place}
            for number, place in enumerate(microphones)
        ],
        **more,
    }


def answer(body: Body) -> tuple[Body, list[Body]]:
    """Prepare and compute; give what was prepared, and the pairs."""
    prepared = prepare(body, asdict(Pace()), 1, 3600.0)
    return prepared, simulate(prepared, 0)


def figures_of(pairs: list[Body]) -> Array:
    """Give figures, shape (pairs, bands, figures); absent ones are not a number."""
    return np.array(
        [[[band[name] for name in FIGURES] for band in pair["bands"]] for pair in pairs],
        dtype=np.float64,
    )


def spreads_of(pairs: list[Body]) -> Array:
    """Give half the widths of the figures' intervals, in the same shape."""
    widths = [[band["metrics"] for band in pair["spread"]] for pair in pairs]
    return np.array(
        [[[band.get(name) for name in FIGURES] for band in pair] for pair in widths],
        dtype=np.float64,
    )


def against_theory(case: tuple[Sequence[float], float, float]) -> Deviations:
    """Compute an evenly absorbing room."""
    size_m, absorption, scattering = case
    room = shoebox(size_m, material(absorption, scattering))
    prepared, pairs = answer(body_of(room, in_shares(size_m)))
    t30_s = figures_of(pairs)[:, :, 0].mean(axis=0)
    expected = prepared["estimates"]
    return Deviations(
        absorption,
        np.abs(t30_s / np.array(expected["eyring_s"]) - 1),
        np.abs(t30_s / np.array(expected["kuttruff_s"]) - 1),
    )


def rooms_to_repeat() -> Iterator[tuple[str, Body]]:
    """Give rooms of both kinds: sides alike, and absorption on few of them."""
    for size_m, absorption in product(SIZES_M[1:4], (0.1, 0.25)):
        yield "even", body_of(shoebox(size_m, material(absorption, 0.3)), in_shares(size_m))
    yield "even", body_of(polygon(L_SHAPE, 2.6, material(0.2, 0.2)), L_PLACES)
    for size_m, sides in product(((8.0, 6.0, 3.0), (12.0, 9.0, 3.5)), UNEVEN_SIDES):
        absorbing = {side: material(absorption, 0.2) for side, absorption in sides.items()}
        room = shoebox(size_m, material(0.05, 0.2), **absorbing)
        yield "uneven", body_of(room, in_shares(size_m))


def against_itself(case: tuple[str, Body]) -> Repeats:
    """Repeat a room with several seeds, and once with very many rays."""
    kind, body = case
    _, pairs = answer({**body, "rays": LONG_RAYS, "seed": 99})
    truth = figures_of(pairs)
    inside, errors = [], []
    for seed in SEEDS:
        _, pairs = answer({**body, "seed": seed})
        found, spread = figures_of(pairs), spreads_of(pairs)
        is_known = np.isfinite(found) & np.isfinite(truth) & np.isfinite(spread)
        inside.append(np.where(is_known, np.abs(found - truth) <= spread, np.nan))
        errors.append(np.abs(found / truth - 1)[..., 0])
    return Repeats(kind, np.array(inside), np.array(errors))


def report_theory(rooms: list[Deviations]) -> None:
    """Print how far T30 is from what statistics expect."""
    print("T30 per octave against Eyring | against Kuttruff, both with air")
    for absorption in ABSORPTIONS:
        chosen = [room for room in rooms if room.absorption == absorption]
        print(f"  absorption {absorption:4.2f}: {_both(chosen)}")
    print(f"  all rooms:       {_both(rooms)}")


def _both(rooms: list[Deviations]) -> str:
    return "  |  ".join(
        f"median {np.median(off):5.1%}  worst {off.max():5.1%} in 8 %: {np.mean(off <= LIMIT):4.0%}"
        for off in (np.array([room[place] for room in rooms]) for place in (1, 2))
    )


def report_repeats(rooms: list[Repeats]) -> None:
    """Print how often the spread holds, and how far T30 of one run is off."""
    print("\nThe very long run lies inside the stated 90 % interval in this share of cases")
    print("  " + " ".join(f"{name:>8}" for name in ("rooms", *FIGURES, "all")))
    for kind in ("even", "uneven"):
        chosen = [room for room in rooms if room.kind == kind]
        inside = np.concatenate([room.is_inside.reshape(-1, len(FIGURES)) for room in chosen])
        shares = [*np.nanmean(inside, axis=0), np.nanmean(inside)]
        print(f"  {kind:>8} " + " ".join(f"{share:8.1%}" for share in shares))
    print("T30 of one run against the very long one")
    for kind in ("even", "uneven"):
        off = np.concatenate([room.t30_error.ravel() for room in rooms if room.kind == kind])
        print(
            f"  {kind:>8}: median {np.nanmedian(off):.1%}, 95 % {np.nanpercentile(off, 95):.1%}, "
            f"worst {np.nanmax(off):.1%}, absent {np.mean(np.isnan(off)):.1%}"
        )


def report_geometry() -> None:
    """Place the direct sound at growing distances, and look for it in the response."""
    print("\nThe direct sound in a response at 48 kHz")
    room, source = shoebox((40, 20, 10), material(0.2, 0.3)), np.array([5.0, 10.0, 5.0])
    more = {"include_rir": True, "sample_rate_hz": 48_000, "rir_duration_s": 0.1, "rays": 1000}
    levels = []
    for distance_m in (1, 2, 4, 8, 16):
        microphone = source + np.array([distance_m, 0, 0])
        _, (pair,) = answer(body_of(room, [source, microphone], air_absorption=False, **more))
        response, expected = np.array(pair["rir"]), distance_m / 343.2 * 48_000
        start = max(0, round(expected) - 40)
        near = response[start : round(expected) + 41]
        off = start + int(np.argmax(np.abs(near))) - expected
        levels.append(10 * np.log10(np.sum(near**2)))
        print(f"  {distance_m:2d} m: {off:+5.2f} samples from r/c, {levels[-1]:7.2f} dB")
    print(f"  falls by {-np.diff(levels).mean():.2f} dB per doubling")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rooms")
    step = 4 if parser.parse_args().quick else 1
    # Spawned after this: numpy takes one thread per process, as the service's children do.
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        even = list(product(SIZES_M, ABSORPTIONS, SCATTERINGS))[:: 2 * step - 1]
        report_theory(list(processes.map(against_theory, even)))
        report_repeats(list(processes.map(against_itself, list(rooms_to_repeat())[::step])))
    report_geometry()


if __name__ == "__main__":
    main()
