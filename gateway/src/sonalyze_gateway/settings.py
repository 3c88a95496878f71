"""The gateway's variables; the README explains each."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, HttpUrl, SecretStr

from sonalyze_chassis.serve import LARGEST_FRAME_BYTES
from sonalyze_chassis.settings import ServiceSettings

Count = Annotated[int, Field(ge=1)]
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _writable_in_a_header(token: SecretStr) -> SecretStr:
    if not all("!" <= sign <= "~" for sign in token.get_secret_value()):
        raise ValueError("visible ASCII characters only: clients show it in a header")
    return token


class Settings(ServiceSettings):
    """What an operator can decide."""

    lobby_url: HttpUrl = HttpUrl("http://lobby:8000")
    measurement_url: HttpUrl = HttpUrl("http://measurement:8000")
    simulation_url: HttpUrl = HttpUrl("http://simulation:8000")
    storage_url: HttpUrl | Literal[""] = HttpUrl("http://storage:8000")
    api_token: Annotated[SecretStr, AfterValidator(_writable_in_a_header)] = SecretStr("")
    """Where it is set, and storage has an address, whoever shows it may read what storage keeps."""

    max_message_bytes: Annotated[int, Field(ge=1, le=LARGEST_FRAME_BYTES)] = 65_536
    rate_limit_rps: PositiveNumber = 10.0
    rate_limit_burst: Count = 20
    max_concurrent_requests: Count = 8
    push_queue_limit: Count = 256
    max_sockets: Count = 10_000

    http_timeout_seconds: PositiveNumber = 10.0
    max_upstream_connections: Count = 1_000
