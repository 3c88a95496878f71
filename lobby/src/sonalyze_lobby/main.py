"""The app that servers run."""

from sonalyze_lobby.app import create_app
from sonalyze_lobby.settings import Settings

app = create_app(Settings())
