import pytest
from pydantic import SecretStr

from sonalyze_chassis.auth import WrongToken, require_token


def test_the_right_token_passes() -> None:
    require_token("täglich", SecretStr("täglich"))


@pytest.mark.parametrize("shown", [None, "", "wrong", "right ", "ä"])
def test_any_other_token_is_refused(shown: str | None) -> None:
    with pytest.raises(WrongToken):
        require_token(shown, SecretStr("right"))


@pytest.mark.parametrize("shown", [None, "", "anything"])
def test_where_no_token_is_expected_all_pass(shown: str | None) -> None:
    require_token(shown, SecretStr(""))
