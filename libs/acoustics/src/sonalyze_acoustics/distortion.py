"""Harmonic distortion, which the sweep left behind as responses of its own.

A loudspeaker driven with f also plays 2 f, 3 f, 4 f. The sweep itself passes those frequencies
later, by L ln(n), so that in the deconvolution the response to the n-th harmonic stands that much
ahead of the linear one (Farina, AES 108, 2000). What it holds at n f belongs to the fundamental f;
the ratio is that of the sound pressures at the microphone, as IEC 60268-21 has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import OCTAVES, Band
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.evaluation import BandDistortion
from sonalyze_acoustics.location import Located
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import SWEEP_S, SignalSpec, growth_s

ORDERS: Final = (2, 3, 4)

LEAD_S: Final = 0.010
LASTING_S: Final = 0.090
"""How much of each response is compared, ahead of and after its direct sound: short against the
0.42 s between the third and the fourth, long against a period of the lowest octave."""

APART_S: Final = 0.010
"""Between the stretch of noise ahead of a harmonic and the harmonic's window."""

PLAYED: Final = 0.97
"""Share of the swept band up to which the deconvolution holds what was recorded."""

STANDS_OUT: Final = 2.0
"""Energy over that of the noise from which a harmonic is given; the noise is subtracted."""

HIDDEN_SHARE: Final = 0.25
"""Share of the known harmonics' energy that unknown ones may have at most: 1 dB of the sum."""


@dataclass(frozen=True, slots=True)
class Harmonic:
    """Energy of one harmonic relative to its fundamental, and the most that noise may hide."""

    share: float | None
    limit: float


def harmonic_distortion(
    located: Located, spec: SignalSpec, response: ImpulseResponse
) -> tuple[BandDistortion, ...]:
    """Return the harmonics of every octave of the sweep.

    Parameters
    ----------
    located : Located
        With the circular deconvolution.
    spec : SignalSpec
        What was played.
    response : ImpulseResponse
        The linear response, which says what was played and recorded.

    Returns
    -------
    tuple of BandDistortion
        One per octave that the sweep holds. The total is None, with its reason, where its
        harmonics are not recorded or hidden by noise.
    """
    spectra, step_hz = _energies(located, spec)
    low_hz, high_hz = response.played_band_hz
    top_hz = PLAYED * min(high_hz, 0.5 * response.sample_rate_hz)
    return tuple(
        _distortion(band, spectra, step_hz, top_hz)
        for band in OCTAVES
        if band.inside((low_hz, high_hz))
    )


def _energies(located: Located, spec: SignalSpec) -> tuple[Samples, float]:
    """Return the energy spectra of the linear response, then harmonic and noise by turns."""
    deconvolution = located.deconvolution
    rate_hz = deconvolution.sample_rate_hz
    growing_s = growth_s(spec.sweep_band_hz, SWEEP_S)
    ahead_s = LEAD_S + LASTING_S + APART_S
    starts_s = [-LEAD_S]
    for order in ORDERS:
        harmonic_s = -growing_s * float(np.log(order)) - LEAD_S
        starts_s += [harmonic_s, harmonic_s - ahead_s]
    count = round((LEAD_S + LASTING_S) * rate_hz)
    starts = [deconvolution.zero + round(start_s * rate_hz) for start_s in starts_s]
    index = np.add.outer(starts, np.arange(count))
    pieces = deconvolution.circular.take(index, mode="wrap") * _window(count)
    spectra = fft.rfft(pieces, fft.next_fast_len(count, real=True))
    size = fft.next_fast_len(count, real=True)
    return spectra.real**2 + spectra.imag**2, rate_hz / size


def _window(count: int) -> Samples:
    """Return a window that rises over half its lead and falls over the last quarter."""
    rise = round(0.5 * count * LEAD_S / (LEAD_S + LASTING_S))
    fall = count // 4
    slope = np.ones(count)
    slope[:rise] = np.linspace(0.0, 1.0, rise)
    slope[-fall:] = np.linspace(1.0, 0.0, fall)
    return np.asarray(np.sin(0.5 * np.pi * slope) ** 2, dtype=np.float32)


def _distortion(band: Band, spectra: Samples, step_hz: float, top_hz: float) -> BandDistortion:
    """Compare harmonics with the fundamental in one octave of it."""
    linear = _mean(spectra[0], band, 1, step_hz)
    harmonics = [
        _harmonic(spectra[2 * row + 1 : 2 * row + 3], band, order, step_hz, linear)
        if order * band.upper_hz <= top_hz
        else None
        for row, order in enumerate(ORDERS)
    ]
    held = [each for each in harmonics if each is not None]
    known = sum(each.share for each in held if each.share is not None)
    hidden = sum(each.limit for each in held if each.share is None)
    reason = None
    if len(held) < 2:  # noqa: PLR2004 - loudspeakers' second and third harmonic are the total
        reason = f"{band.center_hz:g} Hz: its harmonics lie above what was played and recorded."
    elif hidden > HIDDEN_SHARE * known:
        most = 100 * np.sqrt(known + hidden)
        reason = f"{band.center_hz:g} Hz: noise hides distortion below {most:.2g} %."
    return BandDistortion(
        center_hz=band.center_hz,
        thd_percent=None if reason else 100 * float(np.sqrt(known)),
        harmonics_percent=tuple(
            None if each is None or each.share is None else 100 * float(np.sqrt(each.share))
            for each in harmonics
        ),
        reason=reason,
    )


def _harmonic(
    pair: Samples, band: Band, order: int, step_hz: float, linear: float
) -> Harmonic | None:
    """Return a harmonic's energy without noise."""
    energy, noise = (_mean(each, band, order, step_hz) for each in pair)
    if linear <= 0:
        return Harmonic(None, float("inf"))
    stands_out = energy > STANDS_OUT * noise
    return Harmonic((energy - noise) / linear if stands_out else None, max(energy, noise) / linear)


def _mean(energy: Samples, band: Band, order: int, step_hz: float) -> float:
    """Return the mean energy between a multiple of a band's edges."""
    first = max(1, round(order * band.lower_hz / step_hz))
    stop = max(first + 1, round(order * band.upper_hz / step_hz))
    return float(energy[first:stop].mean())
