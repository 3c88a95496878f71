"""Who computes: processes of this machine, or workers behind a broker where one is configured."""

import importlib

from sonalyze_chassis.compute import Engine
from sonalyze_chassis.local_processes import LocalProcesses
from sonalyze_contracts.simulations import MOST_SOURCES
from sonalyze_simulation.infra.processes import MODULES
from sonalyze_simulation.settings import Settings

QUEUE = "sonalyze-simulation"
"""Of the workers' jobs, in the broker."""


def most_waiting(settings: Settings) -> int:
    """Say how much work may wait: every source of every simulation that is let in.

    What was let in is never sent away half done for want of room.
    """
    return (settings.simulation_workers + settings.simulation_queue) * MOST_SOURCES


def engine_chosen(settings: Settings) -> Engine:
    """Give the engine that the settings choose."""
    broker_url = settings.simulation_broker_url.get_secret_value()
    if not broker_url:
        return LocalProcesses(
            settings.simulation_workers,
            most_waiting(settings),
            MODULES,
            memory_limit_mib=settings.simulation_memory_mb,
        )
    celery_engine = importlib.import_module("sonalyze_chassis.celery_engine")
    engine: Engine = celery_engine.CeleryEngine(broker_url, most_waiting(settings), queue=QUEUE)
    return engine
