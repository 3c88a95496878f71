"""The events of this service."""

from sonalyze_chassis.dispatch import Handlers
from sonalyze_contracts.command import Service
from sonalyze_contracts.envelope import Caller
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import (
    SimulationAccepted,
    SimulationCancel,
    SimulationHealth,
    SimulationHealthView,
    SimulationJob,
    SimulationRun,
    SimulationStart,
)
from sonalyze_simulation.news import answer_in_event
from sonalyze_simulation.services import Services

handlers: Handlers[Services] = Handlers(Service.SIMULATION)


@handlers.answers(SimulationRun)
async def run(
    command: SimulationRun, caller: Caller, services: Services
) -> SimulationAnswer | SimulationAccepted:
    """Simulate and answer, or go on as a job of which the sender is told."""
    ran = await services.simulations.run(command.body, caller.device_id)
    return ran.accepted() if ran.answer is None else answer_in_event(ran.answer)


@handlers.answers(SimulationStart)
async def start(command: SimulationStart, caller: Caller, services: Services) -> SimulationAccepted:
    """Answer at once; progress and result are pushed."""
    return await services.simulations.start(command.body, caller.device_id)


@handlers.answers(SimulationCancel)
async def cancel(command: SimulationCancel, _: Caller, services: Services) -> SimulationJob:
    """Stop a job."""
    return (await services.jobs.cancel(command.job_id)).without_result()


@handlers.answers(SimulationHealth)
async def health(_: SimulationHealth, __: Caller, ___: Services) -> SimulationHealthView:
    """Say that the service answers."""
    return SimulationHealthView()
