import os
import subprocess
import sys

import pytest

PROGRAM = """
import structlog
from sonalyze_chassis.logs import configure_logs
from sonalyze_chassis.settings import ServiceSettings

configure_logs("lobby", ServiceSettings(_env_file=None))
structlog.get_logger("here").info("thing.happened", count=3)
"""


def logged(**environment: str) -> str:
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_line_for_machines_is_json() -> None:
    line = logged(LOG_FORMAT="json")

    assert '"event":"thing.happened"' in line
    assert '"service":"lobby"' in line


@pytest.mark.parametrize(("force_color", "has_colours"), [("1", True), ("", False)])
def test_lines_for_people_have_colours_where_somebody_sees_them(
    force_color: str, *, has_colours: bool
) -> None:
    line = logged(LOG_FORMAT="console", FORCE_COLOR=force_color)

    assert "thing.happened" in line
    assert ("\x1b[" in line) is has_colours
