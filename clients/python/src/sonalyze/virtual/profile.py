"""What is particular about one phone's sound: clock, loudspeaker, microphone, habits."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

LATENCY_S: Final = (0.1, 2.0)
CLOCK_SKEW_PPM: Final = (-100.0, 100.0)
TRAILING_MARGIN_S: Final = (0.3, 1.0)

LOUDSPEAKER_HIGH_PASS_HZ: Final = (200.0, 300.0)
"""Resonance of a small loudspeaker; below it, 12 dB per octave are missing."""

LOUDSPEAKER_DRIVE: Final = (0.1, 0.5)
"""Third harmonic of a full-scale tone between 0.1 and 2 % (drive squared over 12)."""

MICROPHONE_GAIN_DB: Final = (-26.0, -16.0)
"""Rooms amplify: without gain the signal peaks at up to 14.3 dB in the catalogue's. None clips."""

SIGNAL_TO_NOISE_DB: Final = (40.0, 60.0)
"""Real phones recorded 41 to 65 dB in the octave of 1 kHz, in rooms that were in use."""

SAMPLE_RATES_HZ: Final = (48_000, 44_100)
CHANNELS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class PhoneProfile:
    """A phone as an acoustic device. The defaults make a phone without any fault."""

    latency_s: float = 0.5
    """How long it records before playback begins."""

    clock_skew_ppm: float = 0.0
    """How much its clock is faster than the playing phone's: positive gives more samples."""

    trailing_margin_s: float = 0.5
    """How long it goes on recording after playback has ended."""

    loudspeaker_high_pass_hz: float | None = None
    """Corner of its loudspeaker, Butterworth of second order; None is a perfect loudspeaker."""

    loudspeaker_drive: float = 0.0
    """Soft clipping, tanh(drive x) / drive; 0 is a linear loudspeaker."""

    microphone_gain_db: float = 0.0
    """Level in dB full scale that sound of the played level at 1 m would have."""

    signal_to_noise_db: float | None = None
    """Recorded signal over background noise, both over the time of playback; None is silence."""

    sample_rate_hz: int = 48_000
    """Rate that it records at."""

    channels: int = 1
    """How many identical channels it writes."""

    @classmethod
    def drawn(cls, seed: int) -> Self:
        """Draw a phone from the ranges of this module; the same seed draws the same phone."""
        random = np.random.default_rng(seed)
        return cls(
            latency_s=float(random.uniform(*LATENCY_S)),
            clock_skew_ppm=float(random.uniform(*CLOCK_SKEW_PPM)),
            trailing_margin_s=float(random.uniform(*TRAILING_MARGIN_S)),
            loudspeaker_high_pass_hz=float(random.uniform(*LOUDSPEAKER_HIGH_PASS_HZ)),
            loudspeaker_drive=float(random.uniform(*LOUDSPEAKER_DRIVE)),
            microphone_gain_db=float(random.uniform(*MICROPHONE_GAIN_DB)),
            signal_to_noise_db=float(random.uniform(*SIGNAL_TO_NOISE_DB)),
            sample_rate_hz=int(random.choice(SAMPLE_RATES_HZ)),
            channels=int(random.choice(CHANNELS)),
        )
