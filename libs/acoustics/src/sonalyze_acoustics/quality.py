"""The verdict on a recording: what limits it, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from sonalyze_acoustics.band_findings import GRADED_HZ, band_findings
from sonalyze_acoustics.evaluation import Alignment, BandMetrics, Finding, MidFrequency, Quality
from sonalyze_acoustics.levels import Levels
from sonalyze_acoustics.summary import summary_of

MOST_SKEW_PPM: Final = 200.0
"""Two crystal clocks, each within 100 ppm."""

LATE_S: Final = 5.0
"""Phones take up to two seconds to begin."""

QUIET_DB: Final = -40.0
NEAR_FIELD_DB: Final = 5.0
"""Above this direct-to-reverberant ratio EDT and the top of T20 describe the direct sound."""


def judge(
    bands: Sequence[BandMetrics],
    mid: MidFrequency,
    levels: Levels,
    alignment: Alignment | None,
    extra: Iterable[Finding] = (),
) -> Quality:
    """Weigh everything that was found.

    Parameters
    ----------
    bands : sequence of BandMetrics
        All octaves, absent ones included.
    mid : MidFrequency
        The broadband direct-to-reverberant ratio tells the near field.
    levels : Levels
        Of the raw samples.
    alignment : Alignment, optional
        None for what is no recording of the measurement signal.
    extra : iterable of Finding
        What else was found.
    """
    findings = (
        *extra,
        *_level_findings(levels),
        *_alignment_findings(alignment),
        *_room_findings(mid),
        *band_findings(bands),
    )
    return Quality(
        grade=_grade(bands, findings),
        findings=findings,
        snr_db=levels.snr_db,
        peak_db=levels.peak_db,
        noise_floor_db=levels.noise_floor_db,
        clipped_samples=levels.clipped_samples,
        summary=summary_of(bands, findings),
    )


def _grade(
    bands: Sequence[BandMetrics], findings: Sequence[Finding]
) -> Literal["good", "usable", "poor"]:
    """Good: T20 from 250 Hz to 4 kHz and nothing to warn of; usable: most of it; else poor."""
    known = sum(band.t20_s is not None for band in bands if band.center_hz in GRADED_HZ)
    warned = any(finding.severity != "info" for finding in findings)
    if known == len(GRADED_HZ) and not warned:
        return "good"
    return "usable" if known >= len(GRADED_HZ) - 2 else "poor"


def _level_findings(levels: Levels) -> Iterable[Finding]:
    if levels.clipped_samples:
        yield Finding(
            "clipped", "warning", None,
            f"{levels.clipped_samples} samples are clipped: lower the playback volume or move the "
            "phones apart.",
        )  # fmt: skip
    if levels.dropped_s:
        yield Finding(
            "interrupted", "warning", None,
            f"The recording is interrupted by {1e3 * levels.dropped_s:.0f} ms of digital silence "
            "inside the sweep: close other apps, or turn noise suppression off.",
        )  # fmt: skip
    if levels.peak_db is not None and levels.peak_db < QUIET_DB:
        yield Finding(
            "quiet", "warning", None,
            f"The recording peaks at {levels.peak_db:.0f} dB of full scale: raise the playback "
            "volume or move the phones closer.",
        )  # fmt: skip


def _alignment_findings(alignment: Alignment | None) -> Iterable[Finding]:
    if alignment is None:
        return
    for name, chirp in (("start", alignment.start_chirp), ("end", alignment.end_chirp)):
        if chirp is None:
            yield Finding(
                f"{name}_chirp_missing", "warning", None,
                f"The chirp at the {name} was not found where it belongs, so the clocks could not "
                "be compared: start recording before the playback and stop after it.",
            )  # fmt: skip
    if alignment.skew_ppm is not None and abs(alignment.skew_ppm) > MOST_SKEW_PPM:
        yield Finding(
            "clock_implausible", "warning", None,
            f"The clocks differ by {alignment.skew_ppm:.0f} ppm, more than crystals do: samples "
            "were lost, or something resampled the recording.",
        )  # fmt: skip
    if alignment.latency_s > LATE_S:
        yield Finding(
            "late_start", "info", None,
            f"The signal starts {alignment.latency_s:.0f} s into the recording: begin to record "
            "just before the playback.",
        )  # fmt: skip


def _room_findings(mid: MidFrequency) -> Iterable[Finding]:
    if mid.drr_db is not None and mid.drr_db > NEAR_FIELD_DB:
        yield Finding(
            "near_field", "warning", None,
            f"The direct sound is {mid.drr_db:.0f} dB above the room: EDT and clarity describe the "
            "distance more than the room. Move the phones apart.",
        )  # fmt: skip
