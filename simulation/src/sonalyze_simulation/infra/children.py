"""What children do for the service: `work`, written as the parent passes it on unread."""

from __future__ import annotations

from typing import Any

import orjson

from sonalyze_simulation.infra import work

LARGE_PARTS = ("rir", "decay_curves")


def pairs(prepared: dict[str, Any], source: int) -> list[dict[str, str]]:
    """Compute what every microphone hears of one source, as JSON texts of each pair's parts."""
    return [_text_of(pair) for pair in work.simulate(prepared, source)]


def _text_of(pair: dict[str, Any]) -> dict[str, str]:
    large = {part: _json(pair.pop(part)) for part in LARGE_PARTS}
    return {"rest": _json(pair), **large}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
