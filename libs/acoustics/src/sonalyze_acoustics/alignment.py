"""Where the measurement signal lies in a recording, and how fast the recorder's clock ran.

Both ends carry the same chirp, and a matched filter finds it. The pair gives the clock: both
chirps met the same room, so their responses are correlated with each other and the room cancels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.evaluation import ChirpFound
from sonalyze_acoustics.matched_filter import OVERSAMPLING, Envelope, matched_envelope
from sonalyze_acoustics.samples import Samples, Single
from sonalyze_acoustics.signal import CHIRP_DISTANCE_S, SignalSpec

DETECTION_RATIO: Final = 8.0
"""Peak over median of the envelope; Gaussian noise reaches 4 to 5 in a minute."""

MAXIMUM_SKEW: Final = 500e-6
"""Crystal clocks stay within 100 ppm each."""

RESPONSE_S: Final = (0.004, 0.060)
"""How much of the chirp's response around its peak the clock comparison uses."""

NEIGHBOURHOOD_S: Final = 0.05
"""Peaks closer than this to a stronger one are its reflections."""

CANDIDATES: Final = 4
"""Places looked at: a chirp's own and some that only sound like one."""

BLOCK_S: Final = 0.010
"""Pairs are looked for in steps of this: no clock moves a partner further than one."""


@dataclass(frozen=True, slots=True)
class Chirps:
    """One hypothesis: where the signal starts, and what supports it."""

    start_s: float
    skew: float | None
    start_chirp: ChirpFound | None
    end_chirp: ChirpFound | None

    def instant_s(self, signal_s: float) -> float:
        """Return when an instant of the signal arrived, on the recorder's clock."""
        return self.start_s + signal_s * (1.0 + (self.skew or 0.0))

    @property
    def strength(self) -> float:
        """Return how far the weaker of the chirps stands out."""
        found = (self.start_chirp, self.end_chirp)
        return min(chirp.correlation_peak for chirp in found if chirp is not None)


def find_chirps(recording: Samples, sample_rate_hz: int, spec: SignalSpec) -> list[Chirps]:
    """Return where the signal may lie, the most likely first.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        The whole recording.
    sample_rate_hz : int
        Its rate in Hz.
    spec : SignalSpec
        What was played.

    Returns
    -------
    list of Chirps
        Pairs first, then single chirps, each as start and as end. Empty if nothing stands out;
        whether the sweep really follows is for the caller to check.
    """
    return list(hypotheses(recording, sample_rate_hz, spec))


def hypotheses(recording: Samples, sample_rate_hz: int, spec: SignalSpec) -> Iterator[Chirps]:
    """Give what `find_chirps` returns one by one: mostly the first is right."""
    envelope = matched_envelope(recording, sample_rate_hz, spec)
    for peak in _paired_peaks(envelope):
        pair = _pair(envelope, peak, sample_rate_hz)
        if pair is not None:
            yield pair
    for peak in _peaks(envelope):
        yield from _singles(envelope, peak, sample_rate_hz)


def _peaks(envelope: Envelope) -> list[int]:
    """Return the strongest peaks, strongest first, one per neighbourhood."""
    around = round(NEIGHBOURHOOD_S * envelope.rate_hz)
    return _strongest(envelope.magnitude, around, DETECTION_RATIO * envelope.median)


def _paired_peaks(envelope: Envelope) -> list[int]:
    """Return the peaks that have a partner where the other chirp belongs, by the weaker of both.

    In a hall the sweep itself leaves higher peaks than the chirps do, but none in pairs.
    """
    block = max(1, round(BLOCK_S * envelope.rate_hz))
    blocks = envelope.magnitude.size // block
    apart = round(CHIRP_DISTANCE_S * envelope.rate_hz / block)
    if blocks <= apart + 1:
        return []
    highest = envelope.magnitude[: blocks * block].reshape(blocks, block).max(axis=1)
    partner = np.maximum(
        np.maximum(highest[apart - 1 : -2], highest[apart:-1]), highest[apart + 1 :]
    )
    weaker = np.minimum(highest[: partner.size], partner)
    around = round(NEIGHBOURHOOD_S / BLOCK_S)
    return [
        at * block + int(np.argmax(envelope.magnitude[at * block :][:block]))
        for at in _strongest(weaker, around, DETECTION_RATIO * envelope.median)
    ]


def _strongest(values: Single, around: int, least: float) -> list[int]:
    """Return the places of the largest values that keep apart, at most `CANDIDATES`."""
    left = values.copy()
    places: list[int] = []
    for _ in range(CANDIDATES):
        place = int(np.argmax(left))
        if left[place] < least:
            break
        places.append(place)
        left[max(0, place - around) : place + around] = 0.0
    return places


def _pair(envelope: Envelope, first: int, sample_rate_hz: int) -> Chirps | None:
    """Return the hypothesis in which this peak and one 14.5 s later are the two chirps."""
    distance = CHIRP_DISTANCE_S * envelope.rate_hz
    slack = 2 + round(MAXIMUM_SKEW * distance)
    centre = round(first + distance)
    around = envelope.magnitude[centre - slack : centre + slack + 1]
    second = centre - slack + int(np.argmax(around)) if around.size else first
    if envelope.ratio(second) < DETECTION_RATIO:
        return None
    skew = _lag_between(envelope, first, second) / distance - 1.0
    if abs(skew) > MAXIMUM_SKEW:
        return None
    start = _found(envelope, first, sample_rate_hz)
    return Chirps(start.time_s, skew, start, _found(envelope, second, sample_rate_hz))


def _singles(envelope: Envelope, peak: int, sample_rate_hz: int) -> list[Chirps]:
    """Return the hypotheses in which this peak is the only chirp, at the start or at the end."""
    chirp_found = _found(envelope, peak, sample_rate_hz)
    return [
        Chirps(chirp_found.time_s, None, chirp_found, None),
        Chirps(chirp_found.time_s - CHIRP_DISTANCE_S, None, None, chirp_found),
    ]


def _found(envelope: Envelope, peak: int, sample_rate_hz: int) -> ChirpFound:
    """Describe a peak in the recording's own samples; confidence is 1 - median/peak."""
    time_s = (peak + _vertex(envelope.magnitude, peak)) / envelope.rate_hz
    return ChirpFound(
        detected=True,
        sample_index=round(time_s * sample_rate_hz),
        time_s=float(time_s),
        correlation_peak=envelope.ratio(peak),
        confidence=1.0 - 1.0 / envelope.ratio(peak),
    )


def _lag_between(envelope: Envelope, first: int, second: int) -> float:
    """Return the distance of two chirp responses in envelope samples, to a thousandth.

    The magnitude of their complex cross-correlation, interpolated eightfold in the spectrum and
    then by a parabola, is free of the carrier and of the room.
    """
    before, after = (round(part_s * envelope.rate_hz) for part_s in RESPONSE_S)
    reach = min(before, first)
    stop = min(after, envelope.values.size - second)
    one = envelope.values[first - reach : first + stop].astype(np.complex128)
    two = envelope.values[second - reach : second + stop].astype(np.complex128)
    size = fft.next_fast_len(2 * one.size)
    cross = fft.fft(two, size) * np.conj(fft.fft(one, size))
    fine = np.zeros(8 * size, dtype=np.complex128)
    # The chirp's band begins at the first bin; its end and the next beginning are kept apart.
    filled = round(0.5 * (1 + 1 / OVERSAMPLING) * size)
    fine[:filled] = cross[:filled]
    fine[-(size - filled) :] = cross[filled:]
    magnitude = np.abs(fft.ifft(fine))
    peak = int(np.argmax(magnitude))
    lag = peak + _vertex(magnitude, peak)
    if lag > magnitude.size / 2:
        lag -= magnitude.size
    return second - first + lag / 8


def _vertex(values: Samples | Single, peak: int) -> float:
    """Return the offset of the parabola's vertex through a peak and its neighbours."""
    left, centre, right = (float(values[(peak + step) % values.size]) for step in (-1, 0, 1))
    bend = left - 2 * centre + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
