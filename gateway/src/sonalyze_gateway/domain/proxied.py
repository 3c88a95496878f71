"""Which requests are passed on to which service, and under which path there.

A path is passed on exactly as it came, or not at all. Whatever two programs could read in two ways
(dot segments, encoded slashes, encoded percent signs, empty segments, path parameters) is refused
here, so that what was checked is what the service sees.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote_to_bytes, urlsplit

from sonalyze_contracts.archive import Resource
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import Invalid, NotFound


class PathMalformed(Invalid):
    """Nobody needs to write a path in this way."""


class PathUnknown(NotFound):
    """Nothing is published under this path."""


class Access(Enum):
    """Who may do what under a prefix."""

    ANYBODY = "anybody"
    READERS = "readers"
    """Whoever shows the API token, and only to read."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A published prefix; the service knows the path with it, or without."""

    public: str
    service: Service
    is_stripped: bool = False
    access: Access = Access.ANYBODY


RESOURCE_NAMES = dict.fromkeys(
    name for resource in Resource for name in (resource.value, resource.value.replace("-", "_"))
)
"""What storage keeps, in both documented spellings."""

PREFIXES = (
    Prefix("/v1/measurement", Service.MEASUREMENT),
    Prefix("/v1/jobs", Service.MEASUREMENT),
    Prefix("/v1/simulation", Service.SIMULATION, is_stripped=True),
    *(Prefix(f"/v1/{name}", Service.STORAGE, access=Access.READERS) for name in RESOURCE_NAMES),
)

INTERNAL = frozenset(
    {b"docs", b"gateway", b"internal", b"livez", b"metrics", b"openapi.json", b"readyz", b"redoc"}
)
"""First segments of paths that every service has and that concern nobody outside."""

_WELL_FORMED = re.compile(rb"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)*/?")
_LINK_TARGET = re.compile("<([^>]*)>")
_AMBIGUOUS = re.compile(rb"[/\\%;\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    prefix: Prefix
    path: str


def published(*, readers: bool) -> tuple[Prefix, ...]:
    """Give the prefixes that exist; those of readers only if there are any."""
    return tuple(prefix for prefix in PREFIXES if readers or prefix.access is not Access.READERS)


def target_of(raw_path: bytes, prefixes: Sequence[Prefix]) -> Target:
    """Find the service for a path as it came over the wire, still encoded.

    Raises
    ------
    PathMalformed, PathUnknown
        It goes nowhere.
    """
    if not _WELL_FORMED.fullmatch(raw_path):
        raise PathMalformed("The path is not in its plain form")
    path = raw_path.decode("ascii")
    prefix = next((prefix for prefix in prefixes if _is_under(path, prefix.public)), None)
    if prefix is None:
        raise PathUnknown("Not Found")
    path = path.removeprefix(prefix.public) or "/" if prefix.is_stripped else path
    segments = [unquote_to_bytes(segment) for segment in path.split("/")[1:]]
    if any(segment in (b".", b"..") or _AMBIGUOUS.search(segment) for segment in segments):
        raise PathMalformed("The path is not in its plain form")
    if segments[0] in INTERNAL:
        raise PathUnknown("Not Found")
    return Target(prefix, path)


def public_location(location: str, prefix: Prefix, upstream: str) -> str:
    """Say where a redirect leads without naming the service's own address."""
    there, service = urlsplit(location), urlsplit(upstream)
    if there.netloc and there.netloc != service.netloc:
        return location
    if not there.netloc and not there.path.startswith("/"):
        return location
    path = (prefix.public if prefix.is_stripped else "") + there.path
    return there._replace(scheme="", netloc="", path=path).geturl()


def public_links(links: str, prefix: Prefix, upstream: str) -> str:
    """Say the same of every address in a ``Link`` header (RFC 8288)."""
    return _LINK_TARGET.sub(lambda found: f"<{public_location(found[1], prefix, upstream)}>", links)


def _is_under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")
