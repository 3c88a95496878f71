"""What an empty variable means."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import HttpUrl

from sonalyze_chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Of a service with a setting of each kind."""

    days: int = 7
    is_open: bool = True
    folder: Path = Path("/data")
    upstream_url: HttpUrl = HttpUrl("http://upstream:8000")
    storage_url: HttpUrl | Literal[""] = HttpUrl("http://storage:8000")


NAMES = ("DAYS", "IS_OPEN", "FOLDER", "UPSTREAM_URL", "LOG_LEVEL")


def test_a_variable_left_empty_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")

    assert Settings(_env_file=None) == Settings.model_construct()


def test_a_line_left_empty_means_the_default(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(f"{name}=\n" for name in NAMES))

    assert Settings(_env_file=tmp_path / ".env") == Settings.model_construct()


def test_empty_is_a_value_where_a_setting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_URL", "")

    assert Settings(_env_file=None).storage_url == ""
