"""The commands of clients, as the gateway forwards them. The sender is the connection's device."""

from sonalyze_chassis.dispatch import Handlers
from sonalyze_contracts.command import Service
from sonalyze_contracts.envelope import Caller
from sonalyze_contracts.errors import Invalid
from sonalyze_contracts.identifiers import SessionId
from sonalyze_contracts.lobbies import (
    Acknowledged,
    LobbyCreate,
    LobbyGet,
    LobbyJoin,
    LobbyLeave,
    LobbyOpened,
    LobbyStart,
    LobbyStarted,
    LobbyView,
    ProfileShared,
    ProfileUpdate,
    RoleAssign,
    RoomSnapshot,
    StepShared,
    StepUpdate,
)
from sonalyze_contracts.sessions import (
    CancelledView,
    ErrorReport,
    ErrorReported,
    NoSpeakerLeft,
    PlaybackComplete,
    Ready,
    RecordingStarted,
    RecordingUploaded,
    ResultsBroadcast,
    ResultsShared,
    SessionCancel,
    SessionCreate,
    SessionCreated,
    SessionStatusGet,
    SessionView,
    SpeakerAudioReady,
    SpeakerStart,
    SpeakerStarted,
)
from sonalyze_lobby.domain import replies
from sonalyze_lobby.domain.happenings import Confirm, Report
from sonalyze_lobby.domain.lobby import Assignment
from sonalyze_lobby.domain.replies import ConfirmReply
from sonalyze_lobby.domain.session import Stage
from sonalyze_lobby.services import Services

handlers: Handlers[Services] = Handlers(Service.LOBBY)


@handlers.answers(LobbyCreate)
async def create_lobby(_: LobbyCreate, caller: Caller, services: Services) -> LobbyOpened:
    """Open a lobby for the sender."""
    return LobbyOpened.model_validate(await services.lobbies.create(caller.device_id))


@handlers.answers(LobbyJoin)
async def join(command: LobbyJoin, caller: Caller, services: Services) -> LobbyView:
    """Let the sender in."""
    lobby = await services.lobbies.join(command.code, caller.device_id)
    return LobbyView.model_validate(lobby)


@handlers.answers(LobbyLeave)
async def leave(command: LobbyLeave, caller: Caller, services: Services) -> Acknowledged:
    """Let the sender go."""
    await services.lobbies.leave(command.lobby_id, caller.device_id)
    return Acknowledged()


@handlers.answers(LobbyGet)
async def get_lobby(command: LobbyGet, _: Caller, services: Services) -> LobbyView:
    """Show a lobby to anyone who knows its id or code; the id wins."""
    if command.lobby_id is not None:
        return LobbyView.model_validate(await services.lobbies.get(command.lobby_id))
    if command.code is None:
        raise Invalid("Missing 'lobby_id' or 'code' in data")
    return LobbyView.model_validate(await services.lobbies.get_by_code(command.code))


@handlers.answers(LobbyStart)
async def start_lobby(command: LobbyStart, caller: Caller, services: Services) -> LobbyStarted:
    """Close the doors."""
    lobby = await services.lobbies.start(command.lobby_id, caller.device_id)
    return LobbyStarted(state=lobby.state)


@handlers.answers(RoleAssign)
async def assign_role(command: RoleAssign, caller: Caller, services: Services) -> Acknowledged:
    """Give a participant its role."""
    await services.lobbies.assign_role(
        command.lobby_id,
        caller.device_id,
        command.target_device_id,
        Assignment(command.role, command.role_slot_id, command.role_slot_label),
    )
    return Acknowledged()


@handlers.answers(RoomSnapshot)
async def share_room(command: RoomSnapshot, caller: Caller, services: Services) -> Acknowledged:
    """Show the room to the others."""
    await services.lobbies.share_room(command.lobby_id, caller.device_id, command.room)
    return Acknowledged()


@handlers.answers(StepUpdate)
async def share_step(command: StepUpdate, caller: Caller, services: Services) -> StepShared:
    """Show the admin's step to the others."""
    await services.lobbies.share_step(command.lobby_id, caller.device_id, command.step_index)
    return StepShared(step_index=command.step_index)


@handlers.answers(ProfileUpdate)
async def share_profile(
    command: ProfileUpdate, caller: Caller, services: Services
) -> ProfileShared:
    """Show the chosen profile to the others."""
    await services.lobbies.share_profile(command.lobby_id, caller.device_id, command.profile_id)
    return ProfileShared(profile_id=command.profile_id)


@handlers.answers(SessionCreate)
async def create_session(
    command: SessionCreate, caller: Caller, services: Services
) -> SessionCreated:
    """Plan a session."""
    return replies.created(await services.sessions.create(command, caller.device_id))


@handlers.answers(SpeakerStart)
async def start_speaker(
    command: SpeakerStart, caller: Caller, services: Services
) -> SpeakerStarted | NoSpeakerLeft:
    """Begin the next turn."""
    session = await services.sessions.start_speaker(command.session_id, caller.device_id)
    return replies.started(session)


@handlers.answers(Ready)
async def ready(command: Ready, caller: Caller, services: Services) -> ConfirmReply:
    """Step 3."""
    return await _confirm(services, command.session_id, Confirm(Stage.READY, caller.device_id))


@handlers.answers(SpeakerAudioReady)
async def speaker_audio_ready(
    command: SpeakerAudioReady, caller: Caller, services: Services
) -> ConfirmReply:
    """Step 5."""
    confirm = Confirm(Stage.SPEAKER_AUDIO_READY, caller.device_id, audio_hash=command.audio_hash)
    return await _confirm(services, command.session_id, confirm)


@handlers.answers(RecordingStarted)
async def recording_started(
    command: RecordingStarted, caller: Caller, services: Services
) -> ConfirmReply:
    """Step 7."""
    confirm = Confirm(Stage.RECORDING_STARTED, caller.device_id)
    return await _confirm(services, command.session_id, confirm)


@handlers.answers(PlaybackComplete)
async def playback_complete(
    command: PlaybackComplete, caller: Caller, services: Services
) -> ConfirmReply:
    """Step 9."""
    confirm = Confirm(Stage.PLAYBACK_COMPLETE, caller.device_id)
    return await _confirm(services, command.session_id, confirm)


@handlers.answers(RecordingUploaded)
async def recording_uploaded(
    command: RecordingUploaded, caller: Caller, services: Services
) -> ConfirmReply:
    """Step 11."""
    confirm = Confirm(Stage.RECORDING_UPLOADED, caller.device_id, upload_name=command.upload_name)
    return await _confirm(services, command.session_id, confirm)


@handlers.answers(SessionStatusGet)
async def session_status(
    command: SessionStatusGet, caller: Caller, services: Services
) -> SessionView:
    """Show how a session stands, and what the sender owes."""
    session = await services.sessions.get(command.session_id)
    return replies.view(session, caller.device_id, services.sessions.terms.public_url)


@handlers.answers(SessionCancel)
async def cancel_session(
    command: SessionCancel, caller: Caller, services: Services
) -> CancelledView:
    """End a session."""
    session = await services.sessions.cancel(command.session_id, caller.device_id, command.reason)
    return CancelledView(session_id=session.session_id, reason=session.cancel_reason or "")


@handlers.answers(ErrorReport)
async def report_error(command: ErrorReport, caller: Caller, services: Services) -> ErrorReported:
    """Pass an error on."""
    report = Report(caller.device_id, command.error_message, command.error_code)
    await services.sessions.report(command.session_id, report)
    return ErrorReported(
        session_id=command.session_id,
        error_device_id=caller.device_id,
        error_message=command.error_message,
    )


@handlers.answers(ResultsBroadcast)
async def broadcast_results(
    command: ResultsBroadcast, caller: Caller, services: Services
) -> ResultsShared:
    """Show results to everybody in the session."""
    notified = await services.sessions.share_results(
        command.session_id, caller.device_id, command.job_id, command.results
    )
    return ResultsShared(session_id=command.session_id, devices_notified=notified)


async def _confirm(services: Services, session_id: SessionId, confirm: Confirm) -> ConfirmReply:
    session = await services.sessions.confirm(session_id, confirm)
    return replies.confirmed(session, confirm)
