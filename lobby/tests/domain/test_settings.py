import pytest

from sonalyze_lobby.domain.stages import PATIENCE_S
from sonalyze_lobby.settings import Settings


def test_every_documented_variable_is_effective(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "DATABASE_URL": "postgresql+asyncpg://a:b@c/d",
        "DATABASE_POOL_SIZE": "3",
        "SERVICE_NAME": "name",
        "GATEWAY_URL": "http://g",
        "MEASUREMENT_URL": "http://m",
        "PUBLIC_URL": "https://p/",
        "STORAGE_URL": "http://s",
        "INTERNAL_AUTH_TOKEN": "token",
        "SESSION_STAGE_PATIENCE_SECONDS": "7",
        "PUSH_TIMEOUT_SECONDS": "2",
        "ANALYSIS_TIMEOUT_SECONDS": "3",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    settings = Settings(_env_file=None)

    read = {name: getattr(settings, name.lower()) for name in variables}
    assert read.pop("INTERNAL_AUTH_TOKEN").get_secret_value() == "token"
    assert {name: str(value).removesuffix(".0") for name, value in read.items()} == {
        name: value for name, value in variables.items() if name != "INTERNAL_AUTH_TOKEN"
    }
    assert settings.terms().public_url == "https://p"
    assert set(settings.terms().patience_s.values()) == {7.0}


def test_without_any_variable_the_documented_defaults_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DATABASE_URL", "GATEWAY_URL", "MEASUREMENT_URL", "PUBLIC_URL", "STORAGE_URL"):
        monkeypatch.delenv(name, raising=False)

    settings = Settings(_env_file=None)

    assert settings.database_url == "sqlite+aiosqlite:///./lobby.db"
    assert settings.gateway_url == "http://localhost:8000"
    assert settings.storage_url == ""
    assert settings.measurement_url == "http://measurement:8000"
    assert settings.terms().patience_s == PATIENCE_S
