"""A response split into bands: energy over time, early parts, noise and late decay of each.

Early parts are cut out of the broadband response and filtered afterwards, both parts integrated
completely (ISO 3382-1 A.2): a filter that has seen the whole response smears energy across the
limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import BROADBAND, Band
from sonalyze_acoustics.curves import energy_decay_curve, level_db
from sonalyze_acoustics.decay import LateDecay, late_decays
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.early_parts import AHEAD_S, DIRECT_S, EARLY_S, EarlyParts, early_parts
from sonalyze_acoustics.filterbank import BandEnergies, band_energies
from sonalyze_acoustics.samples import Samples

__all__ = [
    "AHEAD_S",
    "DIRECT_S",
    "EARLY_S",
    "BandResponse",
    "backward_responses",
    "late_error",
    "split_into_bands",
]

SMOOTH_S: Final = 0.010
"""A band's peak is that of its energy averaged over this long."""

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
    response: ImpulseResponse,
    onset: int,
    bands: Sequence[Band],
    corner_hz: float | None = None,
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
        Corner of the loudspeaker's high-pass whose delay is taken out of all bands, and whose tilt
        is taken out of all but `BROADBAND`.

    Returns
    -------
    tuple of BandResponse
        One per band; early parts end at `EARLY_S` and at the end of the direct sound.
    """
    rate_hz = response.sample_rate_hz
    ahead = min(onset, round(AHEAD_S * rate_hz))
    samples = response.samples[onset - ahead :]
    tilts = [(band, None if band is BROADBAND else corner_hz) for band in bands]
    energies = band_energies(samples, rate_hz, ahead, tilts, corner_hz)
    parts = early_parts(samples, rate_hz, ahead, tilts, corner_hz)
    heard_s = _heard_s(response, onset, bands)
    decays = _late_decays(energies, bands, heard_s)
    noise = np.array([decay.noise for decay in decays])
    early = parts.early - np.outer(noise, parts.limits_s + ahead / rate_hz)
    sums = np.cumsum(energies.density, axis=-1)
    late = _late_energies(energies, sums, parts, bands, decays)
    peaks = _peak_powers(energies, sums, decays)
    return tuple(
        BandResponse(
            band,
            energies.rate_hz,
            energies.density[row],
            float(energies.onset[row]),
            decay,
            early[row],
            late[row],
            late_error(decay, late[row], parts.limits_s, band.bandwidth_hz),
            float(peaks[row]),
        )
        for row, (band, decay) in enumerate(zip(bands, decays, strict=True))
    )


def backward_responses(
    response: ImpulseResponse,
    onset: int,
    bands: Sequence[BandResponse],
    corner_hz: float | None = None,
) -> tuple[BandResponse, ...]:
    """Cut bands out once more, by filters that ring ahead of the onset only.

    Parameters
    ----------
    response : ImpulseResponse
        Broadband response.
    onset : int
        Index of the direct sound in it.
    bands : sequence of BandResponse
        Which bands; their early and late parts stay as they are.
    corner_hz : float, optional
        As in `split_into_bands`.

    Returns
    -------
    tuple of BandResponse
        Their decays from the onset on; without what lies ahead, the direct sound's greater part.
    """
    rate_hz = response.sample_rate_hz
    ahead = min(onset, round(AHEAD_S * rate_hz))
    tilts = [(each.band, corner_hz) for each in bands]
    energies = band_energies(
        response.samples[onset - ahead :], rate_hz, ahead, tilts, corner_hz, backward=True
    )
    only = [each.band for each in bands]
    decays = _late_decays(energies, only, _heard_s(response, onset, only))
    peaks = _peak_powers(energies, np.cumsum(energies.density, axis=-1), decays)
    return tuple(
        replace(
            each,
            rate_hz=energies.rate_hz,
            energy=row[first:],
            onset=float(begins - first),
            decay=decay,
            peak_power=float(peak),
            is_filtered=False,
        )
        for each, row, first, begins, decay, peak in zip(
            bands, energies.density, energies.first, energies.onset, decays, peaks, strict=True
        )
    )


def _heard_s(response: ImpulseResponse, onset: int, bands: Sequence[Band]) -> list[float]:
    """Return how long each band was heard undisturbed after the onset."""
    ends = [
        response.valid(band.upper_hz)
        if band is BROADBAND
        else response.undisturbed(band.lower_hz, band.upper_hz)
        for band in bands
    ]
    return [(end - onset) / response.sample_rate_hz for end in ends]


def _late_decays(
    energies: BandEnergies, bands: Sequence[Band], heard_s: Sequence[float]
) -> tuple[LateDecay, ...]:
    """Fit noise and late decay of each band from the onset to the end of what was heard."""
    until_s = [
        end_s - RINGING_PERIODS / band.bandwidth_hz
        for end_s, band in zip(heard_s, bands, strict=True)
    ]
    kept = [
        row[start : max(start + 1, start + int(end_s * energies.rate_hz))]
        for row, start, end_s in zip(energies.density, energies.first, until_s, strict=True)
    ]
    rates_hz = [energies.rate_hz] * len(kept)
    return late_decays(kept, rates_hz, [band.bandwidth_hz for band in bands])


def _late_energies(
    energies: BandEnergies,
    sums: Samples,
    parts: EarlyParts,
    bands: Sequence[Band],
    decays: Sequence[LateDecay],
) -> Samples:
    """Return the energies after the early parts without noise, shape (bands, parts)."""
    ringing_s = np.array([RINGING_PERIODS / band.bandwidth_hz for band in bands])
    decay_ends_s = np.array([[decay.end_s] for decay in decays])
    # Where a decay ends near a limit, what the filter moved across it must be in the sum.
    ends_s = np.maximum(decay_ends_s, parts.limits_s + ringing_s[:, np.newaxis])
    first = energies.first[:, np.newaxis]
    until = first + np.maximum(1, np.round(ends_s * energies.rate_hz).astype(np.intp))
    until = np.minimum(until, sums.shape[-1])
    heard = np.take_along_axis(sums, until - 1, axis=-1) / energies.rate_hz - parts.taken
    noise, rates_per_s, tails = np.array(
        [(decay.noise, decay.rate_per_s, decay.tail_energy()) for decay in decays]
    ).T[..., np.newaxis]
    heard -= noise * ((until - first) / energies.rate_hz - parts.limits_s)
    return np.asarray(heard + tails * np.exp(-rates_per_s * (ends_s - decay_ends_s)))


def _peak_powers(energies: BandEnergies, sums: Samples, decays: Sequence[LateDecay]) -> Samples:
    """Return the largest power of each band up to the end of its decay."""
    width = max(1, round(SMOOTH_S * energies.rate_hz))
    ends = np.array([round(decay.end_s * energies.rate_hz) for decay in decays])
    stops = np.minimum(energies.first + np.maximum(width, ends), sums.shape[-1])
    largest = [
        (row[width:stop] - row[: stop - width]).max() for row, stop in zip(sums, stops, strict=True)
    ]
    return np.array(largest) / width


def late_error(decay: LateDecay, late: Samples, early_s: Samples, bandwidth_hz: float) -> Samples:
    """Return the standard error of the energies after some instants, in shares of them.

    Noise by itself and beating with the decay, both averaged over bandwidth times duration, and
    the tail, which is extrapolated.
    """
    duration_s = np.maximum(decay.end_s - early_s, 1.0 / bandwidth_hz)
    noise = decay.noise**2 * duration_s / bandwidth_hz
    beating = 2 * decay.noise * np.maximum(late, 0.0) / bandwidth_hz
    tail = np.float64(TAIL_ERROR * decay.tail_energy())
    # A slope that was found in noise may have any tail; its square is infinite then.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(np.sqrt(noise + beating + tail**2) / np.maximum(late, 0.0))
