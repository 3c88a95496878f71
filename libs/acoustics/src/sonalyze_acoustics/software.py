"""Which software gives the numbers: whatever here changes may change a last digit."""

from __future__ import annotations

import platform
from importlib.metadata import version

from sonalyze_acoustics.evaluation import VERSION


def software_versions() -> dict[str, str]:
    """Name the analysis, this library, and all that it computes with."""
    return {
        "analysis": VERSION,
        "sonalyze": version("sonalyze-acoustics"),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "soxr")},
    }
