"""How far an analysis is, for whoever asked to be told."""

from typing import Literal, Protocol

Stage = Literal["queued", "running", "storing"]


class Reached(Protocol):
    """Is told each stage, and what share of a stage is done where that is known."""

    def __call__(self, stage: Stage, share: float = 0.0) -> None:
        """Hear of it."""


def nobody_asks(stage: Stage, share: float = 0.0) -> None:
    """Hear of an analysis whose caller waits for the end."""
