"""What a command and a push are; each is declared once, as a class.

A command names its event, the service that answers it and, as its type argument, the reply::

    class LobbyJoin(Command[LobbyView], event="lobby.join", owner=Service.LOBBY):
        code: LobbyCodeField

The gateway's routes, a service's dispatch, the reference documents and the typed clients all
derive from these declarations.
"""

from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from sonalyze_contracts.model import Model

ReplyT = TypeVar("ReplyT")


class Service(StrEnum):
    """The processes of the backend."""

    GATEWAY = "gateway"
    LOBBY = "lobby"
    MEASUREMENT = "measurement"
    SIMULATION = "simulation"
    STORAGE = "storage"


def _reply_of(command: type["Command[Any]"]) -> Any:  # noqa: ANN401  a reply may be any type
    for base in command.__mro__[1:]:
        generic = getattr(base, "__pydantic_generic_metadata__", None)
        if generic and generic["origin"] is Command:
            return generic["args"][0]
    return None


class Command(Model, Generic[ReplyT]):
    """A request that exactly one service answers."""

    event: ClassVar[str] = ""
    owner: ClassVar[Service]
    aliases: ClassVar[tuple[str, ...]] = ()
    reply: ClassVar[Any]

    def __init_subclass__(
        cls,
        *,
        event: str = "",
        owner: Service = Service.GATEWAY,
        aliases: tuple[str, ...] = (),
        **kwargs: Any,  # noqa: ANN401  pydantic's own class arguments
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.event, cls.owner, cls.aliases = event, owner, aliases
        cls.reply = _reply_of(cls)

    @classmethod
    def events(cls) -> tuple[str, ...]:
        """Every name under which the command is answered, its own first."""
        return (cls.event, *cls.aliases)


class Push(Model):
    """A fact or an order that the backend tells clients unasked."""

    event: ClassVar[str] = ""
    owner: ClassVar[Service]

    def __init_subclass__(
        cls,
        *,
        event: str = "",
        owner: Service = Service.GATEWAY,
        **kwargs: Any,  # noqa: ANN401  pydantic's own class arguments
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.event, cls.owner = event, owner

    def data(self) -> dict[str, Any]:
        """Give the payload as it goes over the wire."""
        return self.model_dump(mode="json")
