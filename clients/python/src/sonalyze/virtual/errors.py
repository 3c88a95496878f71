"""What can be wrong with a virtual room, in sentences."""


class VirtualRoomError(Exception):
    """The virtual room cannot do what was asked."""


class RoomSimulatorMissing(VirtualRoomError):
    """pyroomacoustics is not installed."""


class UnknownRoom(VirtualRoomError):
    """No room of the catalogue has this name."""


class RoomTooCrowded(VirtualRoomError):
    """So many phones do not fit into the room at sensible distances."""


class OutsideTheRoom(VirtualRoomError):
    """A position lies outside the room."""
