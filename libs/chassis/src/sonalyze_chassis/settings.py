"""Settings that every service has; a service adds its own documented variables."""

from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read once at the start from the environment, then from ``.env``; never changed."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore")

    internal_auth_token: SecretStr = SecretStr("")
    """Shared by the services; where it is set, internal routes require it."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
