import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_nobody_imports_what_it_may_not() -> None:
    lint_imports = Path(sys.executable).parent / "lint-imports"

    result = subprocess.run(  # noqa: S603  a tool of ours on our own tree
        [lint_imports], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
