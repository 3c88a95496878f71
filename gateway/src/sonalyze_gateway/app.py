"""Joins the parts of the gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.routing import Route, WebSocketRoute

from sonalyze_chassis.app import build_app
from sonalyze_chassis.health import Health
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.command import Service
from sonalyze_gateway.api.broadcast import broadcast_router
from sonalyze_gateway.api.proxy import ProxyEndpoint
from sonalyze_gateway.api.websocket import WebSocketEndpoint
from sonalyze_gateway.forwarding import Forwarding
from sonalyze_gateway.gateway import Gateway
from sonalyze_gateway.hub import Hub
from sonalyze_gateway.infra.counts import counted
from sonalyze_gateway.infra.relay import HttpRelay
from sonalyze_gateway.infra.services import HttpServices
from sonalyze_gateway.ports import Relay
from sonalyze_gateway.settings import Settings

DESCRIPTION = "The single entry point: WebSocket hub, event router, HTTP proxy."


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes use."""

    gateway: Gateway
    hub: Hub
    relay: Relay


def create_app(settings: Settings) -> FastAPI:
    """Make the gateway."""
    addresses = addresses_in(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_http(
            settings.http_timeout_seconds, settings.max_upstream_connections
        ) as http:
            hub = Hub()
            services = HttpServices(http, addresses, settings.internal_auth_token)
            forwarding = Forwarding(services)
            gateway = Gateway(settings, hub, forwarding)
            app.state.services = Services(gateway, hub, HttpRelay(http, addresses))
            with counted(app.state.metrics.registry, gateway, hub, forwarding):
                yield

    app = build_app(
        Service.GATEWAY,
        settings,
        lifespan=lifespan,
        health=Health(),
        health_path="/healthz",
        description=DESCRIPTION,
    )
    app.include_router(broadcast_router(settings.internal_auth_token))
    app.router.redirect_slashes = False
    app.router.routes.append(WebSocketRoute("/ws", WebSocketEndpoint()))
    app.router.routes.append(Route("/v1/{path:path}", ProxyEndpoint(addresses, settings.api_token)))
    return app


def addresses_in(settings: Settings) -> dict[Service, str]:
    """Give each upstream's address, without a slash at its end; a house may be without storage."""
    urls = {
        Service.LOBBY: settings.lobby_url,
        Service.MEASUREMENT: settings.measurement_url,
        Service.SIMULATION: settings.simulation_url,
        Service.STORAGE: settings.storage_url,
    }
    return {service: str(url).rstrip("/") for service, url in urls.items() if url}
