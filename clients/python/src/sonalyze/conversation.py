"""The protocol of one client, without a socket: what was asked, what is still unanswered.

The shell in ``connection`` moves text; everything that can be decided without waiting is decided
here, so that a lost connection is a method call in a test.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from sonalyze.failures import UnexpectedAnswer, of_message
from sonalyze.pushes import RawPush, typed
from sonalyze_contracts.command import Push
from sonalyze_contracts.envelope import ClientMessage, ServerMessage
from sonalyze_contracts.errors import SonalyzeError


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it goes over the wire; ``repeatable`` if it may go twice."""

    request_id: str
    frame: str
    repeatable: bool
    was_sent: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A request got its reply."""

    request_id: str
    data: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """A request got an error."""

    request_id: str
    error: SonalyzeError


Incoming = Answered | Refused | Push | RawPush


@dataclass(slots=True)
class Conversation:
    """The questions of one client, in the order they were asked."""

    _open: dict[str, Question] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, event: str, data: dict[str, Any], *, repeatable: bool) -> Question:
        """Note a new question; it is open until it is answered, dropped or lost."""
        request_id = str(next(self._numbers))
        message = ClientMessage(event=event, request_id=request_id, data=data)
        question = Question(request_id, message.model_dump_json(), repeatable)
        self._open[request_id] = question
        return question

    def unsent(self) -> tuple[Question, ...]:
        """List what has to go over the present connection, oldest first."""
        return tuple(question for question in self._open.values() if not question.was_sent)

    def sent(self, question: Question) -> None:
        """Note that a question went out."""
        if question.request_id in self._open:
            self._open[question.request_id] = replace(question, was_sent=True)

    def drop(self, request_id: str) -> None:
        """Forget a question: its asker no longer waits."""
        self._open.pop(request_id, None)

    def disconnected(self) -> tuple[str, ...]:
        """Give the ids of the questions that are lost; all others wait for the next connection."""
        lost = [q for q in self._open.values() if q.was_sent and not q.repeatable]
        for question in lost:
            del self._open[question.request_id]
        self._open = {key: replace(q, was_sent=False) for key, q in self._open.items()}
        return tuple(question.request_id for question in lost)

    def hear(self, text: str) -> Incoming | None:
        """Understand one message of the server; ``None`` if it concerns nobody any more."""
        try:
            message = ServerMessage.model_validate_json(text)
        except ValidationError:
            return None
        if message.type == "event":
            return typed(message.event, message.data)
        if message.request_id is None or message.request_id not in self._open:
            return None
        self.drop(message.request_id)
        if message.type == "response":
            return Answered(message.request_id, message.data)
        if message.error is None:
            return Refused(message.request_id, UnexpectedAnswer("An error without a reason"))
        return Refused(message.request_id, of_message(message.error))
