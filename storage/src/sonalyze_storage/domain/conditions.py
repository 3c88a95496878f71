"""What can be wrong with a request for rows."""

from sonalyze_contracts.errors import (
    Conflict,
    NotFound,
    PreconditionFailed,
    Unavailable,
    Unprocessable,
)


class RowNotFound(NotFound):
    """Nothing has this id, or this value of a field by which it is looked up."""


class AlreadyExists(Conflict):
    """Another row has this value of a field that is unique."""


class DanglingReference(Conflict):
    """A field refers to a row that does not exist."""


class RowChanged(PreconditionFailed):
    """Somebody has changed the row since the writer has read it."""


class BadCursor(Unprocessable):
    """``after`` is not what the ``Link`` of an earlier page said."""

    code = "bad_request"


class SchemaMissing(Unavailable):
    """The database has not been brought to this version's schema."""
