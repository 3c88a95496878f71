"""What can stand between a request and its answer; what is wrong with rooms is in `defects`."""

from sonalyze_contracts.errors import (
    Conflict,
    Invalid,
    NotFound,
    SonalyzeError,
    TooLarge,
    Unavailable,
    Unprocessable,
    UnsupportedMedia,
)


class UnknownJob(NotFound):
    """No job has this id, or it is so old that it was forgotten."""


class UnknownPair(NotFound):
    """The job has no such source or microphone."""


class SofaUnavailable(NotFound):
    """The service was installed without what writes SOFA files."""


class SimulationTooExpensive(Unprocessable):
    """The simulation would take longer than ``SIMULATION_MAX_SECONDS``."""

    code = "simulation_too_expensive"


class NotCompleted(Conflict):
    """The job has no answer: it runs, failed, or was cancelled."""


class SimulationCancelled(Conflict):
    """Somebody cancelled the job."""

    code = "cancelled"


class ServiceStopped(Unavailable):
    """The service was stopped before the job ended."""


class RecordUnavailable(Unavailable):
    """Storage, which remembers older jobs, does not answer."""


class SoundsForgotten(NotFound):
    """Only the figures of so old a job are remembered, not how to compute its sounds."""


class AnswerTooLarge(TooLarge):
    """The answer is larger than an event may be, whatever is left out."""


class SoundsTooLarge(TooLarge):
    """All responses of the job are more than one file holds."""


class SoundTooLong(TooLarge):
    """The sound to be played in the room is longer than allowed."""


class SoundUnreadable(UnsupportedMedia):
    """The bytes are no sound, or in no format that is read here."""


class SoundUnusable(Unprocessable):
    """The sound is empty, or has more channels or another rate than can be played."""


class CallerLeft(Invalid):
    """The client closed the connection before there was an answer."""


class NoSound(Invalid):
    """The request brings no sound."""


class Unforeseen(SonalyzeError):
    """The service failed in a way nobody foresaw; the log knows how."""
