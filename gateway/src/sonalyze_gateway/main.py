"""``uvicorn sonalyze_gateway.main:app``."""

from sonalyze_gateway.app import create_app
from sonalyze_gateway.settings import Settings

app = create_app(Settings())
