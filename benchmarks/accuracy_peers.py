"""Who is compared: this project, pyfar with pyrato, and a causal chain as textbooks have it.

The peers get the impulse response that our deconvolution found, with its noise: what they would
make of a well-made one. pyrato is used as its documentation does: pyfar's octave filters, onset at
20 dB, Chu and Lundeby's compensation with the smoothing of each band; a decay time counts where
the curve reaches the end of its range. The textbook filters causally with six poles, takes the
largest sample for the direct sound and integrates everything backwards, noise included.
"""

import warnings
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyfar  # type: ignore[import-untyped]  # has no types
import pyrato
from accuracy_figures import BANDS_HZ, FIGURES, Answer
from accuracy_truth import (
    ALPHA,
    BETA,
    DIRECT_S,
    EARLY_S,
    MODULATION_HZ,
    RANGES_DB,
    SPEECH_HZ,
    decay_time,
    exact_hz,
)
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from sonalyze_acoustics import BandMetrics, Evaluation

Array = NDArray[np.float64]

POLES_PER_SIDE: Final = 3
RANGES: Final = {"t20_s": ("T20", -25.0), "t30_s": ("T30", -35.0), "edt_s": ("EDT", -10.0)}


def our_answer(found: Evaluation) -> Answer:
    """Take from an evaluation what it stands for."""
    bands = {band.center_hz: band for band in found.bands}
    names = [figure.name for figure in FIGURES]
    values = {
        hz: {
            name: float(value)
            for name in names
            if (value := getattr(bands[hz], name, None)) is not None
        }
        for hz in BANDS_HZ
    }
    uncertainty = {hz: dict(bands[hz].uncertainty) for hz in BANDS_HZ}
    sti_uncertainty = found.speech.uncertainty.get("sti")
    flagged = {hz: _flagged(bands[hz]) for hz in BANDS_HZ}
    return Answer(values, found.speech.sti, uncertainty, sti_uncertainty, flagged)


def _flagged(band: BandMetrics) -> frozenset[str]:
    """Name the times that likelihood gave where there was too little range for a line."""
    if band.shape is None:
        return frozenset()
    return frozenset(
        name for name, estimator in band.shape.estimators.items() if estimator == "likelihood"
    )


def pyrato_answer(response: Array, rate_hz: int) -> Answer:
    """Let pyfar and pyrato evaluate a response."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        signal = pyfar.Signal(response, rate_hz)
        start = max(0, int(np.squeeze(pyfar.dsp.find_impulse_response_start(signal))))
        bands = pyfar.dsp.filter.fractional_octave_bands(signal, 1, frequency_range=(250, 4_000))
        parts = pyfar.Signal(bands.time[:, 0, start:], rate_hz)
        curves = pyrato.edc.energy_decay_curve_chu_lundeby(
            parts, smoothing_parameter=np.array(BANDS_HZ), channel_independent=True
        )
        times = _pyrato_times(curves)
        ratios = {
            "c50_db": pyrato.parameters.clarity(curves, 50),
            "c80_db": pyrato.parameters.clarity(curves, 80),
            "d50": pyrato.parameters.definition(curves, 50),
            "d80": pyrato.parameters.definition(curves, 80),
            "ts_s": pyrato.parameters.center_time(curves),
        }
        heard = pyfar.Signal(_at_least(response[start:], 1.6, rate_hz), rate_hz)
        sti = float(np.squeeze(pyrato.parameters.speech_transmission_index_indirect(heard)))
    found = [
        {
            **{name: times[name][row] for name in times},
            **{name: float(values[row]) for name, values in ratios.items()},
        }
        for row in range(len(BANDS_HZ))
    ]
    return Answer(
        {hz: _finite(values) for hz, values in zip(BANDS_HZ, found, strict=True)},
        sti if np.isfinite(sti) else None,
    )


def _pyrato_times(curves: pyfar.TimeData) -> dict[str, list[float]]:
    """Fit each band for itself: one that is too short raises for all."""
    times: dict[str, list[float]] = {}
    for name, (label, needed_db) in RANGES.items():
        times[name] = []
        for row in range(len(BANDS_HZ)):
            curve = pyfar.TimeData(curves.time[row], curves.times)
            levels_db = 10 * np.log10(np.abs(curve.time))
            reaches = np.isfinite(levels_db).any() and np.nanmin(levels_db) <= needed_db
            fit = pyrato.parameters.reverberation_time_linear_regression
            times[name].append(float(np.squeeze(fit(curve, label))) if reaches else np.nan)
    return times


def textbook_answer(response: Array, rate_hz: int) -> Answer:
    """Evaluate a response causally and without any thought of noise."""
    start = int(np.argmax(np.abs(response)))
    bands = {hz: _filtered(response, rate_hz, hz)[start:] ** 2 for hz in SPEECH_HZ}
    found = {hz: _finite(_textbook_band(bands[hz], rate_hz)) for hz in BANDS_HZ}
    indices = np.array([_textbook_index(energy, rate_hz) for energy in bands.values()])
    sti = float(ALPHA @ indices - BETA @ np.sqrt(indices[:-1] * indices[1:]))
    return Answer(found, sti)


def _filtered(response: Array, rate_hz: int, nominal_hz: float) -> Array:
    edges_hz = np.minimum(exact_hz(nominal_hz) * 10 ** np.array([-0.15, 0.15]), 0.49 * rate_hz)
    sections = butter(POLES_PER_SIDE, edges_hz, "bandpass", fs=rate_hz, output="sos")
    return np.asarray(sosfilt(sections, response))


def _textbook_band(energy: Array, rate_hz: int) -> dict[str, float | None]:
    curve = np.cumsum(energy[::-1])[::-1]
    levels_db = 10 * np.log10(curve / curve[0])
    found = {name: decay_time(levels_db, rate_hz, limits) for name, limits in RANGES_DB.items()}
    for early_ms, early_s in EARLY_S.items():
        late = curve[min(round(early_s * rate_hz), curve.size - 1)] / curve[0]
        found[f"c{early_ms}_db"] = float(10 * np.log10((1 - late) / late))
        found[f"d{early_ms}"] = float(1 - late)
    late = curve[round(DIRECT_S * rate_hz)] / curve[0]
    found["drr_db"] = float(10 * np.log10((1 - late) / late))
    found["ts_s"] = float(energy @ np.arange(energy.size) / rate_hz / curve[0])
    return found


def _textbook_index(energy: Array, rate_hz: int) -> float:
    turns = np.outer(MODULATION_HZ, np.arange(0, energy.size, 24) / rate_hz)
    slots = np.add.reduceat(energy, np.arange(0, energy.size, 24))
    modulation = np.abs(np.exp(-2j * np.pi * turns) @ slots) / slots.sum()
    apparent_db = np.clip(10 * np.log10(modulation / (1 - modulation)), -15.0, 15.0)
    return float(np.mean((apparent_db + 15.0) / 30.0))


def _at_least(response: Array, duration_s: float, rate_hz: int) -> Array:
    """Lengthen a response by silence, where a peer asks for more than there is."""
    missing = round(duration_s * rate_hz) + 1 - response.size
    return np.append(response, np.zeros(max(0, missing)))


def _finite(values: Mapping[str, float | None]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in values.items()
        if value is not None and np.isfinite(value)
    }
