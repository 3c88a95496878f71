"""What a simulation will take, before anything runs.

Time is counted in units of work whose cost a machine is asked for once: how long a ray's bounce
takes by itself, for each wall, each obstacle and each microphone.
"""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Workload:
    """The work for one source."""

    ray_bounces: float
    walls: int
    obstacles: int
    microphones: int
    mirrored: int
    """Images that are mirrored and proven for each microphone."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for each unit of work; the defaults are those of the machine they were fitted on."""

    start_s: float = 5e-3
    bounce_s: float = 70e-9
    wall_bounce_s: float = 12e-9
    obstacle_bounce_s: float = 90e-9
    microphone_bounce_s: float = 35e-9
    microphone_s: float = 15e-3
    mirrored_s: float = 2e-6

    def seconds_for(self, work: Workload) -> float:
        """Say how long one source takes in one process."""
        bounce_s = (
            self.bounce_s
            + self.wall_bounce_s * work.walls
            + self.obstacle_bounce_s * work.obstacles
            + self.microphone_bounce_s * work.microphones
        )
        heard_s = self.microphone_s + self.mirrored_s * work.mirrored
        return self.start_s + work.ray_bounces * bounce_s + work.microphones * heard_s


def seconds_for_all(seconds: float, sources: int, processes: int) -> float:
    """Say how long all sources take, each in a process of its own while there are enough."""
    return seconds * ceil(sources / processes)
