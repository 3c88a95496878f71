"""What can be wrong with what a client asks of this service."""

from sonalyze_contracts.errors import (
    Conflict,
    Invalid,
    NotFound,
    TooLarge,
    Unavailable,
    Unprocessable,
    UnsupportedMedia,
)


class NotStored(NotFound):
    """The store has no file under this key."""


class StoreUnavailable(Unavailable):
    """The store of files does not answer, or does not let this service in."""


class UnknownJob(NotFound):
    """No job has this id."""


class UnknownUpload(NotFound):
    """The job has no upload of this name, not even a part of one."""


class NotAnalysed(NotFound):
    """No analysis of this upload has ended with results."""


class InvalidUploadName(Invalid):
    """The name cannot be a file's name here."""


class UploadMissing(Invalid):
    """An analysis names an upload that the job does not have."""


class UploadExpired(UploadMissing):
    """The job had this upload, and it was deleted after ``RAW_AUDIO_DAYS``."""


class UnknownSignal(Invalid):
    """No signal of this hash was generated here."""


class MalformedUpload(Invalid):
    """The body ends early or is no multipart form."""


class FileFieldMissing(Unprocessable):
    """The form has no file in the field ``file``."""


class EmptyUpload(Unprocessable):
    """The file has no bytes."""


class UploadTooLarge(TooLarge):
    """The file is larger than ``MEASUREMENT_MAX_UPLOAD_MB``."""


class TooManyUploads(TooLarge):
    """The job holds as many uploads as a job may."""


class TooManyPositions(TooLarge):
    """The job has recordings of more positions than are analysed together."""


class TooManyRepeats(TooLarge):
    """The job has more recordings of one position than are averaged."""


class UploadStalled(Invalid):
    """The client stopped sending in the middle."""


class UploadInterrupted(Invalid):
    """The client went away in the middle."""


class OffsetMismatch(Conflict):
    """A piece of an upload does not begin where the earlier pieces end."""


class UploadReplaced(Conflict):
    """While a job was analysed, another recording took the place of one that was read."""

    retryable = True


class UploadBusy(Conflict):
    """Another request is adding to the same upload."""

    retryable = True


class InvalidSignalRequest(Unprocessable):
    """A signal was asked for that cannot exist."""


class UndecodableAudio(UnsupportedMedia):
    """The bytes are no audio, or in no format that is read here."""


class UnusableAudio(Unprocessable):
    """The audio can be read, but not be analysed: empty, too long, too many channels."""
