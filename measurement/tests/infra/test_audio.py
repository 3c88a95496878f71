from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laboratory import RATE_HZ, audio_file, room_response

from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import UndecodableAudio, UnusableAudio
from sonalyze_measurement.domain.subjects import Asked, ImpulseResponse
from sonalyze_measurement.infra.audio import read_mono, write_16_bit
from sonalyze_measurement.infra.evaluate import evaluate

SEEDS = [
    audio_file(room_response()[:2_000], format="WAV", subtype="PCM_16"),
    audio_file(room_response()[:2_000], format="WAV", subtype="FLOAT"),
    audio_file(room_response()[:2_000], format="FLAC", subtype="PCM_16"),
    audio_file(room_response()[:2_000], format="AIFF", subtype="PCM_24"),
    audio_file(room_response()[:2_000], format="OGG", subtype="VORBIS"),
    audio_file(room_response()[:2_000], format="CAF", subtype="PCM_16"),
]
QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A valid file with a few bytes changed, and perhaps cut."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    changes = st.tuples(st.integers(0, 200) | st.integers(0, len(content) - 1), st.integers(0, 255))
    for at, value in draw(st.lists(changes, max_size=8)):
        content[min(at, len(content) - 1)] = value
    return bytes(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])


def outcome_of(path: Path) -> AnalysisResults | str:
    """Evaluate a file: results, or the sentence that says why there are none."""
    try:
        return evaluate(
            ImpulseResponse(path, None), Asked(), path.with_suffix(".wav"), None
        ).results
    except SonalyzeError as refusal:
        return refusal.message


@QUIET
@given(content=damaged_files() | st.binary(max_size=300))
def test_damaged_audio_is_read_or_refused_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)

    try:
        samples, rate_hz = read_mono(path, None)
    except (UndecodableAudio, UnusableAudio):
        return

    assert samples.dtype == np.float64
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert 8_000 <= rate_hz <= 192_000


@QUIET
@given(content=damaged_files())
def test_damaged_audio_is_evaluated_or_refused_with_a_sentence(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)

    assert outcome_of(path)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 100])
def test_very_short_audio_is_evaluated_or_refused(tmp_path: Path, count: int) -> None:
    path = tmp_path / "upload"
    path.write_bytes(audio_file(np.full(count, 0.5), format="WAV"))

    assert outcome_of(path)


@given(level=st.floats(-1, 1))
def test_16_bit_files_round_to_the_nearest_step(
    tmp_path_factory: pytest.TempPathFactory, level: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "steps.wav"

    write_16_bit(path, np.full(8, level), RATE_HZ, "WAV")

    read, _ = read_mono(path, None)
    assert read == pytest.approx(level * 32_767 / 32_768, abs=0.5 / 32_768)
