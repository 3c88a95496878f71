"""What an analysis was made from: enough to make it again, and to see that it is the same."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.provenance import PlayedSignal, Provenance, RecordedPosition, Versions
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.positions import Position
from sonalyze_measurement.domain.signals import Reference
from sonalyze_measurement.domain.subjects import SignalRecording, Subject


@dataclass(frozen=True, slots=True)
class Said:
    """What a recording says, or repeats together, with the SHA-256 of what was read for it.

    ``figures`` is what a spatial mean is formed from, in a form that only the children read.
    """

    results: AnalysisResults
    inputs_sha256: tuple[str, ...]
    figures: bytes


@dataclass(frozen=True, slots=True)
class Evaluated(Said):
    """What a single recording says, with the SHA-256 of the response written beside."""

    response_sha256: str
    versions: Versions


@dataclass(frozen=True, slots=True)
class KeptResults:
    """Results as they are kept, byte for byte, and what they came from."""

    content: bytes
    provenance: Provenance | None


def analysed_upload(request: AnalysisRequest) -> UploadName:
    """Name the upload that an analysis is about."""
    return uploads_read(request)[0]


def uploads_read(request: AnalysisRequest) -> tuple[UploadName, ...]:
    """Name all uploads that an analysis of one recording reads, the one that it is about first."""
    match request.source:
        case AnalysisSource.IMPULSE_RESPONSE:
            return (request.impulse_response_upload,)
        case AnalysisSource.SWEEP_DECONVOLUTION:
            return (request.recording_upload, request.sweep_reference_upload)
        case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED | AnalysisSource.ALL:
            return (request.recording_upload,)


def provenance_of(request: AnalysisRequest, subject: Subject, evaluated: Evaluated) -> Provenance:
    """Record what the results of one recording came from."""
    signal = None
    if isinstance(subject, SignalRecording):
        signal = _signal(subject.reference)
    return Provenance(
        request=parameters_of(request),
        inputs=dict(zip(uploads_read(request), evaluated.inputs_sha256, strict=True)),
        signal=signal,
        response_sha256=evaluated.response_sha256,
        versions=evaluated.versions,
    )


def provenance_of_all(
    request: AnalysisRequest,
    positions: Sequence[Position],
    references: Mapping[AudioHash, Reference],
    evaluated: Mapping[UploadName, Evaluated],
) -> Provenance:
    """Record what the mean of all positions came from, at least one recording."""
    return Provenance(
        request=parameters_of(request),
        inputs={name: each.inputs_sha256[0] for name, each in evaluated.items()},
        positions=[
            RecordedPosition(
                uploads=list(each.uploads),
                source_id=each.place and each.place.source_id,
                receiver_id=each.place and each.place.receiver_id,
                audio_hash=each.audio_hash,
                signal=_signal(references[each.audio_hash]),
            )
            for each in positions
        ],
        versions=next(iter(evaluated.values())).versions,
    )


def parameters_of(request: AnalysisRequest) -> AnalysisRequest:
    """Leave out what a command that is a request says besides: of which job."""
    return AnalysisRequest.model_validate(request.model_dump())


def _signal(reference: Reference) -> PlayedSignal:
    return PlayedSignal(**asdict(reference.file.parameters))
