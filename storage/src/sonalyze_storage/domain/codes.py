"""The code of a lobby that was stored without one."""

import secrets
import string

ALPHABET = string.ascii_uppercase + string.digits
CODE_LENGTH = 6
"""Documented: six characters of A-Z and 0-9, so 2.2e9 codes."""


def random_code() -> str:
    """Draw a code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
