"""Where the source tree is, for the commands that work on it."""

import os
from pathlib import Path

from sonalyze.cli.consoles import give_up

ROOT_VARIABLE = "SONALYZE_ROOT"
"""Set by the script at the root of the repository."""


def workspace_root() -> Path:
    """Find the root of the repository, or say that this is none."""
    named = os.environ.get(ROOT_VARIABLE)
    candidates = [Path(named)] if named else list(Path(__file__).resolve().parents)
    roots = [folder for folder in candidates if _is_root(folder)]
    if not roots:
        give_up("This command works on the source tree: run ./sonalyze in the repository.", 2)
    return roots[0]


def _is_root(folder: Path) -> bool:
    return (folder / "uv.lock").is_file() and (folder / "libs" / "contracts").is_dir()
