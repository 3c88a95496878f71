"""All use cases of the service in one place, for those who call them."""

from dataclasses import dataclass

from sonalyze_lobby.lobbies import Lobbies
from sonalyze_lobby.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Services:
    """What the lobby can do."""

    lobbies: Lobbies
    sessions: Sessions
