"""The least that a server can do: what the gateway is held against.

An echo over Starlette's WebSocket, the same with one HTTP hop in between, a service that answers
at once, and a push to all sockets with one ASGI send after the other.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sonalyze_chassis.logs import configure_logs
from sonalyze_chassis.settings import ServiceSettings


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


async def _hop(socket: WebSocket) -> None:
    await socket.accept()
    http: aiohttp.ClientSession = socket.app.state.http
    url = socket.query_params["upstream"]
    try:
        while True:
            async with http.post(url, data=await socket.receive_text()) as answer:
                await socket.send_text(await answer.text())
    except WebSocketDisconnect:
        return


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(b'{"ok":true,"state":"open"}', media_type="application/json")


async def _listen(socket: WebSocket) -> None:
    await socket.accept()
    sockets: list[WebSocket] = socket.app.state.sockets
    sockets.append(socket)
    try:
        await socket.receive_text()
    except WebSocketDisconnect:
        sockets.remove(socket)


async def _tell_all(request: Request) -> JSONResponse:
    told = orjson.loads(await request.body())
    message = orjson.dumps({"event": told["event"], "data": told["data"]}).decode()
    sockets: list[WebSocket] = request.app.state.sockets
    for socket in sockets:
        await socket.send_text(message)
    return JSONResponse({"sent": len(sockets)})


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    configure_logs("peers", ServiceSettings(log_level="INFO"))
    app.state.sockets = []
    async with aiohttp.ClientSession() as http:
        app.state.http = http
        yield


app = Starlette(
    lifespan=_lifespan,
    routes=[
        WebSocketRoute("/echo", _echo),
        WebSocketRoute("/hop", _hop),
        WebSocketRoute("/listen", _listen),
        Route("/gateway/handle", _answer, methods=["POST"]),
        Route("/tell-all", _tell_all, methods=["POST"]),
    ],
)
