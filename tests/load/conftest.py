"""What load tests measured is shown at the end of the run, passed or failed."""

from collections.abc import Callable

import pytest

MEASURED = pytest.StashKey[dict[str, str]]()


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Give the function that notes a figure under its name."""
    figures = request.config.stash.setdefault(MEASURED, {})
    return figures.__setitem__


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures."""
    figures = terminalreporter.config.stash.get(MEASURED, {})
    if figures:
        terminalreporter.section("measured")
    for name, figure in figures.items():
        terminalreporter.write_line(f"{name}: {figure}")
