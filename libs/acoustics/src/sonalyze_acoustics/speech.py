"""Speech transmission index from the modulation that a room leaves: IEC 60268-16, indirect method.

Edition 5 (2020) defines one index, with the weights of male speech. The weights for female speech
are those of Edition 4 (2011), the last that had them. With phones no level is known, so masking
and reception threshold are left out unless the levels of speech and noise are given: the index is
level independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.evaluation import SpeechTransmission
from sonalyze_acoustics.modulation import (
    MODULATION_HZ,
    BandModulation,
    band_modulation,
    modulation_transfer,
)
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.speech_levels import BackgroundNoise

__all__ = [
    "FEMALE",
    "MALE",
    "MODULATION_HZ",
    "SPEECH_BANDS_HZ",
    "Voice",
    "modulation_transfer",
    "speech_of",
    "speech_transmission",
    "transmission_index",
]

SPEECH_BANDS_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
LIMIT_DB: Final = 15.0
NEPER_DB: Final = 10 / np.log(10)
"""Change of a level for the relative change of its energy."""

NEEDED_HZ: Final = (500.0, 1000.0, 2000.0, 4000.0)

METHOD_ERROR: Final = 0.0004
"""Measured on recordings and responses with little noise: two of it hold for 95 %."""

SPEECH_RANGE_DB: Final = 15.0
"""Decay range from which the index is right within 0.03 after noise compensation."""

FEMALE_NOTE: Final = (
    "sti_female has the weights of Edition 4 of IEC 60268-16 (2011); Edition 5 (2020) has none."
)
INDEPENDENT: Final = "Level independent: no masking, no reception threshold."
NOISY: Final = "With the signal to noise ratios given."
LEVELLED: Final = "With noise, masking and reception threshold at the levels given."

Known = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Voice:
    """How much each octave tells of a voice, and how much two neighbours have in common."""

    weight: Samples
    redundancy: Samples


MALE: Final = Voice(
    np.array([0.085, 0.127, 0.230, 0.233, 0.309, 0.224, 0.173]),
    np.array([0.085, 0.078, 0.065, 0.011, 0.047, 0.095]),
)
FEMALE: Final = Voice(
    np.array([0.0, 0.117, 0.223, 0.216, 0.328, 0.250, 0.194]),
    np.array([0.0, 0.099, 0.066, 0.062, 0.025, 0.076]),
)
"""Table A.3 of Edition 4: female speech has nothing at 125 Hz."""


def transmission_index(modulation: Samples) -> Samples:
    """Return the mean transmission index of bands, shape (..., 14) to (...)."""
    snr_db = np.clip(_effective_snr_db(modulation), -LIMIT_DB, LIMIT_DB)
    return np.asarray(((snr_db + LIMIT_DB) / (2 * LIMIT_DB)).mean(axis=-1))


def _effective_snr_db(modulation: Samples) -> Samples:
    safe = np.clip(modulation, 1e-6, 1.0 - 1e-6)
    return np.asarray(10 * np.log10(safe / (1.0 - safe)))


def speech_of(
    octaves: Sequence[BandResponse],
    *,
    needed_db: float = SPEECH_RANGE_DB,
    background: BackgroundNoise | None = None,
) -> SpeechTransmission:
    """Evaluate a room's octaves for speech.

    Parameters
    ----------
    octaves : sequence of BandResponse
        Any octaves; those between 125 Hz and 8 kHz count.
    needed_db : float, default 15
        Decay range that a band needs to count.
    background : BackgroundNoise, optional
        What the speech would compete with.
    """
    by_hz = {octave.band.center_hz: octave for octave in octaves if octave.total_energy > 0}
    found = (by_hz.get(hz) for hz in SPEECH_BANDS_HZ)
    return speech_transmission(
        [
            None
            if octave is None or (octave.decay_range_db or 0.0) < needed_db
            else band_modulation(octave)
            for octave in found
        ],
        background=background,
    )


def speech_transmission(
    bands: Sequence[BandModulation | None], *, background: BackgroundNoise | None = None
) -> SpeechTransmission:
    """Combine the modulation of the seven bands, 125 Hz to 8 kHz, into the index.

    Bands that hold no information are left out and the weights of the others scaled; without 500
    Hz to 4 kHz there is no index.
    """
    known = np.array([band is not None for band in bands])
    heard = np.ones(known.size) if background is None else background.transfer()
    transfer = np.array([np.zeros(len(MODULATION_HZ)) if b is None else b.transfer for b in bands])
    transfer *= heard[:, np.newaxis]
    values = np.where(known, transmission_index(transfer), 0.0)
    errors = np.array(
        [
            (0.0, 0.0) if band is None else _index_errors(band, row, share)
            for band, row, share in zip(bands, transfer, heard, strict=True)
        ]
    )
    needed = all(has or hz not in NEEDED_HZ for hz, has in zip(SPEECH_BANDS_HZ, known, strict=True))
    male = _weighted(values, known, MALE) if needed else None
    female = _weighted(values, known, FEMALE) if needed else None
    uncertainty = {}
    if needed:
        uncertainty["sti"] = uncertainty["sti_male"] = _error(values, errors, known, MALE)
        uncertainty["sti_female"] = _error(values, errors, known, FEMALE)
    return SpeechTransmission(
        sti=male,
        sti_male=male,
        sti_female=female,
        bands_hz=SPEECH_BANDS_HZ,
        band_ti=tuple(float(ti) if has else None for ti, has in zip(values, known, strict=True)),
        modulation_hz=MODULATION_HZ,
        note=_note(known, background, needed=needed),
        modulation=tuple(
            tuple(map(float, row)) if has else None
            for row, has in zip(transfer, known, strict=True)
        ),
        is_level_independent=background is None or not background.knows_levels,
        uncertainty=uncertainty,
    )


def _note(known: Known, background: BackgroundNoise | None, *, needed: bool) -> str:
    notes = [FEMALE_NOTE] if needed else []
    if background is not None:
        notes.append(LEVELLED if background.knows_levels else NOISY)
    if background is None or not background.knows_levels:
        notes.append(INDEPENDENT)
    missing = [f"{hz:g}" for hz, has in zip(SPEECH_BANDS_HZ, known, strict=True) if not has]
    if missing:
        outcome = "are left out" if needed else "carry too little for an index"
        notes.append(f"The bands at {', '.join(missing)} Hz {outcome}.")
    return " ".join(notes)


def _weighted(values: Samples, known: Known, voice: Voice) -> float:
    """Weight bands and subtract what neighbours have in common, over the known bands only."""
    weight = voice.weight * known
    redundancy = voice.redundancy * (known[:-1] & known[1:])
    shared = redundancy @ np.sqrt(values[:-1] * values[1:])
    scale = weight.sum() - redundancy.sum()
    return float(np.clip((weight @ values - shared) / scale, 0.0, 1.0))


def _index_errors(band: BandModulation, transfer: Samples, share: float) -> tuple[float, float]:
    """Return the standard errors of a band's index, its own and that in common with others.

    Beyond the limits the index does not move.
    """
    inside = np.abs(_effective_snr_db(transfer)) < LIMIT_DB
    slope = share * inside / np.maximum(transfer * (1 - transfer), 1e-6)
    slope *= NEPER_DB / (2 * LIMIT_DB * transfer.size)
    return float(np.sqrt(slope @ band.covariance @ slope)), float(slope @ band.common)


def _error(values: Samples, errors: Samples, known: Known, voice: Voice) -> float:
    """Return the standard error of the index from those of its bands, shape (7, 2).

    What is left out is taken to differ from the index as the known bands do from each other.
    """
    weight = voice.weight * known
    redundancy = voice.redundancy * (known[:-1] & known[1:])
    root = np.sqrt(np.maximum(values, 1e-6))
    slope = weight.copy()
    slope[:-1] -= 0.5 * redundancy * root[1:] / root[:-1]
    slope[1:] -= 0.5 * redundancy * root[:-1] / root[1:]
    scale = weight.sum() - redundancy.sum()
    unknown = (1.0 - scale) * float(np.std(values[known]))
    own, common = np.linalg.norm(slope * errors[:, 0]), slope @ errors[:, 1]
    return float(np.linalg.norm([own / scale, common / scale, unknown, METHOD_ERROR]))
