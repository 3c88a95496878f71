"""The verdict on a recording: what limits it, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sonalyze_acoustics.evaluation import Alignment, BandMetrics, Finding, MidFrequency, Quality
from sonalyze_acoustics.metrics import NEEDED_INR_DB
from sonalyze_acoustics.samples import Samples, peak_of

CLIPPED_LEVEL: Final = 0.5
"""Flat tops below half scale are the speaker's limiter, not the recorder's."""

TOP: Final = 0.9999
"""A step of 16 bits below the maximum still belongs to the flat top."""

CLIPPED_RUN: Final = 3
"""A 20 kHz sine at 48 kHz has at most two samples near its crest."""

SHORTEST_GAP_S: Final = 0.003
"""The shortest buffer that sound cards lose; a 20 Hz sweep crosses zero faster."""

BESIDE_GAP_S: Final = 0.025
AUDIBLE: Final = 0.01

MOST_SKEW_PPM: Final = 200.0
"""Two crystal clocks, each within 100 ppm."""

QUIET_DB: Final = -40.0
NEAR_FIELD_DB: Final = 5.0
"""Above this direct-to-reverberant ratio EDT and the top of T20 describe the direct sound."""

CURVATURE_PERCENT: Final = 10.0
"""ISO 3382-2 Annex B: a decay with more is bent."""

GRADED_HZ: Final = (250.0, 500.0, 1000.0, 2000.0, 4000.0)


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the raw samples in dB relative to full scale."""

    peak_db: float | None
    noise_floor_db: float | None
    snr_db: float | None
    clipped_samples: int
    dropped_s: float = 0.0


def decibel(amplitude: float) -> float | None:
    """Return an amplitude's level, or None for nothing."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None


def rms(samples: Samples) -> float:
    """Return the root mean square, 0 for no samples."""
    return float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0


def recording_levels(
    recording: Samples, sample_rate_hz: int, peak: float, sweep: slice, silence: slice
) -> Levels:
    """Return the levels of a recording from its sweep and from a silent stretch.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        Full scale is 1.
    sample_rate_hz : int
        Its rate in Hz.
    peak : float
        Its largest magnitude.
    sweep, silence : slice
        Where sound and where nothing but noise was recorded; `silence` may be empty.
    """
    noise, sound = rms(recording[silence]), rms(recording[sweep])
    snr = float(10 * np.log10(max(sound**2 / noise**2 - 1, 1e-30))) if noise > 0 else None
    return Levels(
        peak_db=decibel(peak),
        noise_floor_db=decibel(noise),
        snr_db=snr,
        clipped_samples=clipped_samples(recording, peak) if peak >= CLIPPED_LEVEL else 0,
        dropped_s=dropped_s(recording[sweep], sample_rate_hz, peak),
    )


def clipped_samples(recording: Samples, peak: float) -> int:
    """Count samples in flat tops: runs of three at the maximum."""
    top = TOP * peak
    at_top = np.flatnonzero((recording >= top) | (recording <= -top))
    runs = np.split(at_top, np.flatnonzero(np.diff(at_top) > 1) + 1)
    return int(sum(run.size for run in runs if run.size >= CLIPPED_RUN))


def dropped_s(sweep: Samples, sample_rate_hz: int, peak: float) -> float:
    """Return how long a recorded sweep is interrupted by digital silence.

    Sound that fades below the last bit is silent too: a gap has something audible beside it.
    """
    silent = np.flatnonzero(np.diff(np.concatenate(([0], (sweep == 0.0).view(np.int8), [0]))))
    beside = max(1, round(BESIDE_GAP_S * sample_rate_hz))
    gaps = (
        stop - start
        for start, stop in silent.reshape(-1, 2)
        if stop - start >= SHORTEST_GAP_S * sample_rate_hz
        and peak_of(np.concatenate((sweep[max(0, start - beside) : start], sweep[stop:][:beside])))
        > AUDIBLE * peak
    )
    return float(sum(gaps)) / sample_rate_hz


def judge(
    bands: Sequence[BandMetrics],
    mid: MidFrequency,
    levels: Levels,
    alignment: Alignment | None,
    extra: Iterable[Finding] = (),
) -> Quality:
    """Weigh everything that was found."""
    findings = (
        *extra,
        *_level_findings(levels),
        *_alignment_findings(alignment),
        *_room_findings(mid),
        *(finding for band in bands for finding in _band_findings(band)),
    )
    return Quality(
        grade=_grade(bands, findings),
        findings=findings,
        snr_db=levels.snr_db,
        peak_db=levels.peak_db,
        noise_floor_db=levels.noise_floor_db,
        clipped_samples=levels.clipped_samples,
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


def _room_findings(mid: MidFrequency) -> Iterable[Finding]:
    if mid.drr_db is not None and mid.drr_db > NEAR_FIELD_DB:
        yield Finding(
            "near_field", "warning", None,
            f"The direct sound is {mid.drr_db:.0f} dB above the room: EDT and clarity describe the "
            "distance more than the room. Move the phones apart.",
        )  # fmt: skip


def _band_findings(band: BandMetrics) -> Iterable[Finding]:
    if band.decay_range_db is None:
        reason = next(iter(band.reasons.values()), "No decay was found.")
        severity: Literal["info", "warning"] = (
            "warning" if band.center_hz in GRADED_HZ and band.inr_db is not None else "info"
        )
        yield Finding("band_without_decay", severity, band.center_hz, reason)
        return
    if band.t20_s is None:
        yield Finding(
            "short_decay", "warning" if band.center_hz in GRADED_HZ else "info", band.center_hz,
            f"{band.reasons['t20_s']} Move the speaker phone closer, raise its volume or measure "
            "when it is quiet." if _is_noisy(band) else band.reasons["t20_s"],
        )  # fmt: skip
    if band.t20_s is not None and band.t30_s is not None:
        curvature = 100 * abs(band.t30_s / band.t20_s - 1)
        if curvature > CURVATURE_PERCENT:
            yield Finding(
                "bent_decay", "info", band.center_hz,
                f"{band.center_hz:g} Hz: T30 and T20 differ by {curvature:.0f} %, the decay is "
                "bent (ISO 3382-2 Annex B).",
            )  # fmt: skip


def _is_noisy(band: BandMetrics) -> bool:
    return band.inr_db is not None and band.inr_db < NEEDED_INR_DB["t30_s"]
