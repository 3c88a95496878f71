"""Where the measurement signal lies in a recording."""

from typing import Any, Self

from sonalyze_contracts.model import Model


class ChirpResult(Model):
    """One sync chirp as it was found."""

    detected: bool
    sample_index: int
    time_seconds: float
    correlation_peak: float
    confidence: float

    @classmethod
    def of(cls, chirp: Any) -> Self | None:  # noqa: ANN401  read by its attributes
        """Tell of a chirp, if it was looked for and found."""
        if chirp is None:
            return None
        return cls(
            detected=chirp.detected,
            sample_index=chirp.sample_index,
            time_seconds=chirp.time_s,
            correlation_peak=chirp.correlation_peak,
            confidence=chirp.confidence,
        )


class AlignmentResult(Model):
    """Where the signal lies in the recording, and how fast the recorder's clock runs."""

    success: bool = True
    message: str
    original_length_samples: int
    aligned_length_samples: int
    sweep_start_sample: int
    sweep_end_sample: int
    audio_hash: str | None = None
    start_chirp: ChirpResult | None
    end_chirp: ChirpResult | None
    skew_ppm: float | None
    latency_s: float

    @classmethod
    def of(cls, alignment: Any, audio_hash: str | None) -> Self | None:  # noqa: ANN401  as above
        """Tell where the signal of this hash lies; responses and means are not aligned."""
        if alignment is None:
            return None
        return cls(
            message=alignment.message,
            original_length_samples=alignment.original_length_samples,
            aligned_length_samples=alignment.aligned_length_samples,
            sweep_start_sample=alignment.sweep_start_sample,
            sweep_end_sample=alignment.sweep_end_sample,
            audio_hash=audio_hash,
            start_chirp=ChirpResult.of(alignment.start_chirp),
            end_chirp=ChirpResult.of(alignment.end_chirp),
            skew_ppm=alignment.skew_ppm,
            latency_s=alignment.latency_s,
        )
