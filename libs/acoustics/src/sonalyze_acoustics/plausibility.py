"""Whether an uploaded impulse response can be one.

A room answers an impulse once: everywhere in the spectrum at the same time, and from then on there
is less and less. Speech and music come again, sweeps reach one band after the other, a response
played backwards swells. A click or two, noise, hum, a missing direct sound or a second slope make
a response ugly, but not another thing; so envelopes here are medians, which clicks do not move.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics.errors import NotAMeasurement
from sonalyze_acoustics.samples import Samples, Spectrum

ADVICE: Final = "Upload the response itself, or the recording together with what was played."

BLOCK_S: Final = 0.0025
BANDS: Final = ((150.0, 1), (600.0, 2), (1500.0, 6), (4000.0, 16))
"""Lower edges in Hz, and bandwidths in reciprocals of a block: together 150 Hz to 10.4 kHz."""

MEDIAN_OF: Final = 20
"""Blocks of a step: the median of 50 ms is moved by nothing shorter than 25 ms."""

FEWEST_STEPS: Final = 3
"""What is shorter than 150 ms has no time to be something else."""

FALLS: Final = 8.0
"""What must be fallen and risen again to be another sound: envelopes of noise vary by 2 dB."""

LOUD: Final = 0.01
"""Relative to the loudest step; what comes again below is an accident during the measurement."""

MOST_RETURNS: Final = 1
"""One other sound may have happened during a measurement."""

STANDS_OUT: Final = 10.0
"""Loudest over quietest step from which it is known when a band begins."""

BEGINS: Final = 0.25
TOGETHER_S: Final = 0.15
"""Bands of rooms begin within 0.1 s, low ones last."""

SWELLS_FROM: Final = 0.03
SLOWEST_SWELL_S: Final = 0.15
"""Without a direct sound rooms take 0.1 s to swell by 15 dB, and longer to decay than to swell."""

TONE_WIDTH: Final = 0.05
TONE_SHARE: Final = 0.9
"""A tone has nine tenths of its energy within a twentieth of its frequency."""


def check_response(samples: Samples, sample_rate_hz: float) -> None:
    """Refuse what is no impulse response.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        Of any scale, without trailing zeros.
    sample_rate_hz : float
        Their rate in Hz.

    Raises
    ------
    NotAMeasurement
        If it is a tone, several sounds, a sweep, or swells where it should decay. What is too
        short to tell passes.
    """
    size = fft.next_fast_len(samples.size, real=True)
    spectrum = fft.rfft(samples, size)
    if _is_tone(spectrum, sample_rate_hz / size):
        raise NotAMeasurement("it is a single tone.", advice=ADVICE)
    envelopes = _envelopes(spectrum, size, sample_rate_hz, samples.size)
    if envelopes.shape[-1] < FEWEST_STEPS:
        return
    begins = [_begins(each) for each in envelopes if each.max() > STANDS_OUT * each.min()]
    if begins and max(begins) - min(begins) > TOGETHER_S / (BLOCK_S * MEDIAN_OF):
        raise NotAMeasurement(
            "its low and high notes do not begin together, as in a sweep.", advice=ADVICE
        )
    together = (envelopes / envelopes.max(axis=-1, keepdims=True)).mean(axis=0)
    if _returns(together) > MOST_RETURNS:
        raise NotAMeasurement("it holds several sounds one after the other.", advice=ADVICE)
    if _swells(together):
        raise NotAMeasurement("it swells where a room's response decays.", advice=ADVICE)


def _is_tone(spectrum: Spectrum, step_hz: float) -> bool:
    """Say whether nearly everything lies at one frequency."""
    low_hz, high_hz = BANDS[0][0], BANDS[-1][0] + BANDS[-1][1] / BLOCK_S
    energy = spectrum.real**2 + spectrum.imag**2
    first, stop = round(low_hz / step_hz), round(high_hz / step_hz)
    total = np.cumsum(energy[first:stop])
    if not total.size or total[-1] <= 0:
        return False
    top = int(np.argmax(energy[first:stop]))
    half = int(0.5 * TONE_WIDTH * (first + top))
    near = total[min(top + half, total.size - 1)] - (total[top - half - 1] if top > half else 0.0)
    return bool(near > TONE_SHARE * total[-1])


def _envelopes(spectrum: Spectrum, size: int, sample_rate_hz: float, length: int) -> Samples:
    """Return the median energy of the steps in each band, shape (bands, steps)."""
    blocks = fft.next_fast_len(round(size / sample_rate_hz / BLOCK_S))
    recorded = int(blocks * length / size) // MEDIAN_OF * MEDIAN_OF
    found = []
    for low_hz, width in BANDS:
        first = round(low_hz / sample_rate_hz * size)
        bins = spectrum[first : first + blocks * width]
        if not recorded or bins.size < blocks * width:
            break
        values = fft.ifft(bins * np.hanning(bins.size)).reshape(blocks, width)[:recorded]
        energy = np.sum(values.real**2 + values.imag**2, axis=-1)
        found.append(np.median(energy.reshape(-1, MEDIAN_OF), axis=-1))
    return np.array(found) if found else np.zeros((0, 0))


def _begins(envelope: Samples) -> int:
    """Return the first step that is nearly as loud as the loudest."""
    return int(np.argmax(envelope >= BEGINS * envelope.max()))


def _returns(envelope: Samples) -> int:
    """Count how often it becomes loud again after it had fallen, to either side of the loudest."""
    top = int(np.argmax(envelope))
    return sum(_rises(side) for side in (envelope[top:], envelope[top::-1]))


def _rises(falling: Samples) -> int:
    """Count the rises of what should only fall."""
    lowest = float(falling[0])
    count = 0
    for value in falling:
        if value > FALLS * lowest and value > LOUD * falling[0]:
            count += 1
            lowest = float(value)
        lowest = min(lowest, float(value))
    return count


def _swells(envelope: Samples) -> bool:
    """Say whether it takes long to become loud, and longer than to become quiet."""
    top = int(np.argmax(envelope))
    loud = envelope - 2 * envelope.min() >= SWELLS_FROM * envelope[top]
    rising, falling = (_steps(side) for side in (loud[top::-1], loud[top:]))
    return rising > falling and rising * BLOCK_S * MEDIAN_OF > SLOWEST_SWELL_S


def _steps(loud: NDArray[np.bool_]) -> int:
    """Return for how many steps it stays loud."""
    return int(np.argmin(loud)) if not loud.all() else loud.size
