"""The measurement service: ``uvicorn sonalyze_measurement.main:app``."""

from sonalyze_measurement.app import create_app
from sonalyze_measurement.settings import Settings

app = create_app(Settings())
