"""All responses of a simulation as one SOFA file (AES69); needs the extra ``sofa``."""

from __future__ import annotations

import importlib
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from sonalyze_simulation.domain.conditions import SofaUnavailable
from sonalyze_simulation.infra import work

CONVENTION: Final = "SingleRoomMIMOSRIR"
"""One room, several loudspeakers and microphones."""

UNSAID: Final = (
    "ReceiverDescriptions", "ReceiverView", "ReceiverUp", "ReceiverView_Type",
    "ReceiverView_Units", "EmitterDescriptions", "EmitterView", "EmitterUp", "EmitterView_Type",
    "EmitterView_Units", "RoomCornerA", "RoomCornerB", "RoomCorners", "RoomCorners_Type",
    "RoomCorners_Units", "MeasurementDate",
)  # fmt: skip
"""Optional parts whose defaults fit one emitter and one receiver only: ours hear and speak alike
in all directions."""

FREEZING_K: Final = 273.15


def sofa_file(prepared: dict[str, Any]) -> str:
    """Write all responses as a SOFA file, in base64.

    Raises
    ------
    SofaUnavailable
        If the extra is not installed.
    """
    sofar = _library()
    request = prepared["request"]
    by_source = [work.responses(prepared, source) for source in range(len(request["sources"]))]
    sofa = sofar.Sofa(CONVENTION)
    sofa.GLOBAL_Title = "Simulated room impulse responses"
    sofa.GLOBAL_ApplicationName = "Sonalyze"
    sofa.GLOBAL_RoomType = "reverberant"
    sofa.RoomVolume = prepared["volume_m3"]
    sofa.RoomTemperature = request["temperature_c"] + FREEZING_K
    for name in UNSAID:
        sofa.delete(name)
    # One measurement, receivers, samples, emitters.
    sofa.Data_IR = np.stack(by_source, axis=-1)[np.newaxis].astype(np.float64)
    sofa.Data_SamplingRate = float(request["sample_rate_hz"])
    sofa.Data_Delay = np.zeros((1, len(request["microphones"]), len(request["sources"])))
    _place(sofa, request)
    return _written(sofar, sofa)


def _library() -> ModuleType:
    try:
        return importlib.import_module("sofar")
    except ImportError as error:
        raise SofaUnavailable(
            "SOFA files need the extra 'sofa': pip install 'sonalyze-simulation[sofa]'"
        ) from error


def _place(sofa: Any, request: Mapping[str, Any]) -> None:  # noqa: ANN401  sofar has no types
    """Give places in the room's own coordinates: source and listener stand at its origin."""
    sofa.ReceiverPosition = _positions(request["microphones"])
    sofa.ReceiverPosition_Type = "cartesian"
    sofa.ReceiverPosition_Units = "metre"
    sofa.EmitterPosition = _positions(request["sources"])
    sofa.EmitterPosition_Type = "cartesian"
    sofa.EmitterPosition_Units = "metre"
    sofa.SourcePosition = [0, 0, 0]


def _positions(places: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([place["position_m"] for place in places], dtype=np.float64)


def _written(sofar: ModuleType, sofa: Any) -> str:  # noqa: ANN401  sofar has no types
    with tempfile.TemporaryDirectory(prefix="sonalyze-sofa-") as folder:
        path = Path(folder) / "responses.sofa"
        sofar.write_sofa(path, sofa)
        return b64encode(path.read_bytes()).decode("ascii")
