from pathlib import Path

import pytest
from gateway_harness import Gateways
from pydantic import ValidationError

from sonalyze_contracts.command import Service
from sonalyze_gateway.app import addresses_in
from sonalyze_gateway.settings import Settings

DOCUMENTED = {
    "INTERNAL_AUTH_TOKEN": "",
    "API_TOKEN": "",
    "MAX_MESSAGE_BYTES": 65536,
    "RATE_LIMIT_RPS": 10.0,
    "RATE_LIMIT_BURST": 20,
    "HTTP_TIMEOUT_SECONDS": 10.0,
    "MAX_CONCURRENT_REQUESTS": 8,
    "PUSH_QUEUE_LIMIT": 256,
    "MAX_SOCKETS": 10_000,
    "MAX_UPSTREAM_CONNECTIONS": 1_000,
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": "json",
}


def test_defaults_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in DOCUMENTED:
        monkeypatch.delenv(variable, raising=False)

    settings = Settings(_env_file=None)

    given = settings.model_dump() | {
        "internal_auth_token": settings.internal_auth_token.get_secret_value(),
        "api_token": settings.api_token.get_secret_value(),
    }
    assert {name: given[name.lower()] for name in DOCUMENTED} == DOCUMENTED
    assert addresses_in(settings) == {
        Service.LOBBY: "http://lobby:8000",
        Service.MEASUREMENT: "http://measurement:8000",
        Service.SIMULATION: "http://simulation:8000",
        Service.STORAGE: "http://storage:8000",
    }


def test_a_house_may_be_without_storage() -> None:
    settings = Settings(_env_file=None, storage_url="")

    assert Service.STORAGE not in addresses_in(settings)


def test_every_variable_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")

    missing = [name for name in Settings.model_fields if f"`{name.upper()}`" not in readme]

    assert missing == []


async def test_a_dotenv_file_reaches_the_gateway(
    gateways: Gateways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MAX_MESSAGE_BYTES=70\nRATE_LIMIT_BURST=3\n")
    monkeypatch.chdir(tmp_path)
    gateway = await gateways.start(_env_file=".env")

    async with gateway.phone("a") as phone:
        await phone.socket.send("x" * 71)
        too_large = await phone.hear()
        codes = [(await phone.ask("no.such"))["error"]["code"] for _ in range(4)]

    assert too_large["error"]["code"] == "message_too_large"
    assert codes == ["unknown_event"] * 3 + ["rate_limited"]


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PUSH_QUEUE_LIMIT=1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUSH_QUEUE_LIMIT", "2")

    assert Settings().push_queue_limit == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_limit_rps", 0),
        ("rate_limit_rps", float("inf")),
        ("rate_limit_burst", 0),
        ("max_message_bytes", (1 << 20) + 1),
        ("http_timeout_seconds", 0),
        ("max_concurrent_requests", 0),
        ("push_queue_limit", 0),
        ("lobby_url", "lobby:8000"),
        ("lobby_url", "ftp://lobby"),
        ("storage_url", "storage:8000"),
        ("api_token", "two words"),
        ("api_token", "schlüssel"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **{name: value})
