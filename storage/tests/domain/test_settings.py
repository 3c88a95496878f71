import pytest

from sonalyze_storage.settings import Settings


def test_the_documented_variables_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://user:pass@host:5432/sonalyze")
    monkeypatch.setenv("RUN_MIGRATIONS", "1")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "3")

    settings = Settings(_env_file=None)

    assert settings.database_url.endswith("@host:5432/sonalyze")
    assert (settings.run_migrations, settings.database_pool_size) == (True, 3)


def test_nobody_migrates_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUN_MIGRATIONS", raising=False)

    assert Settings(_env_file=None).run_migrations is False
