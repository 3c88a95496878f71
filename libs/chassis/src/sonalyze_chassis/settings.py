"""Settings that every service has; a service adds its own documented variables."""

from typing import Any, Literal, get_args

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read once at the start from the environment, then from ``.env``; never changed."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore")

    internal_auth_token: SecretStr = SecretStr("")
    """Shared by the services; where it is set, internal routes require it."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_given(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Take ``NAME=`` for the default, but for settings whose type names the empty string."""
        return {
            name: value for name, value in given.items() if value != "" or cls._may_be_empty(name)
        }

    @classmethod
    def _may_be_empty(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and Literal[""] in get_args(field.annotation)
