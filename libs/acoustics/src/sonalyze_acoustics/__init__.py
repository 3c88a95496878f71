"""Room acoustics as pure functions: from samples to figures, without I/O and without guessing."""

from sonalyze_acoustics.alignment import Chirps, find_chirps
from sonalyze_acoustics.analysis import (
    evaluate_deconvolution,
    evaluate_impulse_response,
    evaluate_recording,
    evaluate_reference_recording,
)
from sonalyze_acoustics.assembly import octave_responses
from sonalyze_acoustics.bands import OCTAVES, Band
from sonalyze_acoustics.channels import one_channel
from sonalyze_acoustics.curves import (
    EDT,
    T20,
    T30,
    EvaluationRange,
    energy_decay_curve,
    level_db,
    reverberation_time,
)
from sonalyze_acoustics.decay import LateDecay, late_decay
from sonalyze_acoustics.deconvolution import Deconvolution, ImpulseResponse
from sonalyze_acoustics.errors import (
    AlignmentFailed,
    BeyondFullScale,
    InsufficientDecay,
    InvalidBackground,
    InvalidSignal,
    NotAMeasurement,
    NotFinite,
    NotMono,
    RecordingTooShort,
    SilentRecording,
    Unevaluable,
    UnsupportedRate,
)
from sonalyze_acoustics.evaluation import (
    VERSION,
    Alignment,
    BandMetrics,
    ChirpFound,
    DecayCurveSummary,
    Evaluation,
    Finding,
    FrequencyResponse,
    MidFrequency,
    Quality,
    SpeechTransmission,
)
from sonalyze_acoustics.location import Located, locate
from sonalyze_acoustics.matched_filter import matched_envelope
from sonalyze_acoustics.metrics import band_metrics
from sonalyze_acoustics.onset import onset_of
from sonalyze_acoustics.position_means import BandOverPositions, PositionMean
from sonalyze_acoustics.positions import Coverage, Grade, Place
from sonalyze_acoustics.reference_response import deconvolve
from sonalyze_acoustics.repeats import evaluate_recordings
from sonalyze_acoustics.response_bands import BandResponse, split_into_bands
from sonalyze_acoustics.signal import (
    Segment,
    SignalSpec,
    chirp,
    measurement_signal,
    segments,
    sweep,
)
from sonalyze_acoustics.software import software_versions
from sonalyze_acoustics.spatial import SpatialMean, spatial_mean
from sonalyze_acoustics.speech import modulation_transfer, speech_transmission, transmission_index
from sonalyze_acoustics.speech_levels import BackgroundNoise
from sonalyze_acoustics.sweep_response import impulse_response_of, sweep_deconvolution

__all__ = [
    "EDT",
    "OCTAVES",
    "T20",
    "T30",
    "VERSION",
    "Alignment",
    "AlignmentFailed",
    "BackgroundNoise",
    "Band",
    "BandMetrics",
    "BandOverPositions",
    "BandResponse",
    "BeyondFullScale",
    "ChirpFound",
    "Chirps",
    "Coverage",
    "DecayCurveSummary",
    "Deconvolution",
    "Evaluation",
    "EvaluationRange",
    "Finding",
    "FrequencyResponse",
    "Grade",
    "ImpulseResponse",
    "InsufficientDecay",
    "InvalidBackground",
    "InvalidSignal",
    "LateDecay",
    "Located",
    "MidFrequency",
    "NotAMeasurement",
    "NotFinite",
    "NotMono",
    "Place",
    "PositionMean",
    "Quality",
    "RecordingTooShort",
    "Segment",
    "SignalSpec",
    "SilentRecording",
    "SpatialMean",
    "SpeechTransmission",
    "Unevaluable",
    "UnsupportedRate",
    "band_metrics",
    "chirp",
    "deconvolve",
    "energy_decay_curve",
    "evaluate_deconvolution",
    "evaluate_impulse_response",
    "evaluate_recording",
    "evaluate_recordings",
    "evaluate_reference_recording",
    "find_chirps",
    "impulse_response_of",
    "late_decay",
    "level_db",
    "locate",
    "matched_envelope",
    "measurement_signal",
    "modulation_transfer",
    "octave_responses",
    "one_channel",
    "onset_of",
    "reverberation_time",
    "segments",
    "software_versions",
    "spatial_mean",
    "speech_transmission",
    "split_into_bands",
    "sweep",
    "sweep_deconvolution",
    "transmission_index",
]
