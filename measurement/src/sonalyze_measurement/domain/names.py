"""Names that meet a path: nothing else of what a client sends ever does."""

import re

from sonalyze_contracts.identifiers import UPLOAD_NAME_PATTERN, JobId, UploadName
from sonalyze_measurement.domain.conditions import InvalidUploadName, UnknownJob

LONGEST_STEM = 64

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def job_id_of(text: str) -> JobId:
    """Accept a UUID in its usual spelling; no job can have another name."""
    if not _UUID.fullmatch(text):
        raise UnknownJob("Job not found")
    return JobId(text.lower())


def upload_name_of(text: str) -> UploadName:
    """Accept a name that is one harmless file name on every system."""
    if not re.fullmatch(UPLOAD_NAME_PATTERN.strip("^$"), text, re.ASCII):
        raise InvalidUploadName(
            "An upload's name starts with a letter or digit and has up to 128 letters, digits, "
            "dots, dashes and underscores"
        )
    return UploadName(text)


def download_stem_of(session_id: str | None) -> str:
    """Name the downloaded signal after its session, whatever the session is called."""
    if not session_id:
        return "measurement_signal"
    return "measurement_" + re.sub(r"[^A-Za-z0-9_-]", "_", session_id)[:LONGEST_STEM]
