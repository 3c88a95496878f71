"""What the service does, in one place for whatever comes in."""

from dataclasses import dataclass

from sonalyze_measurement.analyses import Analyses
from sonalyze_measurement.background import BackgroundAnalyses
from sonalyze_measurement.bundles import Bundles
from sonalyze_measurement.jobs import Jobs
from sonalyze_measurement.signals import Signals


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases."""

    signals: Signals
    jobs: Jobs
    analyses: Analyses
    background: BackgroundAnalyses
    bundles: Bundles
