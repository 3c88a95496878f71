"""The bytes of a form's file, as they arrive: nothing is gathered, nothing is written here."""

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sonalyze_measurement.domain.conditions import FileFieldMissing, MalformedUpload

FIELD = "file"


async def file_chunks(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the content of the field ``file`` of a multipart body.

    Raises
    ------
    FileFieldMissing
        If the body is no form, or has no such field.
    MalformedUpload
        If the form is broken or ends before its closing boundary.
    """
    form = _Form(_boundary_of(content_type))
    async for piece in body:
        form.feed(piece)
        if content := form.taken():
            yield content
    form.require_complete()


def _boundary_of(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise FileFieldMissing(f"Send the recording as multipart form data, field '{FIELD}'")
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedUpload("The Content-Type names no boundary")
    return boundary


class _Form:
    """Reads one form and keeps only what of the file has not been taken yet."""

    def __init__(self, boundary: bytes) -> None:
        self._content = bytearray()
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._files_seen = 0
        self._inside_file = False
        self._is_complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_begin": self._begin_header,
                    "on_header_field": self._read_header_name,
                    "on_header_value": self._read_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._read_content,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise MalformedUpload(f"The form cannot be read: {error}") from None

    def feed(self, piece: bytes) -> None:
        """Read what arrived."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise MalformedUpload(f"The form cannot be read: {error}") from None

    def taken(self) -> bytes:
        """Give what has come of the file since the last time."""
        content = bytes(self._content)
        self._content.clear()
        return content

    def require_complete(self) -> None:
        """Refuse a form without the file, or without its end."""
        if not self._is_complete:
            raise MalformedUpload("The form ends before its closing boundary")
        if not self._files_seen:
            raise FileFieldMissing(f"The form has no field '{FIELD}'")

    def _begin_part(self) -> None:
        self._inside_file = False
        self._disposition = b""

    def _begin_header(self) -> None:
        self._header_name.clear()
        self._header_value.clear()

    def _read_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _read_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._inside_file = options.get(b"name") == FIELD.encode()
        self._files_seen += self._inside_file
        if self._files_seen > 1:
            raise MalformedUpload(f"The form has more than one field '{FIELD}'")

    def _read_content(self, data: bytes, start: int, end: int) -> None:
        if self._inside_file:
            self._content += data[start:end]

    def _end(self) -> None:
        self._is_complete = True
