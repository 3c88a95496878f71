"""A verdict in one sentence: what a recording carries, and what to change first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from sonalyze_acoustics.band_findings import GRADED_HZ
from sonalyze_acoustics.evaluation import BandMetrics, Finding

CHANGES: Final = {
    "clipped": "lower the playback volume or move the phones apart",
    "samples_lost": "close other apps on the recording phone",
    "interrupted": "close other apps on the recording phone",
    "clock_implausible": "close other apps on the recording phone",
    "noise_suppressed": "turn noise suppression off on the recording phone",
    "decay_cut_off": "turn noise suppression off on the recording phone",
    "noise_raised": "turn automatic gain control off on the recording phone",
    "gain_moves": "turn automatic gain control off, or play at a lower volume",
    "band_limited": "record with the phone's own microphone, without call processing",
    "disturbance": "measure again while nobody moves",
    "near_field": "move the phones apart",
    "quiet": "raise the playback volume or move the phones closer",
    "band_without_decay": "move the speaker phone closer or measure at night",
    "short_decay": "move the speaker phone closer or measure at night",
    "start_chirp_missing": "start recording before the playback and stop after it",
    "end_chirp_missing": "start recording before the playback and stop after it",
}
"""By the code of a finding, the most harmful first."""

FIGURES: Final = (("T30", "t30_s"), ("T20", "t20_s"), ("C50", "c50_db"))
"""What is told of a band: the most demanding that it carries."""


def summary_of(bands: Sequence[BandMetrics], findings: Sequence[Finding]) -> str:
    """Return one plain sentence on what the recording carries and what to change first."""
    carried = _carried(bands)
    change = _first_change(findings) or _wider_sweep(bands)
    if change is None:
        return f"This carries {carried}."
    return f"This carries {carried}; to improve it, {change}."


def _carried(bands: Sequence[BandMetrics]) -> str:
    """List the most demanding figure that each octave carries, by runs of octaves."""
    parts = []
    for name, run in itertools.groupby(bands, key=_figure):
        octaves = [band.center_hz for band in run]
        if name is not None:
            span = _hertz(octaves[0])
            parts.append(
                f"{name} at {span}"
                if len(octaves) == 1
                else f"{name} from {span} to {_hertz(octaves[-1])}"
            )
    if not parts:
        return "no reverberation time and no clarity"
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _figure(band: BandMetrics) -> str | None:
    return next((name for name, field in FIGURES if getattr(band, field) is not None), None)


def _hertz(center_hz: float) -> str:
    return f"{center_hz / 1000:g} kHz" if center_hz >= 1000 else f"{center_hz:g} Hz"  # noqa: PLR2004 - kilo


def _first_change(findings: Sequence[Finding]) -> str | None:
    warned = {finding.code for finding in findings if finding.severity != "info"}
    return next((change for code, change in CHANGES.items() if code in warned), None)


def _wider_sweep(bands: Sequence[BandMetrics]) -> str | None:
    """Return what to change where an octave that counts was not played or not recorded."""
    absent = [band for band in bands if band.center_hz in GRADED_HZ and band.t20_s is None]
    return "play and record a sweep that holds 250 Hz to 4 kHz" if absent else None
