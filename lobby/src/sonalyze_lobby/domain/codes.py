"""The code that people type to join a lobby."""

import secrets
import string

from sonalyze_contracts.identifiers import LobbyCode

ALPHABET = string.ascii_uppercase + string.digits
CODE_LENGTH = 6
"""Documented: six characters of A-Z and 0-9, so 2.2e9 codes."""


def random_code() -> LobbyCode:
    """Draw a code that nobody can guess from earlier ones."""
    return LobbyCode("".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)))
