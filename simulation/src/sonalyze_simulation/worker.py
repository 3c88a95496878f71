"""A worker for simulations: ``celery -A sonalyze_simulation.worker worker``."""

from celery import Celery

from sonalyze_chassis.celery_worker import worker_app
from sonalyze_simulation.infra.engines import QUEUE
from sonalyze_simulation.infra.processes import MODULES
from sonalyze_simulation.settings import Settings


def worker_of(settings: Settings) -> Celery:
    """Make the worker of the broker that the settings name."""
    return worker_app(
        settings.simulation_broker_url.get_secret_value(),
        MODULES,
        queue=QUEUE,
        memory_limit_mib=settings.simulation_memory_mb,
    )


app = worker_of(Settings())
