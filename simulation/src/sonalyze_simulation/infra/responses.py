"""Responses as files: 32 bit WAV, whose samples are pressure relative to one metre."""

import io
from base64 import b64encode

import numpy as np
import soundfile


def wav_of(response: np.ndarray[tuple[int], np.dtype[np.float32]], sample_rate_hz: int) -> str:
    """Write a response as a WAV file, in base64."""
    content = io.BytesIO()
    soundfile.write(content, response, sample_rate_hz, format="WAV", subtype="FLOAT")
    return b64encode(content.getvalue()).decode("ascii")
