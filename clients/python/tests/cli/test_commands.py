"""The command line as a person uses it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sonalyze.audio import encode_audio
from sonalyze.cli.examinations import Verdict, of_database, of_folder
from sonalyze.cli.main import app
from sonalyze_acoustics import SignalSpec, measurement_signal
from sonalyze_contracts.results import AnalysisResults

RATE_HZ = 48_000
REVERBERATION_S = 0.5
RUNNER = CliRunner(env={"COLUMNS": "120", "TERM": "dumb"})
COMMANDS = ("demo", "compare", "analyze", "up", "serve", "doctor", "check", "reference", "bench")


def reverberant(dry: np.ndarray, seconds: float = REVERBERATION_S) -> np.ndarray:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).standard_normal(RATE_HZ)
    tail = noise * 10 ** (-3 * time_s / seconds)
    spectrum = np.fft.rfft(dry, 2**20) * np.fft.rfft(tail, 2**20)
    wet = np.fft.irfft(spectrum)[: len(dry) + RATE_HZ // 2]
    return 0.5 * wet / np.abs(wet).max()


def width_of_png(content: bytes) -> int:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20], "big")


def written(path: Path, samples: np.ndarray) -> Path:
    path.write_bytes(encode_audio(np.rint(samples * 32_767).astype(np.int16)[np.newaxis], RATE_HZ))
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    return written(folder / "room.wav", reverberant(measurement_signal(SignalSpec())))


def test_a_recording_is_analysed_into_a_table(recording: Path) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording)])

    assert result.exit_code == 0
    assert "room.wav" in result.output
    assert "T30 s" in result.output
    assert "8 kHz" in result.output
    assert "Clock skew" in result.output


def test_json_is_the_documented_results_object(recording: Path) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--json"])

    found = AnalysisResults.model_validate_json(result.stdout)
    assert found.rt.t30_s == pytest.approx(REVERBERATION_S, rel=0.05)
    assert found.alignment is not None
    assert found.alignment.skew_ppm == pytest.approx(0.0, abs=1.0)


def test_an_impulse_response_needs_no_sweep(tmp_path: Path) -> None:
    impulse = np.zeros(RATE_HZ)
    impulse[100] = 1.0
    file = written(tmp_path / "response.wav", reverberant(impulse))

    result = RUNNER.invoke(app, ["analyze", str(file), "--impulse-response", "--json"])

    found = json.loads(result.stdout)
    assert found["alignment"] is None
    assert found["rt"]["t30_s"] == pytest.approx(REVERBERATION_S, rel=0.05)


def test_what_was_not_played_is_explained(recording: Path) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--sweep", "20:20000"])

    assert "What is missing, and why" in result.output
    assert "DRR at 63 Hz" in result.output


def test_thirds_are_told_where_they_are_asked_for(recording: Path) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--thirds"])

    assert result.exit_code == 0
    assert "Third" in result.stdout
    assert "3.15 kHz" in result.stdout


def test_a_picture_shows_a_recording(recording: Path, tmp_path: Path) -> None:
    picture = tmp_path / "room.png"

    result = RUNNER.invoke(app, ["analyze", str(recording), "--plot", str(picture)])

    assert result.exit_code == 0, result.output
    assert "T30 s" in result.stdout
    assert width_of_png(picture.read_bytes()) == 1600


def test_a_picture_shows_an_impulse_response_and_json_stays_json(tmp_path: Path) -> None:
    impulse = np.zeros(RATE_HZ)
    impulse[100] = 1.0
    file, picture = written(tmp_path / "response.wav", reverberant(impulse)), tmp_path / "r.PNG"
    asked = ["--impulse-response", "--json", "--plot", str(picture)]

    result = RUNNER.invoke(app, ["analyze", str(file), *asked])

    assert json.loads(result.stdout)["alignment"] is None
    assert width_of_png(picture.read_bytes()) == 1600


def test_of_a_refused_recording_no_picture_is_left(tmp_path: Path) -> None:
    file = written(tmp_path / "silent.wav", np.zeros(16 * RATE_HZ))
    picture = tmp_path / "silent.png"

    result = RUNNER.invoke(app, ["analyze", str(file), "--plot", str(picture)])

    assert result.exit_code == 1
    assert "The recording is silent" in result.stderr
    assert not picture.exists()


@pytest.mark.parametrize(
    ("name", "why"), [("room.pdf", "not called *.png"), ("no/room.png", "cannot be written")]
)
def test_a_picture_that_cannot_be_written_ends_with_two(
    recording: Path, tmp_path: Path, name: str, why: str
) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--plot", str(tmp_path / name)])

    assert result.exit_code == 2
    assert why in " ".join(result.stderr.split())


def test_without_matplotlib_the_extra_is_named(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not installed
    picture = tmp_path / "room.png"

    result = RUNNER.invoke(app, ["analyze", str(recording), "--plot", str(picture)])

    assert result.exit_code == 2
    assert "extra `plot`" in result.stderr
    assert not picture.exists()


def test_silence_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = written(tmp_path / "silent.wav", np.zeros(16 * RATE_HZ))

    result = RUNNER.invoke(app, ["analyze", str(file)])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "The recording is silent" in result.stderr


@pytest.mark.parametrize("content", [None, b"", b"no audio at all"])
def test_a_file_that_is_no_audio_ends_with_two(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "thing.wav"
    if content is not None:
        file.write_bytes(content)

    result = RUNNER.invoke(app, ["analyze", str(file)])

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "thing.wav" in result.stderr


@pytest.mark.parametrize("sweep", ["200", "12000:200", "a:b", "0:100"])
def test_a_range_that_is_none_ends_with_two(recording: Path, sweep: str) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--sweep", sweep])

    assert result.exit_code == 2
    assert "no range like 200:12000" in result.stderr


def test_a_channel_that_is_not_there_ends_with_two(recording: Path) -> None:
    result = RUNNER.invoke(app, ["analyze", str(recording), "--channel", "1"])

    assert result.exit_code == 2
    assert "has no channel 1" in result.stderr


def test_the_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["doctor", "--data", str(tmp_path)], env={"DATABASE_URL": ""})

    assert result.exit_code == 0, result.output
    for subject in ("Python", "Packages", "Ports", "Data", "Database", "Audio", "FLAC"):
        assert subject in result.output


@pytest.mark.parametrize("variable", ["DATABASE_URL", "STORAGE_DATABASE_URL"])
def test_the_doctor_names_a_database_that_does_not_answer(variable: str) -> None:
    url = "postgresql+asyncpg://lobby:secret@127.0.0.1:1/lobby"

    result = RUNNER.invoke(app, ["doctor"], env={variable: url})

    assert result.exit_code == 1
    assert f"correct {variable}" in result.output
    assert "secret" not in result.output


def test_a_database_file_is_opened_where_its_url_says(tmp_path: Path) -> None:
    found = of_database("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'lobby.db'}")

    assert found.verdict is Verdict.FINE
    missing = f"sqlite+aiosqlite:///{tmp_path}/no/lobby.db"
    assert of_database("DATABASE_URL", missing).verdict is Verdict.BROKEN


def test_services_are_not_started_on_one_database() -> None:
    url = "postgresql+asyncpg://house:secret@127.0.0.1:1/house"
    both = {"DATABASE_URL": url, "STORAGE_DATABASE_URL": url}

    result = RUNNER.invoke(app, ["up"], env=both)

    assert result.exit_code == 1
    assert "need a database each" in result.stderr
    assert "secret" not in result.output


def test_a_data_folder_that_is_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("occupied")

    found = of_folder(tmp_path / "data")

    assert found.verdict is Verdict.BROKEN


def test_a_service_that_does_not_exist_is_a_usage_error() -> None:
    result = RUNNER.invoke(app, ["serve", "coffee"])

    assert result.exit_code == 2
    assert "gateway" in result.stderr


def test_a_room_that_does_not_exist_is_a_usage_error() -> None:
    result = RUNNER.invoke(app, ["demo", "--room", "palace"])

    assert result.exit_code == 2
    assert "living" in result.stderr


def test_a_gateway_that_does_not_answer_is_told_in_a_sentence() -> None:
    result = RUNNER.invoke(app, ["demo", "--url", "http://127.0.0.1:1"])

    assert result.exit_code == 1
    assert "Cannot connect to http://127.0.0.1:1" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = RUNNER.invoke(app, [command, "--help"])

    assert result.exit_code == 0
    assert command in result.output


def test_benchmarks_are_listed_with_what_they_compare() -> None:
    result = RUNNER.invoke(app, ["bench"])

    assert result.exit_code == 0
    assert "simulation_accuracy" in result.output
    assert "processes" not in result.output


def test_a_benchmark_that_does_not_exist_is_a_usage_error() -> None:
    result = RUNNER.invoke(app, ["bench", "coffee"])

    assert result.exit_code == 2
    assert "simulation" in result.stderr
