"""Where the gateway is: one base URL, and everything that follows from it."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from sonalyze_contracts.errors import Invalid
from sonalyze_contracts.identifiers import DeviceId

_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway at a base URL, for example ``http://localhost:8000``."""

    base_url: str

    @classmethod
    def at(cls, url: str) -> "Gateway":
        """Check a URL that a person typed."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in _SOCKET_SCHEMES or not parts.hostname:
            raise Invalid(f"Not the address of a gateway: {url!r} (try http://localhost:8000)")
        return cls(urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", "")))

    def resolve(self, reference: str) -> str:
        """Complete a URL as the backend gives it: relative to the gateway, or absolute."""
        if reference.startswith("/") and not reference.startswith("//"):
            reference = reference.lstrip("/")
        return urljoin(self.base_url, reference)

    def socket_url(self, device_id: DeviceId) -> str:
        """Give the WebSocket's URL, which also says which device is calling."""
        parts = urlsplit(self.base_url)
        query = f"device_id={quote(device_id, safe='')}"
        return urlunsplit(
            (_SOCKET_SCHEMES[parts.scheme], parts.netloc, f"{parts.path}ws", query, "")
        )

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, so that no proxy stands in between."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"
