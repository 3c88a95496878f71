"""A bundle examined: whether its files are what they were, and its results come out again."""

from pathlib import Path
from typing import Any, Self

from pydantic import AwareDatetime

from sonalyze.bundle_file import opened_bundle
from sonalyze.recomputation import Recomputation, Verdict, recompute, recompute_all
from sonalyze_contracts.bundles import AbsentFile
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.model import Model


class DamagedFile(Model):
    """A file that is not what the manifest says it is."""

    path: str
    sentence: str


class ChangedVersion(Model):
    """Software of another version than the one that gave the stored results."""

    name: str
    then: str
    here: str


class DifferentFigure(Model):
    """A figure that came out otherwise; ``amount`` is computed less stored."""

    figure: str
    stored: Any
    computed: Any
    amount: float | None


class AnalysisVerdict(Model):
    """How one analysis came out the second time; ``obstacle`` is why it could not be computed."""

    upload: UploadName
    verdict: Verdict
    obstacle: str | None
    differences: list[DifferentFigure]
    versions: list[ChangedVersion]

    @classmethod
    def of(cls, recomputation: Recomputation) -> Self:
        """Tell of an analysis."""
        return cls(
            upload=recomputation.upload,
            verdict=recomputation.verdict,
            obstacle=recomputation.obstacle,
            differences=[
                DifferentFigure.model_validate(each) for each in recomputation.differences
            ],
            versions=[ChangedVersion.model_validate(each) for each in recomputation.changes],
        )


class BundleVerdict(Model):
    """What an examination of a bundle found."""

    job_id: JobId
    created_at: AwareDatetime
    files: int
    bytes: int
    damaged: list[DamagedFile]
    absent: list[AbsentFile]
    analyses: list[AnalysisVerdict]

    @property
    def holds(self) -> bool:
        """Whether no file is damaged, and every analysis comes out as it was."""
        return not self.damaged and all(each.verdict is Verdict.SAME for each in self.analyses)


def examine(path: Path) -> BundleVerdict:
    """Check every file of a bundle against its hash, and compute every analysis again.

    Raises
    ------
    BundleUnreadable
        If it is no bundle.
    """
    with opened_bundle(path) as bundle:
        manifest = bundle.manifest
        recomputed = [recompute(bundle, each) for each in manifest.analyses]
        if manifest.analysis_of_all is not None:
            recomputed.append(recompute_all(bundle, manifest.analysis_of_all))
        return BundleVerdict(
            job_id=manifest.job_id,
            created_at=manifest.created_at,
            files=len(manifest.files),
            bytes=sum(file.bytes for file in manifest.files),
            damaged=[DamagedFile.model_validate(each) for each in bundle.damages()],
            absent=manifest.absent,
            analyses=[AnalysisVerdict.of(each) for each in recomputed],
        )
