"""What the gateway itself answers and tells."""

from sonalyze_contracts.command import Command, Push, Service
from sonalyze_contracts.identifiers import DeviceId, DeviceIdField
from sonalyze_contracts.model import Model


class Identified(Model):
    """The connection belongs to this device."""

    device_id: DeviceId


class Identify(Command[Identified], event="identify", owner=Service.GATEWAY):
    """Say which device this connection belongs to; saying it twice is saying it once."""

    device_id: DeviceIdField


class IdentifyRequired(Push, event="gateway.identify_required", owner=Service.GATEWAY):
    """The connection was opened without a device id."""

    hint: str
