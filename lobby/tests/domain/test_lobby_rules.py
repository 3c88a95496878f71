from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonalyze_contracts.identifiers import DeviceId, LobbyCode, LobbyId
from sonalyze_lobby.domain import lobby as rules
from sonalyze_lobby.domain.codes import ALPHABET, CODE_LENGTH, random_code
from sonalyze_lobby.domain.conditions import LobbyFull
from sonalyze_lobby.domain.lobby import MOST_PARTICIPANTS, Lobby

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADMIN = DeviceId("admin")


def opened() -> Lobby:
    return rules.opened(LobbyId("lobby"), LobbyCode("ABC123"), ADMIN, NOON).lobby


def test_codes_are_six_characters_and_differ() -> None:
    codes = {random_code() for _ in range(1000)}

    assert len(codes) > 990
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_a_lobby_has_a_limit_and_who_was_there_may_still_come_back() -> None:
    lobby = opened()
    for index in range(MOST_PARTICIPANTS - 1):
        lobby = rules.joined(lobby, DeviceId(f"{index}"), NOON).lobby
    lobby = rules.left(lobby, DeviceId("7"), NOON).lobby

    back = rules.joined(lobby, DeviceId("7"), NOON).lobby

    assert len(back.present) == MOST_PARTICIPANTS
    with pytest.raises(LobbyFull):
        rules.joined(lobby, DeviceId("one more"), NOON)


@settings(derandomize=True, deadline=None)
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["join", "leave"]), st.sampled_from(["admin", "a", "b", "c"]))
    )
)
def test_who_is_present_is_who_joined_last_and_each_change_is_told_once(
    moves: list[tuple[str, str]],
) -> None:
    lobby, present = opened(), {"admin"}

    for move, name in moves:
        rule = rules.joined if move == "join" else rules.left
        change = rule(lobby, DeviceId(name), NOON)
        after = present | {name} if move == "join" else present - {name}
        assert len(change.entries) == len(change.tells) == (after != present)
        assert all(set(tell.device_ids) == after for tell in change.tells)
        lobby, present = change.lobby, after

    assert set(lobby.present) == present
