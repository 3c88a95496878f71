"""The analyses of a bundle, computed again from what is in it.

An analysis is the same only if every figure is. It may also be that nobody can tell, for instance
because its recording was deleted after its time; that is said, and is not called the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from sonalyze.audio import AudioError, libsndfile_version
from sonalyze.bundle_file import BundleFile, Damaged
from sonalyze.differences import ABSENT, Difference, differences
from sonalyze.evaluations import evaluate_as_asked
from sonalyze.evidence import (
    Obstacle,
    reader_of,
    require_input,
    response_difference,
    stimulus_difference,
)
from sonalyze.room_evaluations import evaluate_room
from sonalyze_acoustics import Unevaluable, software_versions
from sonalyze_contracts.bundles import BundledAnalysis, BundledMean
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import KEPT_AS, Provenance, Versions
from sonalyze_contracts.results import AnalysisResults

DOCUMENT: Final = TypeAdapter(dict[str, JsonValue])


ALL_RECORDINGS: Final = UploadName("all recordings")
"""What the analysis of all together is called beside those of each."""


class Verdict(StrEnum):
    """How an analysis came out the second time."""

    SAME = "same"
    DIFFERENT = "different"
    OTHER_VERSION = "other_version"
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
        """Sum up; another version of the analysis may well give other figures."""
        if self.obstacle is not None:
            return Verdict.NOT_COMPUTED
        if any(change.name == "analysis" for change in self.changes):
            return Verdict.OTHER_VERSION
        return Verdict.DIFFERENT if self.differences else Verdict.SAME


def recompute(bundle: BundleFile, analysis: BundledAnalysis) -> Recomputation:
    """Compute an analysis again and compare it with what the bundle holds."""
    return _recomputed(analysis.upload, analysis.provenance, lambda: _differences(bundle, analysis))


def recompute_all(bundle: BundleFile, analysis: BundledMean) -> Recomputation:
    """Compute the mean of all recordings again and compare it with what the bundle holds."""
    return _recomputed(
        ALL_RECORDINGS, analysis.provenance, lambda: _differences_of_all(bundle, analysis)
    )


def _recomputed(
    upload: UploadName,
    provenance: Provenance | None,
    found: Callable[[], Iterator[Difference]],
) -> Recomputation:
    changes = () if provenance is None else tuple(_changes(provenance.versions))
    try:
        differing = tuple(found())
    except Obstacle as obstacle:
        return Recomputation(upload, changes=changes, obstacle=str(obstacle))
    if any(change.name == "analysis" for change in changes):
        # What only a later version says is nothing that came out otherwise.
        differing = tuple(each for each in differing if each.stored != ABSENT)
    return Recomputation(upload, differing, changes)


def _differences(bundle: BundleFile, analysis: BundledAnalysis) -> Iterator[Difference]:
    provenance = analysis.provenance
    if provenance is None:
        raise Obstacle("the analysis is older than the record of what it was made from")
    stored = _stored_results(bundle, analysis.results)
    yield from _record_differences(stored.pop(KEPT_AS, None), provenance)
    for upload, sha256 in provenance.inputs.items():
        require_input(bundle, upload, sha256)
    if provenance.signal is not None:
        yield from stimulus_difference(bundle, analysis, provenance, provenance.signal)
    try:
        evaluation = evaluate_as_asked(provenance.request, provenance.signal, reader_of(bundle))
    except (AudioError, Unevaluable) as refusal:
        yield Difference("results", "were found", str(refusal))
        return
    results = AnalysisResults.of(evaluation, audio_hash=provenance.request.audio_hash)
    yield from differences(stored, results.model_dump(mode="json"))
    if analysis.response is not None:
        yield from response_difference(bundle, analysis.response, provenance, evaluation)


def _differences_of_all(bundle: BundleFile, analysis: BundledMean) -> Iterator[Difference]:
    provenance = analysis.provenance
    stored = _stored_results(bundle, analysis.results)
    yield from _record_differences(stored.pop(KEPT_AS, None), provenance)
    for upload, sha256 in provenance.inputs.items():
        require_input(bundle, upload, sha256)
    try:
        results = evaluate_room(provenance.request, provenance.positions or (), reader_of(bundle))
    except Unevaluable as refusal:
        yield Difference("results", "were found", str(refusal))
        return
    computed = DOCUMENT.validate_python(results.model_dump(mode="json"))
    for document in (stored, computed):
        _forget_wording_of_refusals(document)
    yield from differences(stored, computed)


def _forget_wording_of_refusals(document: dict[str, JsonValue]) -> None:
    """Whoever reads files says in words of his own what is wrong with one."""
    positions = document.get("positions")
    for position in positions if isinstance(positions, list) else ():
        if not isinstance(position, dict):
            continue
        if "refusal" in position:
            position["refusal"] = None
        if isinstance(left_out := position.get("left_out"), list):
            names = [each.get("upload") for each in left_out if isinstance(each, dict)]
            position["left_out"] = names


def _record_differences(recorded: JsonValue, provenance: Provenance) -> Iterator[Difference]:
    """Compare what an analysis came from, as it stands in two places."""
    if recorded is None:
        return
    try:
        kept = Provenance.model_validate(recorded)
    except ValidationError:
        yield Difference(KEPT_AS, "is no record", "is one")
        return
    yield from differences(
        kept.model_dump(mode="json"), provenance.model_dump(mode="json"), KEPT_AS
    )


def _stored_results(bundle: BundleFile, path: str) -> dict[str, JsonValue]:
    try:
        return DOCUMENT.validate_json(bundle.document(path))
    except Damaged as damage:
        raise Obstacle(f"{path} {damage}") from None
    except ValidationError:
        raise Obstacle(f"{path} holds no results") from None


def _changes(then: Versions) -> Iterator[VersionChange]:
    here = software_versions() | {"libsndfile": libsndfile_version()}
    for name, version in then.model_dump().items():
        if here[name] != version:
            yield VersionChange(name, version, here[name])
