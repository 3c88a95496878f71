"""Storage's settings, under their documented names."""

from pydantic import Field

from sonalyze_chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the environment decides; see the README for each variable."""

    database_url: str = "sqlite+aiosqlite:///./storage.db"
    database_pool_size: int = Field(default=8, ge=1, le=100)
    run_migrations: bool = False
