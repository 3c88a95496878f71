"""The analyses of a bundle, computed again from what is in it.

An analysis is the same only if every figure is. It may also be that nobody can tell, for instance
because its recording was deleted after its time; that is said, and is not called the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from sonalyze.audio import AudioError, libsndfile_version
from sonalyze.bundle_file import BundleFile, Damaged
from sonalyze.differences import Difference, differences
from sonalyze.evaluations import evaluate_as_asked
from sonalyze.evidence import (
    Obstacle,
    reader_of,
    require_input,
    response_difference,
    stimulus_difference,
)
from sonalyze_acoustics import Unevaluable, software_versions
from sonalyze_contracts.bundles import BundledAnalysis
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import KEPT_AS, Provenance, Versions
from sonalyze_contracts.results import AnalysisResults

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


def recompute(bundle: BundleFile, analysis: BundledAnalysis) -> Recomputation:
    """Compute an analysis again and compare it with what the bundle holds."""
    provenance = analysis.provenance
    changes = () if provenance is None else tuple(_changes(provenance.versions))
    try:
        found = tuple(_differences(bundle, analysis, provenance))
    except Obstacle as obstacle:
        return Recomputation(analysis.upload, changes=changes, obstacle=str(obstacle))
    return Recomputation(analysis.upload, found, changes)


def _differences(
    bundle: BundleFile, analysis: BundledAnalysis, provenance: Provenance | None
) -> Iterator[Difference]:
    if provenance is None:
        raise Obstacle("the analysis is older than the record of what it was made from")
    stored = _stored_results(bundle, analysis.results)
    recorded = stored.pop(KEPT_AS, None)
    if recorded is not None:
        yield from differences(recorded, provenance.model_dump(mode="json"), KEPT_AS)
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
