"""The token that services show each other."""

import secrets

from pydantic import SecretStr

from sonalyze_contracts.errors import Forbidden

TOKEN_HEADER = "X-Internal-Token"  # noqa: S105  the header's name, not a token


class WrongToken(Forbidden):
    """The internal token is missing or not ours."""


def require_token(shown: str | None, expected: SecretStr) -> None:
    """Refuse a wrong or missing token in constant time; an empty expectation lets all pass."""
    secret = expected.get_secret_value()
    if secret and not secrets.compare_digest((shown or "").encode(), secret.encode()):
        raise WrongToken("Wrong or missing internal token")
