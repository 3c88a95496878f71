"""All recordings of a job, evaluated without a server."""

import numpy as np
import pytest
from numpy.typing import NDArray
from packed_bundles import RATE_HZ, heard

from sonalyze.audio import AudioError
from sonalyze.room_evaluations import evaluate_room
from sonalyze_acoustics import SignalSpec, Unevaluable, measurement_signal
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import RecordedPosition

SIGNAL = "0" * 64
REQUEST = AnalysisRequest.model_validate({"source": "all", "audio_hash": SIGNAL})


def position(upload: str, receiver_id: str | None = None) -> RecordedPosition:
    return RecordedPosition.model_validate(
        {
            "uploads": [upload],
            "source_id": receiver_id and "speaker",
            "receiver_id": receiver_id,
            "audio_hash": SIGNAL,
            "signal": {"sample_rate_hz": RATE_HZ, "sweep_start_hz": 20, "sweep_end_hz": 20_000},
        }
    )


def read(upload: UploadName, _: int | None) -> tuple[NDArray[np.float64], int]:
    """Read recordings; what is called silence is silent, and a diary is no audio."""
    if upload == "diary":
        raise AudioError("This is no audio")
    recording = heard(measurement_signal(SignalSpec(RATE_HZ)))
    return recording * (upload != "silence"), RATE_HZ


def test_every_position_is_told_with_what_it_says_or_why_it_says_nothing() -> None:
    positions = [
        position("diary"),
        position("a", "sofa"),
        position("b", "door"),
        position("silence"),
    ]

    results = evaluate_room(REQUEST, positions, read)

    told = results.positions or []
    assert [each.uploads for each in told] == [["diary"], ["a"], ["b"], ["silence"]]
    assert [each.results is None for each in told] == [True, False, False, True]
    assert told[3].refusal is not None
    assert told[3].refusal.code == "not_a_measurement"
    assert results.spatial is not None
    assert (results.spatial.combinations, results.spatial.grade) == (2, "survey")
    assert results.rt.t20_s == pytest.approx(0.4, rel=0.1)


def test_where_no_recording_says_anything_there_is_no_mean() -> None:
    with pytest.raises(Unevaluable):
        evaluate_room(REQUEST, [position("silence"), position("diary")], read)
