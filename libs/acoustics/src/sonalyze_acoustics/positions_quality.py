"""One verdict on the recordings of several positions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sonalyze_acoustics.evaluation import Finding, Quality

GRADES: Final = ("good", "usable", "poor")
SEVERITIES: Final = ("info", "warning", "error")


def quality_of_positions(qualities: Sequence[Quality]) -> Quality:
    """Sum up what was found at each position: a mean is as good as the worst that is in it.

    Levels are the worst of all, too, and clipped samples those of all together. A finding says how
    many recordings have it, and the first one's sentence.
    """
    return Quality(
        grade=max((each.grade for each in qualities), key=GRADES.index),
        findings=tuple(_findings(qualities)),
        snr_db=min(_known(each.snr_db for each in qualities), default=None),
        peak_db=max(_known(each.peak_db for each in qualities), default=None),
        noise_floor_db=max(_known(each.noise_floor_db for each in qualities), default=None),
        clipped_samples=sum(each.clipped_samples for each in qualities),
        summary=_summary(qualities),
    )


def _known(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _findings(qualities: Sequence[Quality]) -> Iterator[Finding]:
    alike: defaultdict[tuple[str, float | None], list[Finding]] = defaultdict(list)
    for quality in qualities:
        # One recording may have a finding twice: it is counted once.
        of_recording = {(each.code, each.band_hz): each for each in quality.findings}
        for key, finding in of_recording.items():
            alike[key].append(finding)
    for (code, band_hz), found in alike.items():
        severity = max((each.severity for each in found), key=SEVERITIES.index)
        where = f"{len(found)} of {len(qualities)} positions: " if len(qualities) > 1 else ""
        yield Finding(code, severity, band_hz, f"{where}{found[0].message}")


def _summary(qualities: Sequence[Quality]) -> str:
    if len(qualities) == 1:
        return qualities[0].summary
    counts = [(grade, sum(each.grade == grade for each in qualities)) for grade in GRADES]
    told = ", ".join(f"{count} {grade}" for grade, count in counts if count)
    worst = max(qualities, key=lambda each: GRADES.index(each.grade))
    return f"{len(qualities)} positions: {told}. {worst.summary}".strip()
