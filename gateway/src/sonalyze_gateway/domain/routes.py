"""Which service answers an event."""

from sonalyze_contracts.catalogue import PREFIXES, owners
from sonalyze_contracts.command import Service

UPSTREAMS = (Service.LOBBY, Service.MEASUREMENT, Service.SIMULATION)
"""The services that clients' messages are forwarded to."""

DECLARED = {event: owner for event, owner in owners().items() if owner in UPSTREAMS}


def service_for(event: str) -> Service | None:
    """Give the declared owner, else the one by prefix: a new event needs no new gateway."""
    declared = DECLARED.get(event)
    if declared is not None:
        return declared
    return next((owner for prefix, owner in PREFIXES if event.startswith(prefix)), None)
