"""What an analysis was made from: enough to make it again, and to see that it is the same."""

from dataclasses import asdict, dataclass

from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.jobs import AnalysisRequest, AnalysisSource
from sonalyze_contracts.provenance import PlayedSignal, Provenance, Versions
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.subjects import SignalRecording, Subject


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Results, with the SHA-256 of what was read for them and of the response written beside."""

    results: AnalysisResults
    inputs_sha256: tuple[str, ...]
    response_sha256: str
    versions: Versions


@dataclass(frozen=True, slots=True)
class KeptResults:
    """The results of an upload as they are kept, byte for byte, and what they came from."""

    content: bytes
    provenance: Provenance | None


def analysed_upload(request: AnalysisRequest) -> UploadName:
    """Name the upload that an analysis is about."""
    return uploads_read(request)[0]


def uploads_read(request: AnalysisRequest) -> tuple[UploadName, ...]:
    """Name all uploads that an analysis reads, the one that it is about first."""
    match request.source:
        case AnalysisSource.IMPULSE_RESPONSE:
            return (request.impulse_response_upload,)
        case AnalysisSource.SWEEP_DECONVOLUTION:
            return (request.recording_upload, request.sweep_reference_upload)
        case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED:
            return (request.recording_upload,)


def provenance_of(request: AnalysisRequest, subject: Subject, evaluated: Evaluated) -> Provenance:
    """Record what results came from."""
    signal = None
    if isinstance(subject, SignalRecording):
        signal = PlayedSignal(**asdict(subject.reference.file.parameters))
    return Provenance(
        # A command that is a request, too, also says of which job: that is no parameter.
        request=AnalysisRequest.model_validate(request.model_dump()),
        inputs=dict(zip(uploads_read(request), evaluated.inputs_sha256, strict=True)),
        signal=signal,
        response_sha256=evaluated.response_sha256,
        versions=evaluated.versions,
    )
