"""What a perfect measurement of a virtual room would find: the room alone, as ISO 3382-1 has it."""

import numpy as np
from numpy.typing import NDArray

from sonalyze.virtual.room import RESPONSE_RATE_HZ
from sonalyze_acoustics import Evaluation, evaluate_impulse_response


def truth_of(response: NDArray[np.float64]) -> Evaluation:
    """Evaluate a noise-free response, per octave band.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        From ``VirtualRoom.response``.

    Returns
    -------
    Evaluation
        Every metric of a measurement.
    """
    return evaluate_impulse_response(response, RESPONSE_RATE_HZ)
