"""Which files are read as recordings, by the services and by the command line alike."""

from typing import Final

MOST_CHANNELS: Final = 8
LONGEST_RECORDING_S: Final = 180.0

CONTAINERS: Final = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "FLAC", "OGG"})
CODECS: Final = frozenset(
    {"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"}
    | {"ALAC_16", "ALAC_20", "ALAC_24", "ALAC_32", "VORBIS", "OPUS"}
)
"""What phones and recorders write, in libsndfile's names; its other decoders are old, rare and
untested, and MP3 or ADPCM lose what an analysis looks for."""

UNKNOWN_FRAMES: Final = (1 << 63) - 1
"""The length that libsndfile gives for FLAC whose writer could not go back to say it."""
