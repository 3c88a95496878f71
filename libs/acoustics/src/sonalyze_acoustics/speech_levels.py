"""What a listener hears of speech besides the room: noise, masking and the reception threshold.

IEC 60268-16, Annex A: the modulation is multiplied by I / (I + I_n + I_am + I_rt), the intensities
of speech, noise, masking by the octave below and reception threshold. The masking depends on the
level of speech and noise together. Where the speech's own level is unknown only I_n can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.errors import InvalidBackground
from sonalyze_acoustics.samples import Samples

RECEPTION_THRESHOLD_DB: Final = np.array([46.0, 27.0, 12.0, 6.5, 7.5, 8.0, 12.0])
"""Level in dB SPL below which speech in an octave is not understood (Edition 5, Table A.3)."""

LOUDEST_DB: Final = 200.0
"""No level and no ratio in air is beyond."""

BANDS: Final = 7


@dataclass(frozen=True, slots=True)
class BackgroundNoise:
    """Noise that speech competes with, per octave from 125 Hz to 8 kHz.

    Parameters
    ----------
    snr_db : tuple of float
        Level of speech above noise in dB.
    speech_db : tuple of float, optional
        Level of the speech at the listener in dB SPL; without it nothing is said of masking and
        the reception threshold.

    Raises
    ------
    InvalidBackground
        Unless there are seven levels, each a number within 200 dB of 0.
    """

    snr_db: tuple[float, ...]
    speech_db: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for levels in (self.snr_db, self.speech_db or self.snr_db):
            # NaN compares as false, so it is refused here.
            if len(levels) != BANDS or not all(abs(level) <= LOUDEST_DB for level in levels):
                raise InvalidBackground(levels)

    @classmethod
    def of_levels(
        cls, speech_db: tuple[float, ...], noise_db: tuple[float, ...]
    ) -> BackgroundNoise:
        """Put it together from the levels of speech and noise at the listener, in dB SPL."""
        if len(speech_db) != len(noise_db):
            raise InvalidBackground(noise_db)
        ratio_db = [speech - noise for speech, noise in zip(speech_db, noise_db, strict=True)]
        return cls(tuple(ratio_db), tuple(speech_db))

    @classmethod
    def told(
        cls,
        *,
        speech_db: Sequence[float] | None = None,
        noise_db: Sequence[float] | None = None,
        snr_db: Sequence[float] | None = None,
    ) -> BackgroundNoise:
        """Put it together from the ratios, or else from both levels."""
        if snr_db is not None:
            return cls(tuple(snr_db))
        return cls.of_levels(tuple(speech_db or ()), tuple(noise_db or ()))

    @property
    def knows_levels(self) -> bool:
        """Say whether masking and reception threshold can be told."""
        return self.speech_db is not None

    def transfer(self) -> Samples:
        """Return what is left of the modulation in each octave, shape (7,), from 0 to 1."""
        over_speech = 10 ** (-0.1 * np.array(self.snr_db))
        if self.speech_db is None:
            return np.asarray(1.0 / (1.0 + over_speech))
        speech = 10 ** (0.1 * np.array(self.speech_db))
        heard = speech * (1.0 + over_speech)
        masking = np.zeros(BANDS)
        masking[1:] = heard[:-1] * 10 ** (0.1 * masking_db(10 * np.log10(heard[:-1])))
        threshold = 10 ** (0.1 * RECEPTION_THRESHOLD_DB)
        return np.asarray(speech / (heard + masking + threshold))


def masking_db(level_db: Samples) -> Samples:
    """Return how far below an octave's level its masking of the next octave lies, in dB.

    Parameters
    ----------
    level_db : ndarray, shape (...)
        Level of the lower octave, speech and noise together, in dB SPL.

    Returns
    -------
    ndarray, shape (...), float64
        Negative.

    Notes
    -----
    IEC 60268-16, Table A.1 of Edition 4 and A.2 of Edition 5, which agree.
    """
    return np.asarray(
        np.select(
            [level_db < 63.0, level_db < 67.0, level_db < 100.0],  # noqa: PLR2004  the table's rows
            [0.5 * level_db - 65.0, 1.8 * level_db - 146.9, 0.5 * level_db - 59.8],
            -10.0,
        )
    )
