"""Speech transmission index from energy over time: IEC 60268-16, indirect method.

The modulation that survives in a band is the Fourier transform of its energy decay (Schroeder,
Acustica 49, 179, 1981). Noise of the measurement is no noise of the room: it has been subtracted
and the tail added before this module sees the energy. Levels are unknown with phones, so masking
and reception threshold are left out: the index is level independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from sonalyze_acoustics.evaluation import SpeechTransmission
from sonalyze_acoustics.samples import Samples

SPEECH_BANDS_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
MODULATION_HZ: Final = (
    0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0, 12.5,
)  # fmt: skip
MALE_WEIGHT: Final = np.array([0.085, 0.127, 0.230, 0.233, 0.309, 0.224, 0.173])
MALE_REDUNDANCY: Final = np.array([0.085, 0.078, 0.065, 0.011, 0.047, 0.095])
SLOT_S: Final = 0.001
"""Energy is summed over this long first: lowers the modulation at 12.5 Hz by 0.0003."""

LIMIT_DB: Final = 15.0
NEEDED_HZ: Final = (500.0, 1000.0, 2000.0, 4000.0)

FEMALE_NOTE: Final = "Edition 5 of IEC 60268-16 (2020) defines one index, for male speech."


def modulation_transfer(
    energy: Samples, time_s: Samples, sample_rate_hz: float, tail: tuple[float, float, float]
) -> Samples:
    """Return the modulation transfer at the 14 modulation frequencies.

    Parameters
    ----------
    energy : ndarray, shape (n,), float64
        Energy density of one band without noise.
    time_s : ndarray, shape (n,)
        Time of each sample.
    sample_rate_hz : float
        Rate in Hz.
    tail : tuple of float
        Energy, decay rate in 1/s and start in s of what follows the last sample.

    Returns
    -------
    ndarray, shape (14,), float64
        Between 0 and 1.
    """
    tail_energy, rate_per_s, start_s = tail
    omega = 2 * np.pi * np.array(MODULATION_HZ)
    slot = max(1, int(SLOT_S * sample_rate_hz))
    starts = np.arange(0, energy.size, slot)
    middle_s = time_s[starts] + 0.5 * (slot - 1) / sample_rate_hz
    slots = np.add.reduceat(energy, starts)
    spectrum = np.exp(-1j * np.outer(omega, middle_s)) @ slots / sample_rate_hz
    total = float(energy.sum()) / sample_rate_hz
    if rate_per_s > 0:
        spectrum = spectrum + tail_energy * np.exp(-1j * omega * start_s) * rate_per_s / (
            rate_per_s + 1j * omega
        )
        total += tail_energy
    return np.asarray(np.minimum(np.abs(spectrum) / total, 1.0))


def transmission_index(modulation: Samples) -> Samples:
    """Return the mean transmission index of bands, shape (..., 14) to (...)."""
    safe = np.clip(modulation, 1e-6, 1.0 - 1e-6)
    snr_db = np.clip(10 * np.log10(safe / (1.0 - safe)), -LIMIT_DB, LIMIT_DB)
    return np.asarray(((snr_db + LIMIT_DB) / (2 * LIMIT_DB)).mean(axis=-1))


def speech_transmission(band_ti: Sequence[float | None]) -> SpeechTransmission:
    """Combine the seven bands' indices, 125 Hz to 8 kHz, into the index for male speech.

    Bands that hold no information are left out and the weights of the others scaled; without 500
    Hz to 4 kHz there is no index.
    """
    known = np.array([ti is not None for ti in band_ti])
    missing = [f"{hz:g}" for hz, has in zip(SPEECH_BANDS_HZ, known, strict=True) if not has]
    needed = all(has or hz not in NEEDED_HZ for hz, has in zip(SPEECH_BANDS_HZ, known, strict=True))
    values = np.array([0.0 if ti is None else ti for ti in band_ti])
    index = _weighted(values, known) if needed else None
    notes = [FEMALE_NOTE, "Level independent: no masking, no reception threshold."]
    if missing:
        outcome = "are left out" if needed else "carry too little for an index"
        notes.append(f"The bands at {', '.join(missing)} Hz {outcome}.")
    return SpeechTransmission(
        sti=index,
        sti_male=index,
        sti_female=None,
        bands_hz=SPEECH_BANDS_HZ,
        band_ti=tuple(band_ti),
        modulation_hz=MODULATION_HZ,
        note=" ".join(notes),
    )


def _weighted(values: Samples, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Weight bands and subtract what neighbours have in common, over the known bands only."""
    weight = MALE_WEIGHT * known
    redundancy = MALE_REDUNDANCY * (known[:-1] & known[1:])
    shared = redundancy @ np.sqrt(values[:-1] * values[1:])
    scale = weight.sum() - redundancy.sum()
    return float(np.clip((weight @ values - shared) / scale, 0.0, 1.0))
