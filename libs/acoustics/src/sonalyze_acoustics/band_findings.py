"""What limits each octave, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from sonalyze_acoustics.evaluation import BandMetrics, Finding
from sonalyze_acoustics.metrics import NEEDED_INR_DB

GRADED_HZ: Final = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
"""Octaves that a usable recording needs."""

CURVATURE_PERCENT: Final = 10.0
"""ISO 3382-2 Annex B: a decay with more is bent."""

CUT_OFF_PERCENT: Final = -15.0
"""Rooms bend decays upwards only; noise suppression takes their end away."""

FEWEST_CUT: Final = 2

CLOSER: Final = "Move the speaker phone closer or measure at night."


def band_findings(bands: Sequence[BandMetrics]) -> Iterator[Finding]:
    """Tell which octaves miss their reverberation time and why, and whose decay is bent."""
    for band in bands:
        yield from _missing_decay(band)
    curvatures = {band.center_hz: _curvature_percent(band) for band in bands}
    cut = [hz for hz in GRADED_HZ if (curvatures.get(hz) or 0.0) < CUT_OFF_PERCENT]
    if len(cut) >= FEWEST_CUT:
        yield Finding(
            "decay_cut_off", "warning", None,
            f"The decays at {', '.join(f'{hz:g}' for hz in cut)} Hz end more steeply than they "
            "begin, which no room does: turn noise suppression off on the recording phone.",
        )  # fmt: skip
    for center_hz, percent in curvatures.items():
        if percent is not None and abs(percent) > CURVATURE_PERCENT:
            yield Finding(
                "bent_decay", "info", center_hz,
                f"{center_hz:g} Hz: T30 and T20 differ by {abs(percent):.0f} %, the decay is bent "
                "(ISO 3382-2 Annex B).",
            )  # fmt: skip


def _missing_decay(band: BandMetrics) -> Iterator[Finding]:
    is_graded = band.center_hz in GRADED_HZ
    if band.decay_range_db is None:
        severity: Literal["info", "warning"] = (
            "warning" if is_graded and band.inr_db is not None else "info"
        )
        reason = next(iter(band.reasons.values()), "No decay was found.")
        yield Finding("band_without_decay", severity, band.center_hz, reason)
    elif band.t20_s is None:
        yield Finding(
            "short_decay", "warning" if is_graded else "info", band.center_hz, _shortness(band)
        )


def _shortness(band: BandMetrics) -> str:
    """Say what T20 needs and what there is."""
    needed_db = NEEDED_INR_DB["t20_s"]
    if band.inr_db is not None and band.inr_db < needed_db:
        return (
            f"{band.center_hz:g} Hz: {max(band.inr_db, 0.0):.0f} dB above the noise, T20 needs "
            f"{needed_db:.0f}. {CLOSER}"
        )
    reason = band.reasons["t20_s"]
    return f"{reason} {CLOSER}" if is_noisy(band) else reason


def is_noisy(band: BandMetrics) -> bool:
    """Say whether less noise would give the band more figures."""
    return band.inr_db is not None and band.inr_db < NEEDED_INR_DB["t30_s"]


def _curvature_percent(band: BandMetrics) -> float | None:
    if band.t20_s is None or band.t30_s is None:
        return None
    return 100 * (band.t30_s / band.t20_s - 1)
