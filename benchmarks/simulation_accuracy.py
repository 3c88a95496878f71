"""How right simulated rooms are: against theory, against geometry, against themselves.

``python benchmarks/simulation_accuracy.py`` takes some minutes; ``--quick`` takes fewer rooms.
Everything runs through the same preparation and the same work as a request to the service.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import product
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra.work import prepare, simulate

Body = dict[str, Any]

SIZES_M = ((4.0, 3.2, 2.4), (5.5, 4.5, 3.0), (8.0, 6.0, 4.0), (12.0, 9.0, 6.0), (25.0, 16.0, 15.0))
"""31 to 6,000 cubic metres."""

ABSORPTIONS = (0.05, 0.1, 0.2, 0.3, 0.4)
SCATTERINGS = (0.3, 0.6)
PLACES = ((0.21, 0.33, 0.42), (0.72, 0.61, 0.53), (0.83, 0.24, 0.61), (0.37, 0.79, 0.37))
"""Of one source and three microphones, in shares of the room."""

FIGURES = ("t30_s", "t20_s", "edt_s", "c50_db", "c80_db", "d50", "ts_s")
LONG_RAYS = 400_000
SEEDS = range(1, 6)


def body_of(room: Body, places: Sequence[Sequence[float]], **more: object) -> Body:
    """Ask for one source and some microphones."""
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
    """Prepare and compute; give what was prepared and the pairs."""
    prepared = prepare(body, asdict(Pace()), 1, 3600.0)
    return prepared, simulate(prepared, 0)


def figures(pairs: list[Body]) -> np.ndarray:
    """Give figures as an array, shape (pairs, bands, figures); absent ones are not a number."""
    return np.array(
        [[[band[name] for name in FIGURES] for band in pair["bands"]] for pair in pairs],
        dtype=np.float64,
    )


def spreads(pairs: list[Body]) -> np.ndarray:
    """Give half widths in the same shape."""
    return np.array(
        [
            [[band["metrics"].get(name) for name in FIGURES] for band in pair["spread"]]
            for pair in pairs
        ],
        dtype=np.float64,
    )


def in_shares(size_m: Sequence[float]) -> list[list[float]]:
    """Give the usual places in a room."""
    return [[share * side for share, side in zip(place, size_m, strict=True)] for place in PLACES]


def shoebox(size_m: Sequence[float], absorption: float, scattering: float) -> Body:
    """Give a room whose sides are alike."""
    material = {"absorption": absorption, "scattering": scattering}
    return {"type": "shoebox", "dimensions_m": list(size_m), "default_material": material}


def against_theory(case: tuple[Sequence[float], float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Give the deviations of T30 per octave from Eyring and from Kuttruff, mean of microphones."""
    size_m, absorption, scattering = case
    prepared, pairs = answer(body_of(shoebox(*case), in_shares(size_m)))
    t30_s = figures(pairs)[:, :, 0].mean(axis=0)
    eyring, kuttruff = (
        np.array(prepared["estimates"][name]) for name in ("eyring_s", "kuttruff_s")
    )
    return t30_s / eyring - 1, t30_s / kuttruff - 1


UNEVEN_ROOMS = (
    {"floor": 0.3, "ceiling": 0.7},
    {"ceiling": 0.6},
    {"floor": 0.5, "west": 0.4},
    {"west": 0.6, "south": 0.6},
)


def rooms_for_spread() -> Iterator[tuple[str, Body]]:
    """Give rooms of both kinds: sides alike, and absorption on few of them."""
    for size_m, absorption in product(SIZES_M[1:4], (0.1, 0.25)):
        yield "even", body_of(shoebox(size_m, absorption, 0.3), in_shares(size_m))
    for size_m, sides in product(((8.0, 6.0, 3.0), (12.0, 9.0, 3.5)), UNEVEN_ROOMS):
        room = shoebox(size_m, 0.05, 0.2)
        room["wall_materials"] = {
            side: {"absorption": absorption, "scattering": 0.2}
            for side, absorption in sides.items()
        }
        yield "uneven", body_of(room, in_shares(size_m))
    corners = [[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]]
    surface = {"absorption": 0.2, "scattering": 0.2}
    drawn = {
        "type": "polygon",
        "corners_m": corners,
        "height_m": 2.6,
        "wall_material": surface,
        "floor_material": surface,
        "ceiling_material": surface,
    }
    yield "even", body_of(drawn, [[1, 1, 1.2], [4.5, 1.5, 1.4], [1.2, 4.8, 1.0], [2.4, 2.2, 1.6]])


def against_itself(case: tuple[str, Body]) -> tuple[str, np.ndarray, np.ndarray]:
    """Compare five seeds with a very long run: whether it lies inside, and T30's deviation."""
    kind, body = case
    _, pairs = answer({**body, "rays": LONG_RAYS, "seed": 99})
    truth = figures(pairs)
    inside, off = [], []
    for seed in SEEDS:
        _, pairs = answer({**body, "seed": seed})
        found, spread = figures(pairs), spreads(pairs)
        known = np.isfinite(found) & np.isfinite(truth) & np.isfinite(spread)
        inside.append(np.where(known, np.abs(found - truth) <= spread, np.nan))
        off.append(np.abs(found / truth - 1)[..., 0])
    return kind, np.array(inside), np.array(off)


def report_theory(
    cases: list[tuple[Any, ...]], results: list[tuple[np.ndarray, np.ndarray]]
) -> None:
    print("T30 per octave, mean of three microphones, against Eyring | against Kuttruff, with air")
    for absorption in ABSORPTIONS:
        rows = [r for case, r in zip(cases, results, strict=True) if case[1] == absorption]
        eyring, kuttruff = (100 * np.abs(np.array([row[k] for row in rows])) for k in (0, 1))
        print(f"  absorption {absorption:4.2f}: {_range(eyring)}  |  {_range(kuttruff)}")
    for name, k in (("Eyring", 0), ("Kuttruff", 1)):
        off = 100 * np.abs(np.array([row[k] for row in results]))
        print(
            f"  all, {name}: median {np.median(off):.1f} %, within 8 %: {np.mean(off <= 8):.1%}, "
            f"worst {off.max():.1f} %"
        )


def report_spread(results: list[tuple[str, np.ndarray, np.ndarray]]) -> None:
    print(
        "\nThe very long run lies inside the stated 90 % interval of a figure in this share of cases"
    )
    print("  " + " ".join(f"{name:>8}" for name in ("room", *FIGURES, "all")))
    for kind in ("even", "uneven"):
        inside = np.concatenate([r[1].reshape(-1, len(FIGURES)) for r in results if r[0] == kind])
        shares = [*np.nanmean(inside, axis=0), np.nanmean(inside)]
        print(f"  {kind:>8} " + " ".join(f"{share:8.1%}" for share in shares))
    for kind in ("even", "uneven"):
        off = 100 * np.concatenate([r[2].ravel() for r in results if r[0] == kind])
        print(
            f"  T30 of one run against the long one, {kind} rooms: median {np.nanmedian(off):.1f} %, "
            f"95 % {np.nanpercentile(off, 95):.1f} %, worst {np.nanmax(off):.1f} %"
        )


def report_geometry() -> None:
    """Place the direct sound at growing distances, and look for it in the response."""
    room, source = shoebox((40, 20, 10), 0.2, 0.3), np.array([5.0, 10.0, 5.0])
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
    quick = parser.parse_args().quick
    cases = list(product(SIZES_M, ABSORPTIONS, SCATTERINGS))
    rooms = list(rooms_for_spread())
    if quick:
        cases, rooms = cases[::5], rooms[::4]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        report_theory(cases, list(processes.map(against_theory, cases)))
        report_spread(list(processes.map(against_itself, rooms)))
    print("\nThe direct sound, 48 kHz")
    report_geometry()


if __name__ == "__main__":
    main()
