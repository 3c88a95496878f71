"""What can be asked of a job's recordings: one of them, or all together."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from sonalyze_contracts.identifiers import (
    AudioHash,
    AudioHashField,
    SlotIdField,
    UploadName,
    UploadNameField,
)
from sonalyze_contracts.model import Model
from sonalyze_contracts.recordings import MOST_CHANNELS

MOST_POSITIONS: Final = 64
"""Of an analysis of all recordings: as many pairs as ``auto_analyze`` takes."""

MOST_REPEATS: Final = 8
"""Recordings of one pair; each doubling takes 3 dB of noise away."""

SpeechBands = Annotated[
    list[Annotated[float, Field(ge=-50, le=150)]], Field(min_length=7, max_length=7)
]
Repeats = Annotated[list[UploadNameField], Field(min_length=1, max_length=MOST_REPEATS)]


class AnalysisSource(StrEnum):
    """What a recording is to be compared with; ``all`` is every recording of the job."""

    IMPULSE_RESPONSE = "impulse_response"
    SWEEP_DECONVOLUTION = "sweep_deconvolution"
    SWEEP_DECONVOLUTION_GENERATED = "sweep_deconvolution_generated"
    ALL = "all"


OF_A_GENERATED_SIGNAL: Final = frozenset(
    {AnalysisSource.SWEEP_DECONVOLUTION_GENERATED, AnalysisSource.ALL}
)


class BackgroundLevels(Model):
    """Speech and noise at the listener, for the speech transmission index.

    Levels bring in masking and the reception threshold of IEC 60268-16; a signal-to-noise ratio
    alone leaves the index independent of level.
    """

    speech_db: SpeechBands | None = Field(
        default=None, description="dB SPL in the octaves from 125 Hz to 8 kHz."
    )
    noise_db: SpeechBands | None = Field(default=None, description="As `speech_db`.")
    snr_db: SpeechBands | None = Field(
        default=None, description="Speech above noise in the same octaves, instead of both levels."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        levels = (self.speech_db is not None, self.noise_db is not None)
        if any(levels) == (self.snr_db is not None) or any(levels) != all(levels):
            raise ValueError("Give 'speech_db' and 'noise_db', or 'snr_db'")
        return self


class RecordedPair(Model):
    """The recordings of one speaker by one microphone; several are repeats of one another."""

    source_id: SlotIdField = Field(description="Where the speaker stood, by any name.")
    receiver_id: SlotIdField = Field(description="Where the microphone stood, by any name.")
    uploads: Repeats
    audio_hash: AudioHashField | None = Field(
        default=None, description="What was played, if it was not the signal of the request."
    )


class AnalysisRequest(Model):
    """``POST /v1/jobs/{job_id}/analyze``."""

    source: AnalysisSource
    impulse_response_upload: UploadNameField = UploadName("impulse_response")
    recording_upload: UploadNameField = UploadName("recording")
    sweep_reference_upload: UploadNameField = UploadName("sweep_reference")
    audio_hash: AudioHashField | None = None
    channel: Annotated[int, Field(ge=0, lt=MOST_CHANNELS)] | None = Field(
        default=None, description="The channel to analyse, from 0; the mean of all if absent."
    )
    third_octaves: bool = Field(
        default=False, description="Whether to give every third of an octave as well."
    )
    background: BackgroundLevels | None = None
    pairs: Annotated[list[RecordedPair], Field(max_length=MOST_POSITIONS)] = Field(
        default_factory=list,
        description="Of `all`: which recordings are of which pair. Others are told apart by their "
        "names, SOURCE.RECEIVER, if these are ids of the map.",
    )
    repeats: Annotated[list[Repeats], Field(max_length=MOST_POSITIONS)] = Field(
        default_factory=list, description="Of `all`: uploads that are repeats of one pair."
    )

    @model_validator(mode="after")
    def _names_the_signal(self) -> Self:
        if self.source in OF_A_GENERATED_SIGNAL and self.audio_hash is None:
            raise ValueError("Missing 'audio_hash' in data")
        return self

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        named = Counter(upload for group in self.groups for upload in group)
        twice = sorted(upload for upload, times in named.items() if times > 1)
        if twice:
            raise ValueError(f"Named more than once in 'pairs' and 'repeats': {', '.join(twice)}")
        return self

    def of_recording(self, upload: UploadName, audio_hash: AudioHash) -> "AnalysisRequest":
        """Ask for one recording of `all` as a client would who asks for nothing else."""
        return AnalysisRequest(
            source=AnalysisSource.SWEEP_DECONVOLUTION_GENERATED,
            recording_upload=upload,
            audio_hash=audio_hash,
            channel=self.channel,
            third_octaves=self.third_octaves,
            background=self.background,
        )

    @property
    def groups(self) -> list[list[UploadName]]:
        """The uploads that are said to belong together."""
        return [*(pair.uploads for pair in self.pairs), *self.repeats]
