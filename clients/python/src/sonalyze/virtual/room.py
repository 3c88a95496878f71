"""A room that exists in numbers only, and what theory says of it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze.virtual.air import SPEED_OF_SOUND_M_S, energy_decay_in_air_per_m
from sonalyze.virtual.bands import BAND_CENTERS_HZ
from sonalyze.virtual.errors import OutsideTheRoom
from sonalyze.virtual.surfaces import Surfaces

Position = tuple[float, float, float]
"""Metres from the south-west corner of the floor: east, north, up."""

RESPONSE_RATE_HZ: Final = 48_000
"""Sampling rate of every response."""

DECAY_NEPERS: Final = 6 * math.log(10)
"""A reverberation time is the time of 60 dB, this much in exp(-x)."""


@dataclass(frozen=True, slots=True)
class VirtualRoom:
    """A rectangular room: size, surfaces, and how much they scatter.

    Furniture is lumped into the surfaces: into their absorption, and into ``scattering``, the
    share of the reflected energy that leaves a wall diffusely instead of as from a mirror.
    """

    name: str
    size_m: Position
    surfaces: Surfaces
    scattering: float

    @property
    def volume_m3(self) -> float:
        """Volume of the air inside."""
        return math.prod(self.size_m)

    @property
    def wall_areas_m2(self) -> NDArray[np.float64]:
        """Area of each boundary, in the order of the surfaces."""
        x, y, z = self.size_m
        return np.array([y * z, y * z, x * z, x * z, x * y, x * y])

    @property
    def mean_free_path_m(self) -> float:
        """Mean way of sound between two walls, 4 V / S."""
        return float(4 * self.volume_m3 / self.wall_areas_m2.sum())

    @property
    def eyring_s(self) -> NDArray[np.float64]:
        """Eyring's reverberation time with air absorption, per band of ``BAND_CENTERS_HZ``."""
        areas = self.wall_areas_m2
        tables = np.array(self.surfaces.in_order())
        mean = np.append(areas @ tables, areas @ tables[:, -1]) / areas.sum()
        walls = -areas.sum() * np.log1p(-mean)
        air = 4 * self.volume_m3 * energy_decay_in_air_per_m(BAND_CENTERS_HZ)
        time_s: NDArray[np.float64] = (
            4 * DECAY_NEPERS / SPEED_OF_SOUND_M_S * self.volume_m3 / (walls + air)
        )
        return time_s

    @property
    def minimum_distance_m(self) -> float:
        """Distance from which reverberation governs, 2 sqrt(V / (c T)) of ISO 3382-1, 4.2."""
        mid_s = float(self.eyring_s[2:4].mean())
        return 2 * math.sqrt(self.volume_m3 / (SPEED_OF_SOUND_M_S * mid_s))

    def response(
        self, speaker: Position, microphone: Position, seed: int = 1
    ) -> NDArray[np.float64]:
        """Simulate the impulse response between two points.

        Parameters
        ----------
        speaker, microphone : Position
            Where an omnidirectional source and receiver stand.
        seed : int, default 1
            Decides the rays and the fine structure of the tail. On one machine, the same seed
            gives the same response to the bit.

        Returns
        -------
        ndarray, shape (n,), float64
            Sound pressure at 48 kHz, one at a distance of 1 m in the free field. Sample 0 is the
            moment of emission. Long enough for a decay of more than 65 dB in every octave.

        Raises
        ------
        OutsideTheRoom
            If a point is not inside.
        RoomSimulatorMissing
            If pyroomacoustics is not installed.
        """
        # Imported here: rooms can be listed and chosen without the simulator's dependencies.
        from sonalyze.virtual.response import impulse_response  # noqa: PLC0415 - see above

        for position in (speaker, microphone):
            if not self.contains(position):
                raise OutsideTheRoom(f"{position} is outside {self.name}, which is {self.size_m}")
        return impulse_response(self, speaker, microphone, seed)

    def contains(self, position: Position) -> bool:
        """Tell whether a point is inside the walls."""
        return all(0 < at < size for at, size in zip(position, self.size_m, strict=True))
