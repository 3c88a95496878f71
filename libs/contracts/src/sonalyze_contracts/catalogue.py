"""Every command and every push of the backend; what is not listed here does not exist."""

from typing import Any

from sonalyze_contracts import gateway, jobs, lobbies, session_pushes, sessions, simulation_jobs
from sonalyze_contracts.command import Command, Push, Service

COMMANDS: tuple[type[Command[Any]], ...] = (
    gateway.Identify,
    lobbies.LobbyCreate,
    lobbies.LobbyJoin,
    lobbies.LobbyLeave,
    lobbies.LobbyGet,
    lobbies.LobbyStart,
    lobbies.RoleAssign,
    lobbies.RoomSnapshot,
    lobbies.StepUpdate,
    lobbies.ProfileUpdate,
    sessions.SessionCreate,
    sessions.SpeakerStart,
    sessions.Ready,
    sessions.SpeakerAudioReady,
    sessions.RecordingStarted,
    sessions.PlaybackComplete,
    sessions.RecordingUploaded,
    sessions.SessionStatusGet,
    sessions.SessionCancel,
    sessions.ErrorReport,
    sessions.ResultsBroadcast,
    jobs.JobCreate,
    jobs.JobGet,
    jobs.AudioInfoGet,
    jobs.AnalysisRun,
    jobs.AnalysisStart,
    simulation_jobs.SimulationRun,
    simulation_jobs.SimulationStart,
    simulation_jobs.SimulationCancel,
    simulation_jobs.SimulationHealth,
)

PUSHES: tuple[type[Push], ...] = (
    gateway.IdentifyRequired,
    lobbies.ParticipantJoined,
    lobbies.ParticipantLeft,
    lobbies.RoleAssigned,
    lobbies.LobbyStateChanged,
    lobbies.RoomShared,
    lobbies.StepChanged,
    lobbies.ProfileChanged,
    session_pushes.StartMeasurement,
    session_pushes.PhaseUpdate,
    session_pushes.RecordingProgress,
    session_pushes.RequestAudio,
    session_pushes.StartRecording,
    session_pushes.StartPlayback,
    session_pushes.StopRecording,
    session_pushes.SpeakerComplete,
    session_pushes.SessionComplete,
    session_pushes.AnalysisProgress,
    session_pushes.SessionResults,
    session_pushes.SessionCancelled,
    session_pushes.SessionFailed,
    jobs.AnalysisStage,
    jobs.AnalysisResult,
    simulation_jobs.SimulationProgress,
    simulation_jobs.SimulationResult,
)

PREFIXES: tuple[tuple[str, Service], ...] = (
    ("lobby.", Service.LOBBY),
    ("role.", Service.LOBBY),
    ("measurement.", Service.LOBBY),
    ("analysis.", Service.MEASUREMENT),
    ("simulation.", Service.SIMULATION),
)
"""Who answers an event that is not declared here, so that a new one needs no new gateway."""


def owners() -> dict[str, Service]:
    """Map each declared event name, aliases included, to the service that answers it."""
    return {event: command.owner for command in COMMANDS for event in command.events()}


def owned_by(service: Service) -> tuple[type[Command[Any]], ...]:
    """List the commands that a service has to answer."""
    return tuple(command for command in COMMANDS if command.owner is service)
