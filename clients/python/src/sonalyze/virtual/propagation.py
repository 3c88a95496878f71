"""Image sources and rays, from pyroomacoustics. The only module that knows it.

Two runs, each for what it is good at. The image list gives where the mirror images of the source
are; a list, no response: pyroomacoustics' own response has 40 samples of delay and a high-pass.
The rays give the reverberant energy per octave over time. Of the two ways in which its rays
reach a microphone, hitting a sphere round it and being scattered towards it at every wall
("diffuse rain"), only the second is taken and divided by the scattering coefficient. Taking both,
as version 0.10.1 does, counts the scattered share twice and the highest image order twice; the
rain alone is right on average and far less noisy, because every ray adds to it at every wall.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sonalyze.virtual.air import SPEED_OF_SOUND_M_S
from sonalyze.virtual.bands import BAND_CENTERS_HZ, TABULATED_BANDS
from sonalyze.virtual.errors import RoomSimulatorMissing
from sonalyze.virtual.room import RESPONSE_RATE_HZ, Position

if TYPE_CHECKING:
    from sonalyze.virtual.room import VirtualRoom

IMAGE_ORDER: Final = 8
"""With a scattering of 0.4 one percent of the energy is still specular beyond this order."""

RAYS: Final = 4000
"""Some 70 ms per response. T30 spreads by 1 % between seeds in even rooms, by 8 % in the office.

Each seed is a room of its own with a truth of its own, so the spread is no error of a measurement.
"""

BIN_S: Final = 0.004
"""Resolution of the energy histogram; 0.8 dB of decay at a reverberation time of 0.3 s."""

_NEVER_SPECULAR: Final = 1_000_000
"""In a hybrid run rays are not detected below this order: only the rain remains."""

_NO_ENERGY_THRESHOLD: Final = 1e-30
"""The default is absolute and loses the rain from 33 dB of decay on (living room, 2000 rays)."""

_WALL_NAMES: Final = ("west", "east", "south", "north", "floor", "ceiling")


@dataclass(frozen=True, slots=True)
class Images:
    """Mirror images of a source, as a microphone sees them."""

    distances_m: NDArray[np.float64]
    """Shape (images,): to the microphone."""

    orders: NDArray[np.int64]
    """Shape (images,): number of reflections."""

    amplitudes: NDArray[np.float64]
    """Shape (bands, images): what the walls leave, without distance, air and scattering."""


def image_sources(room: "VirtualRoom", speaker: Position, microphone: Position) -> Images:
    """List the image sources up to ``IMAGE_ORDER``."""
    box = _box(room, max_order=IMAGE_ORDER, ray_tracing=False)
    box.add_source(list(speaker))
    box.add_microphone(list(microphone))
    box.image_source_model()
    source = box.sources[0]
    offsets_m = source.images.astype(np.float64) - np.array(microphone)[:, np.newaxis]
    return Images(
        distances_m=np.linalg.norm(offsets_m, axis=0),
        orders=source.orders.astype(np.int64),
        amplitudes=source.damping.astype(np.float64),
    )


def reverberant_energy(
    room: "VirtualRoom", speaker: Position, microphone: Position, duration_s: float, seed: int
) -> NDArray[np.float64]:
    """Trace rays and give the reflected energy that arrives, per octave and time.

    Parameters
    ----------
    room : VirtualRoom
        The room.
    speaker, microphone : Position
        Where sound starts and where it is heard.
    duration_s : float
        How long rays are followed.
    seed : int
        Decides the scattering; pyroomacoustics' generators are global and are seeded with it.

    Returns
    -------
    ndarray, shape (bands, bins), float64
        Energy per bin of ``BIN_S``, without the direct sound and without air absorption, on the
        scale on which the direct sound at 1 m is one.
    """
    _simulator().random.seed(numpy=seed, libroom=seed)
    box = _box(room, max_order=_NEVER_SPECULAR, ray_tracing=True)
    box.set_ray_tracing(
        n_rays=RAYS,
        energy_thres=_NO_ENERGY_THRESHOLD,
        time_thres=duration_s,
        hist_bin_size=BIN_S,
    )
    box.add_source(list(speaker))
    box.add_microphone(list(microphone))
    box.ray_tracing()
    (rain,) = box.rt_histograms[0][0]
    bins = int(duration_s / BIN_S)
    return np.asarray(rain[:, :bins], dtype=np.float64) / room.scattering


def _box(room: "VirtualRoom", *, max_order: int, ray_tracing: bool) -> Any:  # noqa: ANN401 - untyped library
    simulator = _simulator()
    centers_hz = list(BAND_CENTERS_HZ[:TABULATED_BANDS])
    scattering = {"coeffs": [room.scattering] * TABULATED_BANDS, "center_freqs": centers_hz}
    materials = {
        wall: simulator.Material({"coeffs": list(table), "center_freqs": centers_hz}, scattering)
        for wall, table in zip(_WALL_NAMES, room.surfaces.in_order(), strict=True)
    }
    box = simulator.ShoeBox(
        list(room.size_m),
        fs=RESPONSE_RATE_HZ,
        materials=materials,
        max_order=max_order,
        ray_tracing=ray_tracing,
    )
    box.set_sound_speed(SPEED_OF_SOUND_M_S)
    return box


def _simulator() -> Any:  # noqa: ANN401 - untyped library
    try:
        import pyroomacoustics  # noqa: PLC0415 - an optional extra, two seconds to import
    except ImportError as missing:
        raise RoomSimulatorMissing(
            "virtual rooms need pyroomacoustics: install the extra, sonalyze[rooms]"
        ) from missing
    return pyroomacoustics
