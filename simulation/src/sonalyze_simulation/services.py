"""What the service does, in one place for whatever comes in."""

from dataclasses import dataclass

from sonalyze_simulation.jobs import Jobs
from sonalyze_simulation.simulations import Simulations
from sonalyze_simulation.sounds import Sounds


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases."""

    simulations: Simulations
    jobs: Jobs
    sounds: Sounds
