"""Which commands may be sent again when nobody knows whether the first one arrived."""

from typing import Any

from sonalyze_contracts import gateway, jobs, lobbies, sessions
from sonalyze_contracts.command import Command

_READS: tuple[type[Command[Any]], ...] = (
    lobbies.LobbyGet,
    sessions.SessionStatusGet,
    jobs.JobGet,
    jobs.AudioInfoGet,
)

_SAID_TWICE_IS_SAID_ONCE: tuple[type[Command[Any]], ...] = (
    gateway.Identify,
    lobbies.LobbyJoin,
    lobbies.LobbyLeave,
    lobbies.RoleAssign,
    sessions.Ready,
    sessions.SpeakerAudioReady,
    sessions.RecordingStarted,
    sessions.PlaybackComplete,
    sessions.RecordingUploaded,
    jobs.AnalysisRun,
)


def may_be_sent_again(command: Command[Any]) -> bool:
    """Say whether sending a command twice does the same as sending it once."""
    return isinstance(command, _READS + _SAID_TWICE_IS_SAID_ONCE)
