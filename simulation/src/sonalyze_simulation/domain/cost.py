"""What a simulation will take, before anything runs.

Time is counted in units of work whose cost a machine is asked for once: how long a ray's bounce
takes by itself, for each wall, each obstacle and each microphone; how long an image takes, and to
evaluate what is heard.
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
    images: int
    """Images known in closed form, for each microphone."""
    mirrored: int
    """Images that are mirrored and proven, for each microphone."""
    evaluations: int
    """Of each microphone: one, and one for each batch of rays."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for each unit of work; the defaults are what a calibration found once."""

    start_s: float = 3e-3
    bounce_s: float = 50e-9
    wall_bounce_s: float = 10e-9
    obstacle_bounce_s: float = 60e-9
    microphone_bounce_s: float = 15e-9
    evaluation_s: float = 2.4e-3
    image_s: float = 0.3e-6
    mirrored_s: float = 0.2e-6

    def seconds_for(self, work: Workload) -> float:
        """Say how long one source takes in one process."""
        bounce_s = (
            self.bounce_s
            + self.wall_bounce_s * work.walls
            + self.obstacle_bounce_s * work.obstacles
            + self.microphone_bounce_s * work.microphones
        )
        heard_s = (
            self.evaluation_s * work.evaluations
            + self.image_s * work.images
            + self.mirrored_s * work.mirrored
        )
        return self.start_s + work.ray_bounces * bounce_s + work.microphones * heard_s


def seconds_for_all(seconds: float, sources: int, processes: int) -> float:
    """Say how long all sources take, each in a process of its own while there are enough."""
    return seconds * ceil(sources / processes)
