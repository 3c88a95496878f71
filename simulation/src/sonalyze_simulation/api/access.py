"""How a route reaches the use cases."""

from typing import Annotated

from fastapi import Depends, Request

from sonalyze_simulation.services import Services


def services_of(request: Request) -> Services:
    """Give the use cases that the composition root opened."""
    services: Services = request.app.state.services
    return services


Asked = Annotated[Services, Depends(services_of)]
