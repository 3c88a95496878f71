"""Which headers pass the proxy, in both directions."""

from collections.abc import Iterable, Sequence

Headers = Sequence[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, 7.6.1: they concern one connection, not the message."""

_OURS_TO_SAY = frozenset({b"host", b"expect", b"x-internal-token", b"x-request-id"})
_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_THEIR_SERVERS = frozenset({b"date", b"server"})


def request_headers(
    headers: Headers, *, client_ip: str | None, scheme: str, request_id: str
) -> list[tuple[bytes, bytes]]:
    """Give what the service is told: the client's headers, who it is, and the request id."""
    dropped = HOP_BY_HOP | _named_by_connection(headers) | _OURS_TO_SAY | _FORWARDED
    passed = [(name, value) for name, value in headers if name not in dropped]
    hops = [value for name, value in headers if name == b"x-forwarded-for"]
    if client_ip is not None:
        hops.append(client_ip.encode())
    if hops:
        passed.append((b"x-forwarded-for", b", ".join(hops)))
    schemes = [value for name, value in headers if name == b"x-forwarded-proto"]
    passed.append((b"x-forwarded-proto", schemes[0] if schemes else scheme.encode()))
    passed.append((b"x-request-id", request_id.encode()))
    return passed


def response_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Give what the client is told: the service's headers without those of its server."""
    dropped = HOP_BY_HOP | _named_by_connection(headers) | _THEIR_SERVERS
    return [(name.lower(), value) for name, value in headers if name.lower() not in dropped]


def has_body(headers: Headers) -> bool:
    """Say whether a request announces a body."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _named_by_connection(headers: Headers) -> frozenset[bytes]:
    return frozenset(
        option.strip().lower()
        for option in _options(value for name, value in headers if name.lower() == b"connection")
    )


def _options(values: Iterable[bytes]) -> Iterable[bytes]:
    return (option for value in values for option in value.split(b","))
