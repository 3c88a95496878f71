"""The reference documents: generated from the code, never written by hand.

``python -m sonalyze_chassis.reference`` writes them; with ``--check`` it only says what is stale.
"""

import argparse
import importlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sonalyze_chassis.app import VERSION
from sonalyze_contracts.asyncapi import asyncapi_document, event_schemas
from sonalyze_contracts.catalogue import COMMANDS, PUSHES
from sonalyze_contracts.sessions import Phase

SERVICES = ("gateway", "lobby", "measurement", "simulation", "storage")
FOLDER = Path("docs/reference")
PAGES_WITH_TABLES = (Path("docs/websocket.md"), Path("docs/protocol.md"))

_BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL
)


def documents(root: Path) -> dict[Path, str]:
    """Give every generated file with the content that it should have."""
    return dict(_json_documents()) | dict(_pages(root))


def stale(root: Path) -> list[Path]:
    """List the files that differ from what they should be, or should not be there."""
    wanted = documents(root)
    differing = [path for path, text in wanted.items() if _read(root / path) != text]
    present = (path.relative_to(root) for path in (root / FOLDER).rglob("*.json"))
    return sorted([*differing, *(path for path in present if path not in wanted)])


def _json_documents() -> Iterator[tuple[Path, str]]:
    yield FOLDER / "asyncapi.json", _json(asyncapi_document(VERSION))
    for event, schema in event_schemas().items():
        yield FOLDER / "events" / f"{event}.json", _json(schema)
    for service in SERVICES:
        app = importlib.import_module(f"sonalyze_{service}.main").app
        yield FOLDER / f"openapi-{service}.json", _json(app.openapi())


def _pages(root: Path) -> Iterator[tuple[Path, str]]:
    tables = {"commands": _commands(), "pushes": _pushes(), "phases": _phases()}
    for page in PAGES_WITH_TABLES:
        text = _read(root / page)
        yield (
            page,
            _BLOCK.sub(lambda block: block[1] + tables[block["name"]] + block[3], text),
        )


def _commands() -> str:
    rows = [
        (f"`{command.event}`", _aliases(command.aliases), command.owner.value, _summary(command))
        for command in COMMANDS
    ]
    return _table(("Event", "Also", "Answered by", "What it does"), rows)


def _pushes() -> str:
    rows = [
        (f"`{push.event}`", ", ".join(f"`{name}`" for name in push.model_fields), _summary(push))
        for push in PUSHES
    ]
    return _table(("Event", "Data", "What it tells"), rows)


def _phases() -> str:
    return _table(
        ("Phase", "Description"), [(f"`{phase.value}`", phase.description) for phase in Phase]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _aliases(aliases: Sequence[str]) -> str:
    return ", ".join(f"`{alias}`" for alias in aliases)


def _summary(declared: type[Any]) -> str:
    return (declared.__doc__ or "").strip().splitlines()[0]


def _json(document: Any) -> str:  # noqa: ANN401  any JSON value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the reference documents of the repository in the current folder."""
    parser = argparse.ArgumentParser(description="Generate the reference documents.")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    root = Path.cwd()
    changed = stale(root)
    if parser.parse_args(arguments).check:
        sys.exit("\n".join(["Stale:", *map(str, changed)]) if changed else 0)
    wanted = documents(root)
    for path in changed:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], encoding="utf-8")
        else:
            (root / path).unlink()
    sys.stdout.write(f"{len(changed)} of {len(wanted)} reference documents changed\n")


if __name__ == "__main__":
    main()
