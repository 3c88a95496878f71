"""Where the measurement signal lies in a recording, and how fast the recorder's clock ran.

Both ends carry the same chirp. A matched filter compresses it by 36 dB into a peak of 0.1 ms, so
that its envelope stands far above its own median wherever the signal was audible. (Normalising by
the local energy instead fails in rooms: reverberation alone lowers that value below any useful
threshold.) The pair gives the clock: both chirps met the same room, so their responses are
correlated with each other and the room cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.evaluation import ChirpFound
from sonalyze_acoustics.samples import Samples, Spectrum
from sonalyze_acoustics.signal import CHIRP_DISTANCE_S, SignalSpec, carried_hz, chirp

DETECTION_RATIO: Final = 8.0
"""Peak over median of the envelope; Gaussian noise reaches 4 to 5 in a minute."""

MAXIMUM_SKEW: Final = 500e-6
"""Crystal clocks stay within 100 ppm each."""

RESPONSE_S: Final = (0.004, 0.060)
"""How much of the chirp's response around its peak the clock comparison uses."""

BLOCK_S: Final = 16
HOP_S: Final = 15
"""Block and step of the search in whole seconds; what the two differ by holds the chirp."""

NEIGHBOURHOOD_S: Final = 0.05
"""Peaks closer than this to a stronger one are its reflections."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Matched-filter output, complex, at its own low rate."""

    values: Spectrum
    magnitude: Samples
    rate_hz: float
    median: float

    def ratio(self, index: int) -> float:
        """Return how far this sample stands above the median."""
        return float(self.magnitude[index] / self.median)


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


def matched_envelope(recording: Samples, sample_rate_hz: int, spec: SignalSpec) -> Envelope:
    """Correlate with the chirp and return the complex envelope at twice the chirp's bandwidth.

    In blocks that overlap by a chirp, so that a long recording takes no more memory than a short
    one, and every recording of a rate shares one filter.
    """
    matched = _matched_filter(spec, sample_rate_hz)
    size, hop = BLOCK_S * sample_rate_hz, HOP_S * sample_rate_hz
    stop = matched.first + matched.bins.size
    parts = [
        fft.ifft(
            fft.rfft(recording[start : start + size], size)[matched.first : stop] * matched.bins,
            BLOCK_S * matched.rate_hz,
        )[: HOP_S * matched.rate_hz]
        for start in range(0, max(recording.size, 1), hop)
    ]
    count = max(1, int(recording.size / sample_rate_hz * matched.rate_hz))
    values: Spectrum = np.concatenate(parts, dtype=np.complex128)[:count]
    values *= matched.rate_hz / sample_rate_hz
    magnitude = np.abs(values)
    median = max(float(np.median(magnitude)), 1e-9 * float(magnitude.max()), 1e-300)
    return Envelope(values, magnitude, matched.rate_hz, median)


@dataclass(frozen=True, slots=True)
class MatchedFilter:
    """The conjugate chirp spectrum inside its band, scaled to 1 for a perfect channel."""

    bins: Spectrum
    first: int
    rate_hz: int


@lru_cache(maxsize=4)
def _matched_filter(spec: SignalSpec, sample_rate_hz: int) -> MatchedFilter:
    low_hz, high_hz = spec.chirp_band_hz
    high_hz = min(high_hz, carried_hz(sample_rate_hz))
    played = chirp(spec, sample_rate_hz)
    first, last = int(0.97 * low_hz * BLOCK_S), int(1.03 * high_hz * BLOCK_S)
    bins = np.conj(fft.rfft(played, BLOCK_S * sample_rate_hz)[first:last])
    # Whole hundreds of hertz: blocks join without a seam, and their transforms are fast.
    rate_hz = 100 * -(-2 * bins.size // (100 * BLOCK_S))
    return MatchedFilter(bins * (2.0 / float(np.sum(played**2))), first, rate_hz)


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
    for centre in (peak + round(distance), peak - round(distance)):
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
    one = envelope.values[first - reach : first + stop]
    two = envelope.values[second - reach : second + stop]
    size = fft.next_fast_len(2 * one.size)
    cross = fft.fft(two, size) * np.conj(fft.fft(one, size))
    fine = np.zeros(8 * size, dtype=np.complex128)
    half = size // 2
    fine[:half] = cross[:half]
    fine[-(size - half) :] = cross[half:]
    magnitude = np.abs(fft.ifft(fine))
    peak = int(np.argmax(magnitude))
    lag = peak + _vertex(magnitude, peak)
    if lag > magnitude.size / 2:
        lag -= magnitude.size
    return second - first + lag / 8


def _vertex(values: Samples, peak: int) -> float:
    """Return the offset of the parabola's vertex through a peak and its neighbours."""
    left, centre, right = (float(values[(peak + step) % values.size]) for step in (-1, 0, 1))
    bend = left - 2 * centre + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
