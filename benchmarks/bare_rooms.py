"""The peer of ``simulation.py``: pyroomacoustics, asked for the responses of a room and no more.

Reads one room per line as JSON, answers with the seconds that its responses took.
"""

import json
import sys
import time
import warnings
from typing import Any

import numpy as np
import pyroomacoustics

CENTERS_HZ = [125, 250, 500, 1000, 2000, 4000]
ORDER, RAYS = 3, 10_000


def responses(body: dict[str, Any]) -> float:
    """Compute all responses of a room as its documentation does; give the time."""
    room = body["room"]
    surface = room.get("default_material") or room["wall_material"]
    material = pyroomacoustics.Material(
        energy_absorption={"coeffs": [surface["absorption"]] * 6, "center_freqs": CENTERS_HZ},
        scattering=surface["scattering"],
    )
    common = {
        "fs": body.get("sample_rate_hz", 16_000),
        "materials": material,
        "max_order": ORDER,
        "ray_tracing": True,
        "air_absorption": True,
    }
    started_s = time.perf_counter()
    if room["type"] == "shoebox":
        built = pyroomacoustics.ShoeBox(room["dimensions_m"], **common)
    else:
        corners = np.array(room["corners_m"], dtype=float).T
        built = pyroomacoustics.Room.from_corners(corners, **common)
        built.extrude(room["height_m"], materials=material)
    built.set_ray_tracing(n_rays=RAYS, receiver_radius=0.5)
    for source in body["sources"]:
        built.add_source(source["position_m"])
    places = [microphone["position_m"] for microphone in body["microphones"]]
    built.add_microphone_array(np.array(places, dtype=float).T)
    built.compute_rir()
    return time.perf_counter() - started_s


def main() -> None:
    """Answer until there are no more rooms."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(responses(json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
