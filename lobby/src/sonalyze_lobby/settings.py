"""The lobby's settings, under their documented names."""

from pydantic import Field

from sonalyze_chassis.settings import ServiceSettings
from sonalyze_lobby.domain.session import Stage
from sonalyze_lobby.domain.stages import PATIENCE_S, Terms


class Settings(ServiceSettings):
    """What the environment decides; see the README for each variable."""

    database_url: str = "sqlite+aiosqlite:///./lobby.db"
    database_pool_size: int = Field(default=8, ge=1, le=100)
    service_name: str = "lobby"
    gateway_url: str = "http://localhost:8000"
    measurement_url: str = "http://measurement:8000"
    public_url: str = ""
    storage_url: str = ""
    push_timeout_seconds: float = Field(default=10.0, gt=0)
    analysis_timeout_seconds: float = Field(default=300.0, gt=0)
    session_stage_patience_seconds: float | None = Field(default=None, gt=0)

    def terms(self) -> Terms:
        """Give what the operator decides about sessions."""
        return Terms(
            patience_s={stage: self._patience_s(stage) for stage in PATIENCE_S},
            public_url=self.public_url.rstrip("/"),
        )

    def _patience_s(self, stage: Stage) -> float:
        return self.session_stage_patience_seconds or PATIENCE_S[stage]
