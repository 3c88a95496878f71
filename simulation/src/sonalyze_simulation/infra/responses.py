"""Sounds as files: 32 bit WAV, written here because libsndfile puts the time into its headers.

The same samples are the same bytes, whenever they are written.
"""

import struct
from base64 import b64encode
from typing import Final

import numpy as np

FLOAT_FORMAT: Final = 3
"""``WAVE_FORMAT_IEEE_FLOAT`` of the RIFF specification."""

SAMPLE_BYTES: Final = 4


def wav_of(samples: np.ndarray[tuple[int], np.dtype[np.float32]], sample_rate_hz: int) -> str:
    """Write one channel as a WAV file, in base64."""
    data = samples.astype("<f4", copy=False).tobytes()
    bytes_per_second, bits = sample_rate_hz * SAMPLE_BYTES, 8 * SAMPLE_BYTES
    described = struct.pack(
        "<HHIIHHH", FLOAT_FORMAT, 1, sample_rate_hz, bytes_per_second, SAMPLE_BYTES, bits, 0
    )
    counted = struct.pack("<I", samples.size)
    chunks = _chunk(b"fmt ", described) + _chunk(b"fact", counted) + _chunk(b"data", data)
    return b64encode(_chunk(b"RIFF", b"WAVE" + chunks)).decode("ascii")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content
