import subprocess
import sys

NUMERIC = {"numpy", "scipy", "shapely", "soundfile", "sofar", "sonalyze_acoustics", "celery"}


def test_importing_the_service_loads_nothing_numeric_and_no_broker() -> None:
    program = "import sys, sonalyze_simulation.main; print(*sys.modules)"

    loaded = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "sonalyze_simulation.app" in loaded
    assert NUMERIC.isdisjoint(loaded)
