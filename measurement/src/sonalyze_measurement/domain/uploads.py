"""Uploads, and the rules by which one is put together from pieces."""

from dataclasses import dataclass

from sonalyze_contracts.identifiers import UploadName
from sonalyze_measurement.domain.conditions import MalformedUpload, OffsetMismatch


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrived whole."""

    name: UploadName
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How much of an upload has arrived; ``whole`` once it is published."""

    offset_bytes: int
    whole: Upload | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What a client says of the piece it is about to send."""

    offset_bytes: int
    is_last: bool = False
    length_bytes: int | None = None

    def require_fit(self, arrived_bytes: int) -> None:
        """Refuse a piece that leaves a gap or repeats what is there."""
        if self.offset_bytes != arrived_bytes:
            raise OffsetMismatch(
                f"The upload goes on at byte {arrived_bytes}, not {self.offset_bytes}",
                offset=arrived_bytes,
            )

    def completes(self, arrived_bytes: int) -> bool:
        """Say whether the upload is whole with this many bytes."""
        if self.length_bytes is None:
            return self.is_last
        if arrived_bytes > self.length_bytes or (
            self.is_last and arrived_bytes != self.length_bytes
        ):
            raise MalformedUpload(
                f"{arrived_bytes} bytes arrived where {self.length_bytes} were announced",
                offset=arrived_bytes,
            )
        return arrived_bytes == self.length_bytes
