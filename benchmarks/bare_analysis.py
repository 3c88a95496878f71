"""The peers of ``analysis.py``: the Fourier transforms alone, and pyfar with pyrato.

The first is the least that must be done to have an impulse response at all; the second is the
open chain that gives the same figures, octave by octave, as its documentation puts it together,
and the frequency response, for which thirds of octaves will do.
"""

import warnings
from typing import Any, Final

import numpy as np
import pyfar  # type: ignore[import-untyped]  # has no types
import pyrato
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]
Single = NDArray[np.float32]

REGULARISATION: Final = 1e-3
CENTERS_HZ: Final = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
TAIL_S: Final = 3.0
LEAD_S: Final = 0.05
SPEECH_S: Final = 1.6


def transforms(recording: Single, reference: Single) -> Single:
    """Deconvolve in single precision, padded to the recording's own length, and no more."""
    size = fft.next_fast_len(recording.size, real=True)
    heard, played = fft.rfft(recording, size), fft.rfft(reference, size)
    energy = played.real**2 + played.imag**2
    heard *= played.conj()
    heard /= energy + np.float32(REGULARISATION * float(energy.mean()))
    response: Single = fft.irfft(heard, size)
    return response


def figures(recording: Array, reference: Array, rate_hz: int) -> dict[str, Any]:
    """Evaluate a recording of a sweep with pyfar and pyrato."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        played = np.append(reference, np.zeros(recording.size - reference.size))
        whole = pyfar.dsp.deconvolve(
            pyfar.Signal(recording, rate_hz),
            pyfar.Signal(played, rate_hz),
            fft_length=recording.size + reference.size,
            frequency_range=(20, 20_000),
        ).time[0]
        first = int(np.argmax(np.abs(whole))) - round(LEAD_S * rate_hz)
        response = np.roll(whole, -first)[: round((LEAD_S + TAIL_S) * rate_hz)]
        return _evaluated(pyfar.Signal(response, rate_hz))


def _evaluated(response: pyfar.Signal) -> dict[str, Any]:
    filters = pyfar.dsp.filter.fractional_octave_bands
    bands = filters(response, 1, frequency_range=(63, 8_000))
    curves = pyrato.edc.energy_decay_curve_chu_lundeby(
        pyfar.Signal(bands.time[:, 0], response.sampling_rate),
        smoothing_parameter=np.array(CENTERS_HZ),
        channel_independent=True,
    )
    times = {label: _times(curves, label) for label in ("EDT", "T20", "T30")}
    start = int(np.squeeze(pyfar.dsp.find_impulse_response_start(response)))
    heard = pyfar.Signal(response.time[0, start:], response.sampling_rate)
    thirds = filters(response, 3, frequency_range=(20, 20_000)).time[:, 0]
    return {
        **times,
        "response": np.sum(thirds**2, axis=-1),
        "DRR": pyrato.parameters.clarity(curves, 2.5),
        "C50": pyrato.parameters.clarity(curves, 50),
        "C80": pyrato.parameters.clarity(curves, 80),
        "D50": pyrato.parameters.definition(curves, 50),
        "D80": pyrato.parameters.definition(curves, 80),
        "Ts": pyrato.parameters.center_time(curves),
        "STI": pyrato.parameters.speech_transmission_index_indirect(heard),
    }


def _times(curves: pyfar.TimeData, label: str) -> list[float]:
    """Fit each band for itself: one that is too short raises for all."""
    times = []
    for row in range(len(CENTERS_HZ)):
        curve = pyfar.TimeData(curves.time[row], curves.times)
        try:
            fit = pyrato.parameters.reverberation_time_linear_regression(curve, label)
        except ValueError:
            fit = np.array([np.nan])
        times.append(float(np.squeeze(fit)))
    return times
