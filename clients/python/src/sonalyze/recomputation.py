"""The analyses of a bundle, computed again from what is in it.

An analysis is the same only if every figure is. It may also be that nobody can tell, for instance
because its recording was deleted after its time; that is said, and is not called the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, TypeAdapter, ValidationError

from sonalyze.audio import AudioError, libsndfile_version, read_channel
from sonalyze.bundle_file import BundleFile, Damaged
from sonalyze.differences import Difference, differences
from sonalyze.evaluations import Read, evaluate_as_asked
from sonalyze_acoustics import (
    Evaluation,
    SignalSpec,
    Unevaluable,
    measurement_signal,
    software_versions,
)
from sonalyze_contracts.bundles import BundledAnalysis, recording_path
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import KEPT_AS, PlayedSignal, Provenance, Versions
from sonalyze_contracts.results import AnalysisResults

STEP_32: Final = 2.0**-23
"""Between neighbouring 32-bit floats, relative: so much of its peak may a kept response be off."""

STEPS_16: Final = 32_767

DOCUMENT: Final = TypeAdapter(dict[str, JsonValue])


class Verdict(StrEnum):
    """How an analysis came out the second time."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COMPUTED = "not_computed"


@dataclass(frozen=True, slots=True)
class VersionChange:
    """Software of another version than the one that gave the stored results."""

    name: str
    then: str
    here: str


@dataclass(frozen=True, slots=True)
class Recomputation:
    """One analysis, computed again."""

    upload: UploadName
    differences: tuple[Difference, ...] = ()
    changes: tuple[VersionChange, ...] = ()
    obstacle: str | None = None
    """Why it could not be computed again, if it could not."""

    @property
    def verdict(self) -> Verdict:
        """Sum up."""
        if self.obstacle is not None:
            return Verdict.NOT_COMPUTED
        return Verdict.DIFFERENT if self.differences else Verdict.SAME


class _Obstacle(Exception):
    """Why an analysis cannot be computed again, in a sentence."""


def recompute(bundle: BundleFile, analysis: BundledAnalysis) -> Recomputation:
    """Compute an analysis again and compare it with what the bundle holds."""
    provenance = analysis.provenance
    changes = () if provenance is None else tuple(_changes(provenance.versions))
    try:
        found = tuple(_differences(bundle, analysis, provenance))
    except _Obstacle as obstacle:
        return Recomputation(analysis.upload, changes=changes, obstacle=str(obstacle))
    return Recomputation(analysis.upload, found, changes)


def _differences(
    bundle: BundleFile, analysis: BundledAnalysis, provenance: Provenance | None
) -> Iterator[Difference]:
    if provenance is None:
        raise _Obstacle("the analysis is older than the record of what it was made from")
    stored = _stored_results(bundle, analysis.results)
    recorded = stored.pop(KEPT_AS, None)
    if recorded is not None:
        yield from differences(recorded, provenance.model_dump(mode="json"), KEPT_AS)
    for upload, sha256 in provenance.inputs.items():
        _require_input(bundle, upload, sha256)
    if provenance.signal is not None:
        yield from _stimulus_difference(bundle, analysis, provenance, provenance.signal)
    try:
        evaluation = evaluate_as_asked(provenance.request, provenance.signal, _reader_of(bundle))
    except (AudioError, Unevaluable) as refusal:
        yield Difference("results", "were found", str(refusal))
        return
    results = AnalysisResults.of(evaluation, audio_hash=provenance.request.audio_hash)
    yield from differences(stored, results.model_dump(mode="json"))
    if analysis.response is not None:
        yield from _response_difference(bundle, analysis.response, provenance, evaluation)


def _stored_results(bundle: BundleFile, path: str) -> dict[str, JsonValue]:
    try:
        return DOCUMENT.validate_json(bundle.document(path))
    except Damaged as damage:
        raise _Obstacle(f"{path} {damage}") from None
    except ValidationError:
        raise _Obstacle(f"{path} holds no results") from None


def _require_input(bundle: BundleFile, upload: UploadName, sha256: str) -> None:
    """Find what was analysed: that very file, not one that was uploaded later in its place."""
    path = recording_path(upload)
    file = bundle.listed(path)
    if file is None:
        absent = {file.path: file.reason for file in bundle.manifest.absent}
        raise _Obstacle(f"{path} is not in the bundle: {absent.get(path, 'nobody says why')}")
    if file.sha256 != sha256:
        raise _Obstacle(f"{path} is another file than the one that was analysed")


def _reader_of(bundle: BundleFile) -> Read:
    def read(upload: UploadName, channel: int | None) -> tuple[NDArray[np.float64], int]:
        path = recording_path(upload)
        try:
            with bundle.lent(path) as copy:
                return read_channel(copy, channel, name=path)
        except Damaged as damage:
            raise _Obstacle(f"{path} {damage}") from None

    return read


def _stimulus_difference(
    bundle: BundleFile, analysis: BundledAnalysis, provenance: Provenance, signal: PlayedSignal
) -> Iterator[Difference]:
    """Hold the signal of the bundle against the one that its parameters give."""
    path = analysis.stimulus
    if path is None or (file := bundle.listed(path)) is None:
        raise _Obstacle("the signal that was played is not in the bundle")
    if file.sha256 != provenance.request.audio_hash:
        yield Difference("stimulus", provenance.request.audio_hash, file.sha256)
        return
    try:
        with bundle.lent(path) as copy:
            played, rate_hz = read_channel(copy, name=path)
        made = measurement_signal(SignalSpec(**signal.model_dump()))
    except Damaged as damage:
        raise _Obstacle(f"{path} {damage}") from None
    except (AudioError, Unevaluable) as refusal:
        raise _Obstacle(str(refusal)) from None
    if (rate_hz, played.size) != (signal.sample_rate_hz, made.size):
        yield Difference("stimulus.samples", played.size, made.size)
        return
    off = float(np.abs(played - made).max())
    # Written as 16 bit it is off by rounding, and by 1/32768 where 1/32767 was meant.
    if off > 2 / STEPS_16:
        yield Difference("stimulus.largest_deviation", 0.0, off)


def _response_difference(
    bundle: BundleFile, path: str, provenance: Provenance, evaluation: Evaluation
) -> Iterator[Difference]:
    """Hold the response that was kept against the one that was computed now."""
    file = bundle.listed(path)
    if file is None or file.sha256 != provenance.response_sha256:
        yield Difference(
            "response", provenance.response_sha256, None if file is None else file.sha256
        )
        return
    try:
        with bundle.lent(path) as copy:
            kept, rate_hz = read_channel(copy, name=path)
    except (Damaged, AudioError) as damage:
        yield Difference("response", f"{path} {damage}", "was found")
        return
    computed = evaluation.response
    if (rate_hz, kept.size) != (computed.sample_rate_hz, computed.samples.size):
        yield Difference("response.samples", kept.size, computed.samples.size)
        return
    off = float(np.abs(kept - computed.samples).max())
    if off > STEP_32 * float(np.abs(kept).max()):
        yield Difference("response.largest_deviation", 0.0, off)


def _changes(then: Versions) -> Iterator[VersionChange]:
    here = software_versions() | {"libsndfile": libsndfile_version()}
    for name, version in then.model_dump().items():
        if here[name] != version:
            yield VersionChange(name, version, here[name])
