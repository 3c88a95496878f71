"""``POST /internal/broadcast``: a service tells devices something."""

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import SecretStr, ValidationError

from sonalyze_chassis.auth import TOKEN_HEADER, require_token
from sonalyze_chassis.publish import BROADCAST_PATH
from sonalyze_contracts.envelope import Broadcast, BroadcastReceipt
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_gateway.domain.outgoing import push

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Broadcast.model_json_schema()}},
    }
}


class TokenNotConfigured(SonalyzeError):
    """Without a token of its own the gateway cannot tell services from strangers."""


def broadcast_router(token: SecretStr) -> APIRouter:
    """Serve the internal route through which services reach devices."""
    router = APIRouter(tags=["internal"])

    @router.post(BROADCAST_PATH, openapi_extra=_BODY)
    async def broadcast(request: Request) -> BroadcastReceipt:
        """Push one event to all sockets of some devices."""
        if not token.get_secret_value():
            raise TokenNotConfigured("INTERNAL_AUTH_TOKEN is not configured")
        require_token(request.headers.get(TOKEN_HEADER), token)
        try:
            told = Broadcast.model_validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(_in_body(error)) from error
        return BroadcastReceipt(
            sent=request.app.state.services.hub.push(
                push(told.event, told.data), told.targets.device_ids
            )
        )

    return router


def _in_body(error: ValidationError) -> list[dict[str, object]]:
    return [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
