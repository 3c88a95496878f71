"""The yardstick of ``accuracy.py``: figures of a noise-free response by their definitions.

Shares no code with the library. Octaves are masks of the same definition, a six-pole Butterworth
magnitude around the exact centre of IEC 61260-1:2014 without phase, applied at the full rate in
double precision to the whole response; early and late are parted before the filter; integrals run
to the end of the response, without noise there is nothing to compensate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from accuracy_figures import BANDS_HZ, FIGURES, SPEECH, Answer, bands_of
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]

SPEECH_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
MODULATION_HZ: Final = np.array(
    [0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0, 12.5]
)
ALPHA: Final = np.array([0.085, 0.127, 0.230, 0.233, 0.309, 0.224, 0.173])
BETA: Final = np.array([0.085, 0.078, 0.065, 0.011, 0.047, 0.095])
"""IEC 60268-16:2020, male speech."""

ONSET_DB: Final = -20.0
DIRECT_S: Final = 0.0025
PADDING_S: Final = 0.5
RANGES_DB: Final = {"edt_s": (0.0, -10.0), "t20_s": (-5.0, -25.0), "t30_s": (-5.0, -35.0)}
EARLY_S: Final = {50: 0.050, 80: 0.080}
SMOOTH_S: Final = 0.010


def exact_hz(nominal_hz: float) -> float:
    """Give an octave's exact centre, 1000 x 10^(3n/10)."""
    return float(1000.0 * 10 ** (0.3 * round(np.log2(nominal_hz / 1000.0))))


def octave_power(frequency_hz: Array, nominal_hz: float) -> Array:
    """Give the power transfer of an octave: three poles on either side."""
    center_hz = exact_hz(nominal_hz)
    ratio = np.maximum(frequency_hz, 1e-6) / center_hz
    detuning = (ratio - 1 / ratio) / (10**0.15 - 10**-0.15)
    return np.asarray(1.0 / (1.0 + detuning**6))


def in_octave(response: Array, rate_hz: float, nominal_hz: float) -> tuple[Array, int]:
    """Filter without phase; give the band with silence around it, and where its sample 0 is."""
    lead = round(PADDING_S * rate_hz)
    size = fft.next_fast_len(response.size + 2 * lead, real=True)
    spectrum = fft.rfft(np.concatenate([np.zeros(lead), response]), size)
    gain = np.sqrt(octave_power(fft.rfftfreq(size, 1 / rate_hz), nominal_hz))
    return np.asarray(fft.irfft(spectrum * gain, size)), lead


def onset_of(response: Array) -> int:
    """Give the first sample within 20 dB of the largest (ISO 3382-1 A.3.4)."""
    magnitude = np.abs(response)
    return int(np.argmax(magnitude >= magnitude.max() * 10 ** (ONSET_DB / 20)))


def peak_power(band: Array, rate_hz: float) -> float:
    """Give the largest power of a band over 10 ms."""
    width = round(SMOOTH_S * rate_hz)
    total = np.cumsum(np.append(0.0, band**2))
    return float((total[width:] - total[:-width]).max() / width)


@dataclass(frozen=True, slots=True)
class Parts:
    """A response and the spectra of what comes before and after an instant, for octave energies."""

    early: Array
    late: Array
    frequency_hz: Array

    @classmethod
    def at(cls, response: Array, rate_hz: float, limit: int) -> "Parts":
        """Part a response at a sample."""
        size = fft.next_fast_len(response.size, real=True)
        both = np.zeros((2, response.size))
        both[0, :limit], both[1, limit:] = response[:limit], response[limit:]
        energy = np.abs(fft.rfft(both, size)) ** 2
        return cls(energy[0], energy[1], fft.rfftfreq(size, 1 / rate_hz))

    def in_octave(self, nominal_hz: float) -> tuple[float, float]:
        """Give both energies in an octave, by Parseval, on one common scale."""
        power = octave_power(self.frequency_hz, nominal_hz)
        return float(self.early @ power), float(self.late @ power)


def decay_time(levels_db: Array, rate_hz: float, limits_db: tuple[float, float]) -> float | None:
    """Fit a line to the curve between two levels and extend it to 60 dB."""
    below = levels_db < limits_db[1]
    if not below.any():
        return None
    levels_db = levels_db[: int(np.argmax(below))]
    first = int(np.argmax(levels_db <= limits_db[0]))
    inside = levels_db[first:]
    if inside.size < 3 or levels_db[first] > limits_db[0]:  # noqa: PLR2004  a line, and one more
        return None
    slope = np.polynomial.polynomial.polyfit(np.arange(inside.size) / rate_hz, inside, 1)[1]
    return float(-60.0 / slope)


def band_figures(
    response: Array, rate_hz: float, onset: int, nominal_hz: float, parts: Mapping[str, Parts]
) -> dict[str, float]:
    """Evaluate one octave."""
    band, lead = in_octave(response, rate_hz, nominal_hz)
    energy, start = band**2, lead + onset
    total = float(energy.sum())
    curve = np.cumsum(energy[:start:-1])[::-1]
    levels_db = 10 * np.log10(np.maximum(curve / total, 1e-30))
    found = {name: decay_time(levels_db, rate_hz, limits) for name, limits in RANGES_DB.items()}
    found["ts_s"] = float(energy @ (np.arange(energy.size) - start)) / rate_hz / total
    for early_ms in EARLY_S:
        early, late = parts[str(early_ms)].in_octave(nominal_hz)
        found[f"c{early_ms}_db"] = 10 * np.log10(early / late)
        found[f"d{early_ms}"] = early / (early + late)
    direct, rest = parts["direct"].in_octave(nominal_hz)
    found["drr_db"] = 10 * np.log10(direct / rest)
    return {name: float(value) for name, value in found.items() if value is not None}


def transmission_index(response: Array, rate_hz: float) -> float:
    """Give the speech transmission index by its definition, level independent."""
    indices = []
    for nominal_hz in SPEECH_HZ:
        band, _ = in_octave(response, rate_hz, nominal_hz)
        # In slots of half a millisecond: 12.5 Hz loses 3e-5 of its modulation.
        width = round(5e-4 * rate_hz)
        energy = (band[: band.size // width * width] ** 2).reshape(-1, width).sum(axis=1)
        turns = np.outer(MODULATION_HZ, np.arange(energy.size) * (width / rate_hz))
        modulation = np.abs(np.exp(-2j * np.pi * turns) @ energy) / energy.sum()
        apparent_db = np.clip(10 * np.log10(modulation / (1 - modulation)), -15.0, 15.0)
        indices.append(float(np.mean((apparent_db + 15.0) / 30.0)))
    index = np.array(indices)
    return float(min(1.0, ALPHA @ index - BETA @ np.sqrt(index[:-1] * index[1:])))


def truth_of(response: Array, rate_hz: float) -> Answer:
    """Evaluate a noise-free response.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        Long enough to have decayed by itself.
    rate_hz : float
        Its rate in Hz.

    Returns
    -------
    Answer
        Every figure in every band of `BANDS_HZ`.
    """
    onset = onset_of(response)
    window = round(DIRECT_S * rate_hz)
    direct = onset + int(np.argmax(np.abs(response[onset : onset + window]))) + window
    parts = {
        str(early_ms): Parts.at(response, rate_hz, onset + round(early_s * rate_hz))
        for early_ms, early_s in EARLY_S.items()
    }
    parts["direct"] = Parts.at(response, rate_hz, direct)
    return Answer(
        {hz: band_figures(response, rate_hz, onset, hz, parts) for hz in BANDS_HZ},
        transmission_index(response, rate_hz),
    )


def errors_against_closed_forms() -> dict[str, float]:
    """Give the yardstick's own largest error per figure, in JND, on tones that decay exponentially.

    A tone in the middle of an octave passes the mask as it is, so its figures are known: T, EDT
    and Ts from k = 13.8155 / T, C = 10 lg(exp(k t) - 1), D = 1 - exp(-k t), STI from
    m = 1 / sqrt(1 + (2 pi F / k)^2) where all octaves decay alike. What is left is the width of
    the filter at the instants at which tones begin and are parted.
    """
    rate_hz = 48_000.0
    worst: dict[str, float] = {}
    for reverberation_s in (0.4, 1.0, 2.5):
        rate_per_s = 6 * np.log(10) / reverberation_s
        time_s = np.arange(round(1.5 * reverberation_s * rate_hz)) / rate_hz
        tones = sum(np.sin(2 * np.pi * exact_hz(hz) * time_s) for hz in SPEECH_HZ)
        found = truth_of(np.asarray(tones * np.exp(-0.5 * rate_per_s * time_s)), rate_hz)
        expected = _closed_forms(reverberation_s)
        for figure in FIGURES:
            for band_hz in bands_of(figure) if figure.name in expected else ():
                value = found.value(figure, band_hz)
                assert value is not None
                error = abs(figure.error(value, expected[figure.name]))
                worst[figure.label] = max(worst.get(figure.label, 0.0), error)
    return worst


def _closed_forms(reverberation_s: float) -> dict[str, float]:
    rate_per_s = 6 * np.log(10) / reverberation_s
    modulation = 1 / np.sqrt(1 + (2 * np.pi * MODULATION_HZ / rate_per_s) ** 2)
    apparent_db = np.clip(10 * np.log10(modulation / (1 - modulation)), -15.0, 15.0)
    index = float(np.mean((apparent_db + 15.0) / 30.0))
    return {
        **dict.fromkeys(RANGES_DB, reverberation_s),
        "ts_s": 1 / rate_per_s,
        **{f"c{ms}_db": 10 * np.log10(np.expm1(rate_per_s * s)) for ms, s in EARLY_S.items()},
        **{f"d{ms}": -np.expm1(-rate_per_s * s) for ms, s in EARLY_S.items()},
        SPEECH: index * float(ALPHA.sum() - BETA.sum()),
    }
