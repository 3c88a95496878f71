"""What storage is told of lobbies and sessions: the rows in which two states of one differ.

Columns refer to devices by their rows in storage; ``metadata`` speaks as the lobby's clients do.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sonalyze_contracts.archive import (
    ArchivedRow,
    Resource,
    device_row_id,
    participant_row_id,
    recording_row_id,
)
from sonalyze_contracts.lobbies import LobbyState, ParticipantStatus, Role
from sonalyze_lobby.domain.lobby import Lobby, Participant
from sonalyze_lobby.domain.session import Place, Recording, Session, Turn

STATES: Final = {
    LobbyState.OPEN: "open",
    LobbyState.MEASUREMENT_RUNNING: "measuring",
    LobbyState.CLOSED: "closed",
}
ROLES: Final = {
    Role.NONE: "observer",
    Role.SPEAKER: "speaker",
    Role.MICROPHONE: "microphone",
}
STATUSES: Final = {
    ParticipantStatus.JOINED: "connected",
    ParticipantStatus.LEFT: "left",
}


def rows_of_lobby(before: Lobby | None, after: Lobby) -> list[ArchivedRow]:
    """Say what changed in a lobby: its devices first, then itself, then who is in it."""
    known = {one.device_id: one for one in before.participants} if before else {}
    changed = [one for one in after.participants if known.get(one.device_id) != one]
    is_news = before is None or before.state is not after.state
    return [
        *(_device(one) for one in changed if one.device_id not in known),
        *([_lobby(after)] if is_news else []),
        *(_participant(after, one) for one in changed),
    ]


def rows_of_session(
    before: Session | None, after: Session, created_at: datetime | None = None
) -> list[ArchivedRow]:
    """Say what changed in a session, and what was recorded in the turn that has just ended."""
    fields = _session_fields(after)
    rows = []
    if before is None:
        rows.append(_session(after, {**fields, "created_at": _time(created_at)}))
    elif _session_fields(before) != fields:
        rows.append(_session(after, fields))
    return [*rows, *_recordings(before, after)]


def _device(participant: Participant) -> ArchivedRow:
    row_id = device_row_id(participant.device_id)
    return ArchivedRow(Resource.DEVICES, row_id, {"external_id": participant.device_id})


def _lobby(lobby: Lobby) -> ArchivedRow:
    fields = {
        "code": lobby.code,
        "state": STATES[lobby.state],
        "creator_device_id": str(device_row_id(lobby.admin_device_id)),
        "created_at": _time(lobby.created_at),
    }
    return ArchivedRow(Resource.LOBBIES, UUID(lobby.lobby_id), fields)


def _participant(lobby: Lobby, participant: Participant) -> ArchivedRow:
    fields = {
        "lobby_id": lobby.lobby_id,
        "device_id": str(device_row_id(participant.device_id)),
        "role": ROLES[participant.role],
        "status": STATUSES[participant.status],
        "joined_at": _time(participant.joined_at),
    }
    row_id = participant_row_id(lobby.lobby_id, participant.device_id)
    return ArchivedRow(Resource.PARTICIPANTS, row_id, fields)


def _session(session: Session, fields: dict[str, Any]) -> ArchivedRow:
    return ArchivedRow(Resource.MEASUREMENTS, UUID(session.session_id), fields)


def _session_fields(session: Session) -> dict[str, Any]:
    return {
        "kind": "session",
        "lobby_id": session.lobby_id,
        "created_by_device_id": str(device_row_id(session.admin_device_id)),
        "started_at": _time(session.started_at),
        "stopped_at": _time(session.stopped_at),
        "metadata": {
            "job_id": session.job_id,
            "status": session.status,
            "speakers": _places(session.speakers),
            "microphones": _places(session.microphones),
            **_bad_news(session),
        },
    }


def _places(places: Sequence[Place]) -> list[dict[str, str | None]]:
    return [
        {
            "device_id": place.device_id,
            "slot_id": place.slot_id,
            "slot_label": place.slot_label,
        }
        for place in places
    ]


def _bad_news(session: Session) -> dict[str, Any]:
    if session.cancel_reason is not None:
        return {"cancel_reason": _storable(session.cancel_reason)}
    if session.failure is None:
        return {}
    failure = session.failure
    return {
        "failure": {
            "error_code": _storable(failure.error_code),
            "error_message": _storable(failure.error_message),
            "error_device_id": failure.error_device_id,
            "stage": failure.stage,
            "missing_device_ids": failure.missing_device_ids,
        }
    }


def _recordings(before: Session | None, after: Session) -> Iterator[ArchivedRow]:
    if before is None or before.turn is None:
        return
    for recording in after.recordings[len(before.recordings) :]:
        fields = {
            "kind": "raw",
            "lobby_id": after.lobby_id,
            "created_by_device_id": str(device_row_id(recording.device_id)),
            **_times(before.turn, recording),
            "metadata": {
                "session_id": after.session_id,
                "job_id": after.job_id,
                "upload_name": recording.upload_name,
                "speaker_slot_id": recording.speaker_slot_id,
                "microphone_slot_id": recording.microphone_slot_id,
                "speaker_device_id": after.speaker_of(before.turn).device_id,
                "audio_hash": _storable(recording.audio_hash),
            },
        }
        row_id = recording_row_id(after.job_id, recording.upload_name)
        yield ArchivedRow(Resource.MEASUREMENTS, row_id, fields)


def _times(turn: Turn, recording: Recording) -> dict[str, str | None]:
    return {
        "started_at": _time(turn.recording_since.get(recording.device_id)),
        "stopped_at": _time(turn.told_to_stop_at),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _storable(text: str | None) -> str | None:
    """Leave out the one character that storage cannot keep; phones may say anything."""
    return text.replace("\x00", "") if text else text
