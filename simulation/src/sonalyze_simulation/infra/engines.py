"""Who computes: processes of this machine, or workers behind a broker where one is configured."""

import importlib

from sonalyze_chassis.compute import Engine
from sonalyze_chassis.local_processes import LocalProcesses
from sonalyze_simulation.infra.processes import MODULES
from sonalyze_simulation.settings import Settings

QUEUE = "sonalyze-simulation"
"""Of the workers' jobs, in the broker."""


def engine_chosen(settings: Settings) -> Engine:
    """Give the engine that the settings choose."""
    broker_url = settings.simulation_broker_url.get_secret_value()
    if not broker_url:
        return LocalProcesses(
            settings.simulation_workers,
            settings.simulation_queue,
            MODULES,
            memory_limit_mib=settings.simulation_memory_mb,
        )
    celery_engine = importlib.import_module("sonalyze_chassis.celery_engine")
    engine: Engine = celery_engine.CeleryEngine(broker_url, settings.simulation_queue, queue=QUEUE)
    return engine
