"""What can be wrong with a room that somebody wants simulated, each with a sentence."""

from sonalyze_contracts.errors import Invalid


class InvalidRequest(Invalid):
    """A field of the request is missing or outside its limits."""


class NoRoom(Invalid):
    """The payload has neither a room nor a room model."""


class UnreadableRoomModel(Invalid):
    """The room model is no object, or is text that is not JSON."""


class UnknownMaterial(Invalid):
    """The table has no material of this id."""


class TooManyWalls(Invalid):
    """A drawn room has more walls than a room may have corners."""


class CrossingWalls(Invalid):
    """The outline of the room crosses or touches itself."""


class RoomWithoutArea(Invalid):
    """The corners of the room lie on one line."""


class RoomTooSmall(Invalid):
    """Nobody could stand in the room."""


class RoomTooLarge(Invalid):
    """The room is larger than any that is simulated."""


class OutsideRoom(Invalid):
    """A source or a microphone is not in the room."""


class OnWall(Invalid):
    """A source or a microphone touches a wall or the ceiling."""


class InsideFurniture(Invalid):
    """A source or a microphone is inside an obstacle."""


class TooClose(Invalid):
    """A source and a microphone are at one place."""


class RoomFull(Invalid):
    """The furniture leaves no air in the room."""
