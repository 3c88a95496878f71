"""``analyze BUNDLE``: whole bundles, and those that somebody spoiled."""

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packed_bundles import RATE_HZ, Bundle, Change, audio, bundle_of_three_sources, sha256
from typer.testing import CliRunner, Result

from sonalyze.bundle_file import BundleUnreadable
from sonalyze.bundle_verdicts import BundleVerdict, examine
from sonalyze.cli.main import app
from sonalyze.recomputation import Verdict

RUNNER = CliRunner(env={"COLUMNS": "120", "TERM": "dumb"})
Files = dict[str, bytes]
Json = dict[str, Any]


def analysed(path: Path, *options: str) -> Result:
    return RUNNER.invoke(app, ["analyze", str(path), *options])


def relisted(files: Files, manifest: Json, path: str) -> None:
    """Let the manifest fit a file that was changed."""
    (entry,) = (each for each in manifest["files"] if each["path"] == path)
    entry |= {"bytes": len(files[path]), "sha256": sha256(files[path])}


def recorded(files: Files, manifest: Json, analysis: Json, **changes: object) -> None:
    """Change what an analysis came from, wherever that stands."""
    analysis["provenance"] |= changes
    results = json.loads(files[analysis["results"]])
    results["provenance"] = analysis["provenance"]
    files[analysis["results"]] = json.dumps(results).encode()
    relisted(files, manifest, analysis["results"])


def only(manifest: Json, upload: str) -> Json:
    """Leave one analysis, so that a test computes no more than it is about."""
    manifest["analyses"] = [each for each in manifest["analyses"] if each["upload"] == upload]
    analysis: Json = manifest["analyses"][0]
    return analysis


def test_every_source_is_computed_again_and_comes_out_the_same(tmp_path: Path) -> None:
    bundle = bundle_of_three_sources().packed(tmp_path / "called-like-audio.wav")

    result = analysed(bundle)

    assert result.exit_code == 0, result.output
    assert "every SHA-256 as in the manifest" in result.output
    for upload in ("generated", "free", "response.flac"):
        assert f"✓ {upload}  the same" in result.output
    assert "3 of 3 analyses came out the same" in result.output


def test_a_changed_figure_is_shown_as_it_was_stored_and_as_it_is(tmp_path: Path) -> None:
    path = "results/response.flac.json"

    def change(files: Files, manifest: Json) -> None:
        only(manifest, "response.flac")
        results = json.loads(files[path])
        results["bands"][3]["t20_s"] = 1.25
        results["quality"]["grade"] = "splendid"
        files[path] = json.dumps(results).encode()
        relisted(files, manifest, path)

    bundle = bundle_of_three_sources().packed(tmp_path / "bundle.zip", change)
    result, as_json = analysed(bundle), analysed(bundle, "--json")

    assert (result.exit_code, as_json.exit_code) == (1, 1)
    assert "2 figures differ" in result.output
    assert "bands[500 Hz].t20_s" in result.output
    assert "splendid" in result.output
    (analysis,) = BundleVerdict.model_validate_json(as_json.stdout).analyses
    changed = next(each for each in analysis.differences if each.figure == "bands[500 Hz].t20_s")
    assert changed.stored == 1.25
    assert changed.computed == pytest.approx(0.4, rel=0.1)
    assert changed.amount == pytest.approx(changed.computed - 1.25)


def test_a_recording_that_was_tampered_with_is_found(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        only(manifest, "response.flac")
        files["recordings/response.flac"] = files["recordings/response.flac"][:-1] + b"\x7f"

    result = analysed(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 1
    assert "✗ recordings/response.flac has another SHA-256 than the manifest says" in result.output
    assert "not computed again" in result.output


def test_a_bit_that_flipped_on_its_way_is_found(tmp_path: Path) -> None:
    bundle = bundle_of_three_sources().packed(
        tmp_path / "bundle.zip", lambda _, manifest: manifest["analyses"].clear()
    )
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)

    found = examine(bundle)

    assert len(found.damaged) == 1
    assert "cannot be read" in found.damaged[0].sentence


def test_a_recording_deleted_after_its_time_leaves_a_bundle_that_says_so(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        only(manifest, "response.flac")
        path = "recordings/response.flac"
        del files[path]
        manifest["files"] = [each for each in manifest["files"] if each["path"] != path]
        manifest["absent"] = [{"path": path, "kind": "recording", "reason": "It was deleted."}]

    result = analysed(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 1
    assert "recordings/response.flac is absent: It was deleted." in result.output
    assert "? response.flac  not computed again" in result.output


def test_another_recording_under_the_same_name_is_not_taken_for_the_analysed_one(
    tmp_path: Path,
) -> None:
    def change(files: Files, manifest: Json) -> None:
        only(manifest, "response.flac")
        files["recordings/response.flac"] = files["recordings/free"]
        relisted(files, manifest, "recordings/response.flac")

    result = analysed(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 1
    assert "is another file than the one that was analysed" in result.output


def test_a_response_that_was_exchanged_together_with_its_hashes_differs(tmp_path: Path) -> None:
    path = "responses/response.flac.wav"

    def change(files: Files, manifest: Json) -> None:
        analysis = only(manifest, "response.flac")
        files[path] = files["responses/free.wav"]
        relisted(files, manifest, path)
        recorded(files, manifest, analysis, response_sha256=sha256(files[path]))

    found = examine(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    (analysis,) = found.analyses
    assert [each.figure for each in analysis.differences] == ["response.samples"]


def test_a_stimulus_that_its_parameters_do_not_give_differs(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        analysis = only(manifest, "generated")
        path = analysis["stimulus"]
        samples = audio(np.random.default_rng(2).uniform(-0.5, 0.5, 15 * RATE_HZ))
        files[path] = samples
        relisted(files, manifest, path)
        analysis["provenance"]["request"]["audio_hash"] = sha256(samples)

    found = examine(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    (analysis,) = found.analyses
    assert "stimulus.largest_deviation" in {each.figure for each in analysis.differences}


def test_parameters_that_were_changed_in_the_manifest_alone_are_shown(tmp_path: Path) -> None:
    def change(_: Files, manifest: Json) -> None:
        only(manifest, "response.flac")["provenance"]["request"]["channel"] = 0

    found = examine(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    (analysis,) = found.analyses
    assert [each.figure for each in analysis.differences] == ["provenance.request.channel"]


def test_an_analysis_older_than_its_record_is_not_called_the_same(tmp_path: Path) -> None:
    def change(_: Files, manifest: Json) -> None:
        del only(manifest, "free")["provenance"]

    result = analysed(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 1
    assert "older than the record of what it was made from" in result.output


def test_what_a_bundle_says_does_not_command_the_terminal(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        analysis = only(manifest, "response.flac")
        versions = analysis["provenance"]["versions"] | {"numpy": "\x1b[2J1.0"}
        recorded(files, manifest, analysis, versions=versions)
        manifest["job_id"] = "\x1b]0;title\x07"
        manifest["absent"] = [{"path": "recordings/a", "kind": "recording", "reason": "\x9b1A"}]
        results = json.loads(files[analysis["results"]])
        files[analysis["results"]] = json.dumps(results | {"\x1b[1m": "\x1b[31m"}).encode()
        relisted(files, manifest, analysis["results"])

    bundle = bundle_of_three_sources().packed(tmp_path / "bundle.zip", change)
    result, as_json = analysed(bundle), analysed(bundle, "--json")

    assert "�[31m" in result.output
    assert not {"\x1b", "\x9b", "\x07"} & set(result.output + as_json.output)


def test_an_upload_that_was_read_and_is_not_listed_is_no_surprise(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        analysis = only(manifest, "response.flac")
        recorded(files, manifest, analysis, inputs={})
        path = "recordings/response.flac"
        manifest["files"] = [each for each in manifest["files"] if each["path"] != path]

    (analysis,) = examine(bundle_of_three_sources().packed(tmp_path / "b.zip", change)).analyses

    assert analysis.obstacle == "recordings/response.flac is not listed in the manifest"


def test_other_versions_are_named_and_are_no_difference(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        analysis = only(manifest, "response.flac")
        versions = analysis["provenance"]["versions"] | {"numpy": "1.0.0"}
        recorded(files, manifest, analysis, versions=versions)

    result = analysed(bundle_of_three_sources().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 0
    assert "numpy 1.0.0 then" in result.output


def of_an_earlier_analysis(files: Files, manifest: Json) -> Json:
    """Let an analysis be by version 1, which did not say all that is said now; give its results."""
    analysis = only(manifest, "response.flac")
    versions = analysis["provenance"]["versions"] | {"analysis": "1"}
    recorded(files, manifest, analysis, versions=versions)
    for name in ("third_octaves", "background", "pairs", "repeats"):
        analysis["provenance"]["request"].pop(name, None)
    results: Json = json.loads(files[analysis["results"]])
    results["provenance"] = analysis["provenance"]
    for band in results["bands"]:
        for name in ("topt_s", "uncertainty", "shape"):
            band.pop(name, None)
    results["sti"].pop("modulation")
    results["version"] = "1"
    return results


def test_figures_of_another_version_of_the_analysis_are_told_as_such(tmp_path: Path) -> None:
    def change(files: Files, manifest: Json) -> None:
        results = of_an_earlier_analysis(files, manifest)
        results["bands"][3]["t20_s"] = 1.25
        files["results/response.flac.json"] = json.dumps(results).encode()
        relisted(files, manifest, "results/response.flac.json")

    bundle = bundle_of_three_sources().packed(tmp_path / "bundle.zip", change)
    result, found = analysed(bundle), examine(bundle)

    (analysis,) = found.analyses
    assert (analysis.verdict, analysis.obstacle) == (Verdict.OTHER_VERSION, None)
    assert {each.figure for each in analysis.differences} == {"version", "bands[500 Hz].t20_s"}
    assert "≠ response.flac  by another version of the analysis: 2 figures differ" in result.output
    assert "analysis 1 then" in result.output
    assert result.exit_code == 1


def test_a_bundle_packed_anew_with_compression_is_read(tmp_path: Path) -> None:
    stored = bundle_of_three_sources().packed(
        tmp_path / "bundle.zip", lambda _, manifest: manifest["analyses"].clear()
    )
    with zipfile.ZipFile(stored) as whole, zipfile.ZipFile(tmp_path / "anew.zip", "w") as anew:
        for name in whole.namelist():
            anew.writestr(name, whole.read(name), zipfile.ZIP_DEFLATED)

    result = analysed(tmp_path / "anew.zip")

    assert result.exit_code == 0, result.output
    assert "It holds no analyses" in result.output


def test_the_options_of_a_recording_are_none_of_a_bundles(tmp_path: Path) -> None:
    result = analysed(bundle_of_three_sources().packed(tmp_path / "b.zip"), "--channel", "1")

    assert result.exit_code == 2
    assert "stands in the bundle" in result.output


def with_manifest(**changes: object) -> Change:
    return lambda _, manifest: manifest.update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_manifest(format=2), "has format 2"),
        (with_manifest(files=7), "wrong at 'files'"),
        (
            with_manifest(
                files=[{"path": "../../etc/passwd", "kind": "job", "bytes": 1, "sha256": "0" * 64}]
            ),
            "wrong at 'files.0.path'",
        ),
        (
            with_manifest(
                files=[{"path": "job.json", "kind": "job", "bytes": 2, "sha256": "0" * 64}] * 2
            ),
            "lists a file twice",
        ),
        (with_manifest(padding="x" * (17 << 20)), "which no such file can have"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_ends_with_two(
    tmp_path: Path,
    change: Change,
    sentence: str,
) -> None:
    result = analysed(Bundle().packed(tmp_path / "bundle.zip", change))

    assert result.exit_code == 2
    assert sentence in result.output


def test_a_zip_that_is_no_bundle_ends_with_two(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("letter.txt", "hello")

    result = analysed(tmp_path / "other.zip")

    assert result.exit_code == 2
    assert "manifest.json is not in it" in result.output


def test_a_bundle_that_was_cut_off_ends_with_two(tmp_path: Path) -> None:
    bundle = bundle_of_three_sources().packed(tmp_path / "bundle.zip")
    bundle.write_bytes(bundle.read_bytes()[:-100])

    result = analysed(bundle)

    assert result.exit_code == 2
    assert "cut off or damaged" in result.output


def test_a_file_that_pretends_to_be_small_is_not_unpacked(tmp_path: Path) -> None:
    bomb = Bundle()
    bomb.add("job.json", "job", b"{}")
    path = bomb.packed(tmp_path / "bundle.zip")
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "bomb.zip", "w") as anew:
        anew.writestr("manifest.json", whole.read("manifest.json"))
        anew.writestr("job.json", bytes(64 << 20), zipfile.ZIP_DEFLATED)

    found = examine(tmp_path / "bomb.zip")

    assert [each.sentence for each in found.damaged] == ["has 67108864 bytes, not 2"]


def test_a_file_that_is_in_it_twice_is_told(tmp_path: Path) -> None:
    bundle = Bundle()
    bundle.add("job.json", "job", b"{}")
    path = bundle.packed(tmp_path / "bundle.zip")
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate name"):
        packed.writestr("job.json", b"{}")

    assert [each.sentence for each in examine(path).damaged] == ["is in it twice"]


def test_a_file_that_the_manifest_does_not_know_is_told(tmp_path: Path) -> None:
    path = Bundle().packed(tmp_path / "bundle.zip")
    with zipfile.ZipFile(path, "a") as packed:
        packed.mkdir("recordings")
        packed.writestr("recordings/another", b"RIFF")

    found = examine(path)

    assert [(each.path, each.sentence) for each in found.damaged] == [
        ("recordings/another", "is not listed in the manifest")
    ]
    assert not found.holds


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.data(),
)
def test_whatever_happens_to_its_bytes_a_bundle_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[float, int]], data: st.DataObject
) -> None:
    bundle = Bundle()
    bundle.add("job.json", "job", b"{}")
    bundle.add("recordings/a", "recording", b"no audio")
    path = bundle.packed(tmp_path_factory.getbasetemp() / "fuzzed.zip")
    content = bytearray(path.read_bytes())
    for place, value in flips:
        content[int(place * len(content))] = value
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if flips[2:] else content)

    with contextlib.suppress(BundleUnreadable):
        assert examine(path).analyses == []
