from pathlib import Path

import pytest

from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra.pace import pace_in


def test_without_a_file_the_pace_is_the_usual_one() -> None:
    assert pace_in(None) == Pace()


def test_a_file_says_what_it_measured(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    file.write_text('{"bounce_s": 1e-7, "start_s": 0.01}')

    assert pace_in(file) == Pace(bounce_s=1e-7, start_s=0.01)


@pytest.mark.parametrize("content", ["", "[]", '{"bounce_s": -1}', '{"stride_s": 1}'])
def test_a_file_that_holds_no_pace_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "pace.json"
    file.write_text(content)

    with pytest.raises(ValueError, match=r"pace|JSON|object|greater"):
        pace_in(file)
