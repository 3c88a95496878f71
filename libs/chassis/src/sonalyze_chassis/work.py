"""The child's side of `Compute`: finds named work, does it, and says what came of it.

A condition of ours does not cross as an object but as the names of its class and of that class's
kinds, its message and its facts. Who waits takes the nearest class that it has loaded: no
exception can fail to arrive, and none can load a module.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sonalyze_chassis.compute import MemoryExceeded
from sonalyze_chassis.memory import limited_memory
from sonalyze_contracts.errors import SonalyzeError


class Given(NamedTuple):
    """The work was done; this is its result."""

    result: Any


class Refused(NamedTuple):
    """The work raised a condition of ours, here in parts that any engine can send."""

    kinds: tuple[str, ...]
    message: str
    facts: dict[str, Any]

    @classmethod
    def because_of(cls, condition: SonalyzeError) -> "Refused":
        """Take a condition apart."""
        kinds = (kind for kind in type(condition).__mro__ if issubclass(kind, SonalyzeError))
        return cls(tuple(map(_name_of, kinds)), condition.message, condition.facts)

    def condition(self) -> SonalyzeError:
        """Put the condition together again, as the nearest kind that is known here."""
        known = {_name_of(kind): kind for kind in _kinds_below(SonalyzeError)}
        kind = next(known[name] for name in self.kinds if name in known)
        condition = kind.__new__(kind)
        SonalyzeError.__init__(condition, self.message, **self.facts)
        return condition


Outcome = Given | Refused


def perform(work: str, arguments: Sequence[Any], memory_limit_mib: int | None = None) -> Outcome:
    """Do named work; only what nobody foresaw is raised."""
    try:
        with limited_memory(memory_limit_mib):
            return Given(function_called(work)(*arguments))
    except SonalyzeError as condition:
        return Refused.because_of(condition)
    except MemoryError:
        return Refused.because_of(_memory_exceeded(memory_limit_mib))


def function_called(work: str) -> Callable[..., Any]:
    """Find ``"module:function"``."""
    module, _, name = work.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _memory_exceeded(limit_mib: int | None) -> MemoryExceeded:
    limit = "there is" if limit_mib is None else f"the {limit_mib} MiB it may take"
    return MemoryExceeded(
        f"This needs more memory than {limit}; ask for less at once", memory_limit_mib=limit_mib
    )


def _kinds_below(kind: type[SonalyzeError]) -> Iterator[type[SonalyzeError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _kinds_below(subclass)


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
