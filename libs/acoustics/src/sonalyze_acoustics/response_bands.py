"""A response split into bands: energy over time, early parts, noise and late decay of each.

Early parts are cut out of the broadband response and filtered afterwards, both parts integrated
completely (ISO 3382-1 A.2): a filter that has seen the whole response smears energy across the
limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import BROADBAND, Band, band_signal, energy_density, padded_spectrum
from sonalyze_acoustics.curves import energy_decay_curve, level_db
from sonalyze_acoustics.decay import LateDecay, late_decay
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.samples import Samples, Spectrum

AHEAD_S: Final = 0.010
"""Kept ahead of the onset: band limits and regularisation spread the direct sound that far."""

EARLY_S: Final = (0.050, 0.080)
DIRECT_S: Final = 0.0025
"""Half width of the direct sound's window around its peak."""

TAIL_ERROR: Final = 0.2
"""Standard error of the tail's energy, which hangs on the late slope."""

RINGING_PERIODS: Final = 2.0
"""The mask rings for this many reciprocals of its bandwidth into the cut at the end."""


@dataclass(frozen=True)
class BandResponse:
    """One band of a response; time runs from the onset, energies are free of noise.

    What was not cut out of a response but is energy from the start has no filter's decay.
    """

    band: Band
    rate_hz: float
    energy: Samples
    onset: float
    decay: LateDecay
    early_energy: Samples
    late_energy: Samples
    late_error: Samples
    peak_power: float
    is_filtered: bool = True

    @cached_property
    def net(self) -> Samples:
        """Energy density without noise up to the end of the evaluation, lead included."""
        stop = self._first + max(1, round(self.decay.end_s * self.rate_hz))
        net = self.energy[:stop].copy()
        net[max(0, round(self.onset - AHEAD_S * self.rate_hz)) :] -= self.decay.noise
        return net

    @property
    def _first(self) -> int:
        return int(np.ceil(self.onset))

    @cached_property
    def time_s(self) -> Samples:
        """Time of the samples of `net` after the onset; negative in the lead."""
        return np.asarray((np.arange(self.net.size) - self.onset) / self.rate_hz)

    @property
    def tail(self) -> tuple[float, float, float]:
        """Energy, decay rate and start of what follows the end of the evaluation."""
        return self.decay.tail_energy(), self.decay.rate_per_s, self.decay.end_s

    @cached_property
    def total_energy(self) -> float:
        """Energy of the whole response, what lies ahead of the onset included."""
        return float(self.net.sum()) / self.rate_hz + self.decay.tail_energy()

    @cached_property
    def curve(self) -> Samples:
        """Energy decay curve from the onset on."""
        return energy_decay_curve(
            self.net[self._first :], self.rate_hz, tail_energy=self.decay.tail_energy()
        )

    @cached_property
    def levels_db(self) -> Samples:
        """Level of the decay curve; 0 dB is the energy of the whole response."""
        return level_db(self.curve, self.total_energy)

    def curve_error(self, at_db: float) -> float:
        """Return the standard error of the decay curve where it passes a level, in shares of it.

        0 where it does not come down to that level.
        """
        below = self.levels_db < at_db
        index = int(np.argmax(below))
        if not below[index]:
            return 0.0
        left, time_s = self.curve[index : index + 1], np.array([index / self.rate_hz])
        return float(late_error(self.decay, left, time_s, self.band.bandwidth_hz)[0])

    @property
    def inr_db(self) -> float | None:
        """Impulse response to noise ratio: the band's peak over its noise."""
        if self.decay.noise <= 0 or self.peak_power <= 0:
            return None
        return float(10 * np.log10(self.peak_power / self.decay.noise))

    @property
    def decay_range_db(self) -> float | None:
        """How far the decay curve falls before noise, or what is not understood, takes over."""
        unmeasured = self.decay.tail_energy() + self.decay.unexplained
        if self.decay.tail_energy() <= 0 or self.total_energy <= unmeasured:
            return None
        return float(10 * np.log10(self.total_energy / unmeasured))


def split_into_bands(
    response: ImpulseResponse, onset: int, bands: Sequence[Band], corner_hz: float | None = None
) -> tuple[BandResponse, ...]:
    """Split a response at its onset into bands.

    Parameters
    ----------
    response : ImpulseResponse
        Broadband response.
    onset : int
        Index of the direct sound in it.
    bands : sequence of Band
        Which bands.
    corner_hz : float, optional
        Corner of the loudspeaker's high-pass whose tilt is taken out of octaves.

    Returns
    -------
    tuple of BandResponse
        One per band; early parts end at `EARLY_S` and at the end of the direct sound.
    """
    samples, sample_rate_hz = response.samples, response.sample_rate_hz
    start = max(0, onset - round(AHEAD_S * sample_rate_hz))
    limits = [onset + round(early_s * sample_rate_hz) for early_s in EARLY_S]
    limits.append(direct_end(samples, sample_rate_hz, onset))
    parts = np.tile(samples[start:], (1 + len(limits), 1))
    for row, limit in enumerate(limits, start=1):
        parts[row, limit - start :] = 0.0
    padded = padded_spectrum(parts, sample_rate_hz)
    early_s = np.array([(limit - onset) / sample_rate_hz for limit in limits])
    return tuple(
        _band_response(
            band_signal(padded, band, None if band is BROADBAND else corner_hz),
            band,
            early_s,
            (onset - start) / sample_rate_hz,
            (response.valid(band.upper_hz) - start) / sample_rate_hz,
        )
        for band in bands
    )


def direct_end(response: Samples, sample_rate_hz: float, onset: int) -> int:
    """Return where the direct sound's window ends: 2.5 ms after its peak."""
    width = max(1, round(DIRECT_S * sample_rate_hz))
    return onset + int(np.argmax(np.abs(response[onset : onset + width]))) + width


def _band_response(
    signal: tuple[Spectrum, float, float],
    band: Band,
    early_s: Samples,
    ahead_s: float,
    length_s: float,
) -> BandResponse:
    """Turn one band of the parts into energies and find its decay."""
    values, rate_hz, start_s = signal
    onset = (start_s + ahead_s) * rate_hz
    first = int(np.ceil(onset))
    end_s = start_s + length_s - RINGING_PERIODS / band.bandwidth_hz
    energy = energy_density(values[0])
    decay = late_decay(
        energy[first : max(first + 1, int(end_s * rate_hz))], rate_hz, band.bandwidth_hz
    )
    stop = first + max(1, round(decay.end_s * rate_hz))
    early = energy_density(values[1:]).sum(axis=-1) / rate_hz - decay.noise * (early_s + ahead_s)
    late = energy_density(values[0] - values[1:])[..., :stop].sum(axis=-1) / rate_hz
    late += decay.tail_energy() - decay.noise * np.maximum(decay.end_s - early_s, 0.0)
    width = max(1, round(AHEAD_S * rate_hz))
    smooth = np.convolve(energy[:stop], np.full(width, 1 / width), mode="same")
    error = late_error(decay, late, early_s, band.bandwidth_hz)
    return BandResponse(
        band, rate_hz, energy, onset, decay, early, late, error, float(smooth.max())
    )


def late_error(decay: LateDecay, late: Samples, early_s: Samples, bandwidth_hz: float) -> Samples:
    """Return the standard error of the energies after some instants, in shares of them.

    Noise by itself and beating with the decay, both averaged over bandwidth times duration, and
    the tail, which is extrapolated.
    """
    duration_s = np.maximum(decay.end_s - early_s, 1.0 / bandwidth_hz)
    noise = decay.noise**2 * duration_s / bandwidth_hz
    beating = 2 * decay.noise * np.maximum(late, 0.0) / bandwidth_hz
    tail = (TAIL_ERROR * decay.tail_energy()) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(noise + beating + tail) / np.maximum(late, 0.0))
