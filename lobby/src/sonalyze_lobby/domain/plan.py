"""Planning a session: which places make sense, and which devices may take them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sonalyze_contracts.identifiers import SessionId
from sonalyze_contracts.lobbies import LobbyState
from sonalyze_contracts.sessions import Phase, SessionCreate, Slot
from sonalyze_lobby.domain.announcements import phase_update
from sonalyze_lobby.domain.conditions import BadMembers, LobbyNotOpen
from sonalyze_lobby.domain.lobby import Lobby
from sonalyze_lobby.domain.news import Entry, Tell
from sonalyze_lobby.domain.session import Place, Session
from sonalyze_lobby.domain.step import Step

MOST_ANALYZED_PAIRS = 64
"""Of ``auto_analyze``: the results of all pairs travel in one push, which may have 2 MiB."""


def planned(command: SessionCreate, lobby: Lobby, session_id: SessionId, at: datetime) -> Step:
    """Plan a session of the lobby, or say what is wrong with it."""
    if lobby.state not in {LobbyState.OPEN, LobbyState.MEASUREMENT_RUNNING}:
        raise LobbyNotOpen("The lobby is closed", lobby_id=lobby.lobby_id)
    _require_sense(command)
    _require_presence(command, lobby)
    session = Session(
        session_id=session_id,
        job_id=command.job_id,
        lobby_id=lobby.lobby_id,
        admin_device_id=lobby.admin_device_id,
        speakers=_places(command.speakers),
        microphones=_places(command.microphones),
        auto_advance=command.auto_advance,
        auto_analyze=command.auto_analyze,
    )
    payload = {"session_id": session_id, "job_id": command.job_id}
    return Step(
        session,
        tells=(Tell(phase_update(session, Phase.IDLE), session.audience),),
        entries=(Entry("session_created", at, payload),),
    )


def _require_sense(command: SessionCreate) -> None:
    _require_distinct("speaker slots", (place.slot_id for place in command.speakers))
    _require_distinct("microphone slots", (place.slot_id for place in command.microphones))
    _require_distinct("microphones", (place.device_id for place in command.microphones))
    pairs = len(command.speakers) * len(command.microphones)
    if command.auto_analyze and pairs > MOST_ANALYZED_PAIRS:
        raise BadMembers(
            f"auto_analyze takes at most {MOST_ANALYZED_PAIRS} speaker-microphone pairs",
            pairs=pairs,
        )


def _require_distinct(what: str, ids: Iterable[str]) -> None:
    listed = list(ids)
    if len(set(listed)) < len(listed):
        raise BadMembers(f"The {what} have to differ from each other")


def _require_presence(command: SessionCreate, lobby: Lobby) -> None:
    present = set(lobby.present)
    places = (*command.speakers, *command.microphones)
    absent = sorted({place.device_id for place in places} - present)
    if absent:
        raise BadMembers("Members of a session have to be in its lobby", absent_device_ids=absent)


def _places(slots: Sequence[Slot]) -> tuple[Place, ...]:
    return tuple(Place(slot.device_id, slot.slot_id, slot.slot_label) for slot in slots)
