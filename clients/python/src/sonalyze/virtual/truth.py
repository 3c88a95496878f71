"""What a perfect measurement of a virtual room would find.

That is the room alone, as ISO 3382-1 has it. A loudspeaker that lacks low notes weighs the lower
half of an octave less than the upper half, and where both halves do not decay alike the octave's
figures change: with a corner at 300 Hz by up to 1 JND in T30 and 1 dB in C50 at 250 Hz in the
living room, by more in smaller ones. An analysis that levels the loudspeaker's low end finds the
room; for one that does not, the truth can be given as a loudspeaker excites it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonalyze.virtual.channel import what_the_loudspeaker_plays
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.room import RESPONSE_RATE_HZ
from sonalyze_acoustics import Evaluation, evaluate_impulse_response


def truth_of(response: NDArray[np.float64], speaker: PhoneProfile | None = None) -> Evaluation:
    """Evaluate a noise-free response, per octave band.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        From ``VirtualRoom.response``.
    speaker : PhoneProfile, optional
        The playing phone, whose loudspeaker's colour, not its distortion, is made part of the
        truth. By default the room alone.

    Returns
    -------
    Evaluation
        Every metric of a measurement.
    """
    if speaker is None:
        return evaluate_impulse_response(response, RESPONSE_RATE_HZ)
    linear = replace(speaker, loudspeaker_drive=0.0)
    return evaluate_impulse_response(what_the_loudspeaker_plays(response, linear), RESPONSE_RATE_HZ)
