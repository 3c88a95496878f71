"""Where the measurement signal lies in a recording, and how fast the recorder's clock ran.

Both ends carry the same chirp, and a matched filter finds it. The pair gives the clock: both
chirps met the same room, so their responses are correlated with each other and the room cancels.
"""

from __future__ import annotations

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
    envelope = matched_envelope(recording, sample_rate_hz, spec)
    peaks = _peaks(envelope)
    pairs = {
        pair.start_s: pair for peak in peaks for pair in _pairs(envelope, peak, sample_rate_hz)
    }
    singles = [single for peak in peaks for single in _singles(envelope, peak, sample_rate_hz)]
    return sorted(pairs.values(), key=lambda pair: pair.strength, reverse=True) + singles


def _peaks(envelope: Envelope, count: int = 4) -> list[int]:
    """Return the strongest peaks, strongest first, one per neighbourhood."""
    left = envelope.magnitude.copy()
    around = round(NEIGHBOURHOOD_S * envelope.rate_hz)
    peaks: list[int] = []
    for _ in range(count):
        peak = int(np.argmax(left))
        if left[peak] < DETECTION_RATIO * envelope.median:
            break
        peaks.append(peak)
        left[max(0, peak - around) : peak + around] = 0.0
    return peaks


def _pairs(envelope: Envelope, peak: int, sample_rate_hz: int) -> list[Chirps]:
    """Return the hypotheses in which this peak and one 14.5 s away are the two chirps."""
    distance = CHIRP_DISTANCE_S * envelope.rate_hz
    slack = 2 + round(MAXIMUM_SKEW * distance)
    found = []
    for centre in (round(peak + distance), round(peak - distance)):
        low, high = max(0, centre - slack), min(envelope.magnitude.size, centre + slack + 1)
        if low >= high:
            continue
        partner = low + int(np.argmax(envelope.magnitude[low:high]))
        if envelope.ratio(partner) < DETECTION_RATIO:
            continue
        first, second = sorted((peak, partner))
        lag = _lag_between(envelope, first, second)
        skew = lag / distance - 1.0
        start = _found(envelope, first, sample_rate_hz)
        end = _found(envelope, second, sample_rate_hz)
        if abs(skew) <= MAXIMUM_SKEW:
            found.append(Chirps(start.time_s, skew, start, end))
    return found


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
