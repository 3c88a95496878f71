"""One pooled HTTP client per service, for talking to the other services."""

import aiohttp

MOST_CONNECTIONS = 200

IDLE_S = 4.0
"""Idle connections are given up before uvicorn does it, after 5 s by default: a request that meets
a connection just closed by the other side would fail for nothing."""


def open_http(timeout_s: float, most_connections: int = MOST_CONNECTIONS) -> aiohttp.ClientSession:
    """Open the client; whoever opens it closes it."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most_connections, keepalive_timeout=IDLE_S),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )
