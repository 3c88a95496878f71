"""Finding the measurement signal in a recording, and being sure that it is it.

Chirps alone prove nothing: a clap or a word may look like one. A hypothesis holds only when the
sweep, deconvolved from where the chirps say, collapses into a response at that place. Speech,
music, noise and sweeps of another range do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.alignment import Chirps, hypotheses
from sonalyze_acoustics.confirmation import is_measurement, is_near
from sonalyze_acoustics.deconvolution import Deconvolution, ImpulseResponse
from sonalyze_acoustics.errors import AlignmentFailed, InvalidSignal, RecordingTooShort
from sonalyze_acoustics.evaluation import Alignment
from sonalyze_acoustics.passages import Passages, passages_of
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import (
    DURATION_S,
    END_CHIRP_START_S,
    SWEEP_END_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
    growth_s,
)
from sonalyze_acoustics.sweep_response import (
    impulse_response_of,
    recorded_band_hz,
    sweep_deconvolution,
)

NEEDED_SWEEP: Final = 0.98
"""Share of the sweep that must have been recorded."""

NEEDED_FROM_HZ: Final = 176.0
"""A recorder that began later may have missed what lies below: the octave of 250 Hz is whole."""

MOST_STRETCH: Final = 600e-6
"""How much slower or faster than expected the sweep may grow: clocks explain 500 ppm, and phones
and rooms scatter by 20. A sweep to 19.9 instead of 20 kHz has 730."""

TELLING_BANDS: Final = 3
"""With fewer bands beside those of the chirp, one lost buffer and another sweep are the same."""

CHECKABLE_SWEEP: Final = 0.1
"""Share of it that still tells whether it is this sweep at all: an octave."""


@dataclass(frozen=True, slots=True)
class Located:
    """A confirmed position of the signal, in seconds of the recorder's clock."""

    chirps: Chirps
    response: ImpulseResponse
    deconvolution: Deconvolution
    passages: Passages | None = None
    """How the sweep compares with the chirps, where they have enough in common."""


def locate(recording: Samples, sample_rate_hz: int, spec: SignalSpec) -> Located:
    """Return the first hypothesis about the chirps that the sweep confirms.

    Raises
    ------
    RecordingTooShort
        If the sweep is there but cut.
    AlignmentFailed
        If it is not there.
    InvalidSignal
        If nothing of the sweep can be in a recording of this rate.
    """
    duration_s = recording.size / sample_rate_hz
    if duration_s < NEEDED_SWEEP * SWEEP_S:
        raise RecordingTooShort(duration_s, SWEEP_S)
    low_hz, high_hz = recorded_band_hz(spec, sample_rate_hz)
    if low_hz >= high_hz:
        raise InvalidSignal(
            f"A recording at {sample_rate_hz} Hz holds up to {high_hz:g} Hz, and the sweep starts "
            f"at {low_hz:g} Hz; record at 44100 or 48000 Hz."
        )
    strongest = 0.0
    for chirps in hypotheses(recording, sample_rate_hz, spec):
        strongest = strongest or chirps.strength
        share = _recorded_share(chirps, duration_s)
        if share < CHECKABLE_SWEEP:
            continue
        deconvolution = _deconvolved(recording, sample_rate_hz, spec, chirps)
        passages = passages_of(recording, spec, chirps, deconvolution)
        is_whole = share >= NEEDED_SWEEP - _spared_share(chirps, spec)
        if not _is_confirmed(deconvolution, passages if is_whole else None):
            continue
        if not is_whole:
            raise RecordingTooShort(duration_s, SWEEP_S)
        remaining_s = duration_s - chirps.instant_s(SWEEP_END_S)
        response = impulse_response_of(deconvolution, spec, remaining_s=remaining_s)
        return Located(chirps, response, deconvolution, passages)
    if not strongest:
        raise AlignmentFailed("no chirp stands out of the recording.", chirp_ratio=0.0)
    raise AlignmentFailed(
        "something like its chirps is there, but no sweep of this range between them.",
        chirp_ratio=strongest,
    )


def _is_confirmed(deconvolution: Deconvolution, passages: Passages | None) -> bool:
    """Say whether the sweep between the chirps is the one that is expected.

    It must hear the room that the chirp heard, about when it should, and at the chirp's pace: its
    notes may come later by what a clock does that no pair of chirps told, and by what a lost buffer
    does. Where they have too little in common, or the sweep is cut, its own bands tell.
    """
    if passages is None or passages.instants_s.size < TELLING_BANDS:
        return is_measurement(deconvolution)
    clearest = passages.clearest()
    if clearest is None:
        return False
    instants_s, delays_s = clearest
    stretches = np.diff(delays_s) / np.diff(instants_s)
    steady = int(np.sum(np.abs(stretches) <= MOST_STRETCH))
    return is_near(float(np.median(delays_s))) and 2 * steady > stretches.size


def _recorded_share(chirps: Chirps, duration_s: float) -> float:
    """Return how much of the sweep lies inside the recording if the chirps are right."""
    start_s = chirps.start_s + SWEEP_START_S
    return (min(start_s + SWEEP_S, duration_s) - max(start_s, 0.0)) / SWEEP_S


def _spared_share(chirps: Chirps, spec: SignalSpec) -> float:
    """Return how much of the sweep's beginning was missed that no graded octave needs."""
    missed_s = max(0.0, -chirps.instant_s(SWEEP_START_S))
    spared = max(NEEDED_FROM_HZ / spec.sweep_start_hz, 1.0)
    spared_s = growth_s(spec.sweep_band_hz, SWEEP_S) * float(np.log(spared))
    return min(missed_s, spared_s) / SWEEP_S


def _deconvolved(
    recording: Samples, sample_rate_hz: int, spec: SignalSpec, chirps: Chirps
) -> Deconvolution:
    return sweep_deconvolution(
        recording,
        sample_rate_hz,
        spec,
        sweep_start_s=chirps.instant_s(SWEEP_START_S),
        skew=chirps.skew or 0.0,
    )


def alignment_of(located: Located, length: int, sample_rate_hz: int) -> Alignment:
    """Describe a position in the recording's own samples."""
    chirps = located.chirps

    def sample(signal_s: float) -> int:
        return min(max(round(located.chirps.instant_s(signal_s) * sample_rate_hz), 0), length)

    both = chirps.start_chirp is not None and chirps.end_chirp is not None
    return Alignment(
        skew_ppm=None if chirps.skew is None else 1e6 * chirps.skew,
        latency_s=chirps.start_s,
        start_chirp=chirps.start_chirp,
        end_chirp=chirps.end_chirp,
        sweep_start_sample=sample(SWEEP_START_S),
        sweep_end_sample=sample(SWEEP_END_S),
        original_length_samples=length,
        aligned_length_samples=sample(DURATION_S) - sample(0.0),
        message="Aligned on both chirps." if both else "Aligned on one chirp, clocks not compared.",
    )


def silent_stretch(located: Located, length: int, sample_rate_hz: int) -> slice:
    """Return where only noise was recorded: before the sweep, or else before the end chirp.

    The last seconds of both silences, when chirp and sweep have died away.
    """
    for begin_s, end_s in ((1.7, SWEEP_START_S - 0.05), (13.9, END_CHIRP_START_S - 0.05)):
        start = round(located.chirps.instant_s(begin_s) * sample_rate_hz)
        stop = round(located.chirps.instant_s(end_s) * sample_rate_hz)
        if start >= 0 and stop <= length:
            return slice(start, stop)
    return slice(0, 0)
