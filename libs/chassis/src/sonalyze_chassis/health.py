"""Alive, ready, and the health path that the documents name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[None]]
"""Returns when the thing works and raises when it does not."""

PATIENCE_S = 2.0
"""How long a check may take before the service counts as not ready."""


class Health:
    """The checks of a service; the composition root adds them while it opens things."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Let readiness depend on this."""
        self._checks[name] = check

    async def verdicts(self) -> dict[str, bool]:
        """Run all checks at once."""
        names = list(self._checks)
        passed = await asyncio.gather(*(self._passes(name) for name in names))
        return dict(zip(names, passed, strict=True))

    async def _passes(self, name: str) -> bool:
        try:
            await asyncio.wait_for(self._checks[name](), PATIENCE_S)
        except Exception as error:  # noqa: BLE001  any failure means not ready
            log.warning("health.check_failed", check=name, error=type(error).__name__)
            return False
        return True


def install_health(
    app: FastAPI,
    health: Health,
    documented_path: str,
    documented_body: Callable[[bool], Mapping[str, Any]],
) -> None:
    """Serve ``/livez``, ``/readyz`` and the documented path; a service that is not ready is 503."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether everything that the service needs works."""
        verdicts = await health.verdicts()
        ready = all(verdicts.values())
        checks = {name: "ok" if passed else "failed" for name, passed in verdicts.items()}
        body = {"status": "ok" if ready else "not_ready", "checks": checks}
        return JSONResponse(body, status_code=200 if ready else 503)

    @router.get(documented_path)
    async def documented() -> JSONResponse:
        """Answer the documented health path."""
        ready = all((await health.verdicts()).values())
        return JSONResponse(documented_body(ready), status_code=200 if ready else 503)

    app.include_router(router)
