"""The app that servers run."""

from sonalyze_storage.app import create_app
from sonalyze_storage.settings import Settings

app = create_app(Settings())
