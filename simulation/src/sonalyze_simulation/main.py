"""The simulation service: ``uvicorn sonalyze_simulation.main:app``."""

from sonalyze_simulation.app import create_app
from sonalyze_simulation.settings import Settings

app = create_app(Settings())
