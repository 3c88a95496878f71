import subprocess
import sys

NUMERIC = {"numpy", "scipy", "soundfile", "soxr", "sonalyze_acoustics"}


def test_importing_the_service_loads_nothing_numeric() -> None:
    program = "import sys, sonalyze_measurement.main; print(*sys.modules)"

    loaded = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "sonalyze_measurement.app" in loaded
    assert NUMERIC.isdisjoint(loaded)
