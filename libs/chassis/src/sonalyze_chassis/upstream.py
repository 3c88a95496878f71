"""One pooled HTTP client per service, for talking to the other services."""

import aiohttp

MOST_CONNECTIONS = 200


def open_http(timeout_s: float) -> aiohttp.ClientSession:
    """Open the client; whoever opens it closes it."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )
