"""The pace of this machine, as ``./sonalyze bench --calibrate`` writes it down."""

from pathlib import Path

from pydantic import PositiveFloat, TypeAdapter

from sonalyze_simulation.domain.cost import Pace


def pace_in(path: Path | None) -> Pace:
    """Read a pace; what the file does not say, and all without a file, is the usual one.

    Raises
    ------
    OSError, ValueError
        If there is no such file or it holds no pace: the service must not start with a wrong one.
    """
    if path is None:
        return Pace()
    measured = TypeAdapter(dict[str, PositiveFloat]).validate_json(path.read_bytes())
    unknown = measured.keys() - Pace.__slots__
    if unknown:
        raise ValueError(f"{path} holds {', '.join(sorted(unknown))}, which are no unit of work")
    return Pace(**measured)
