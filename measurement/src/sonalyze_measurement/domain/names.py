"""Names that meet a path: nothing else of what a client sends ever does."""

import re
from uuid import UUID

from sonalyze_contracts.identifiers import UPLOAD_NAME_PATTERN, JobId, UploadName
from sonalyze_measurement.domain.conditions import InvalidUploadName, UnknownJob

LONGEST_STEM = 64


def job_id_of(text: str) -> JobId:
    """Accept a UUID in its usual spelling; no job can have another name."""
    try:
        job_id = str(UUID(text))
    except ValueError:
        job_id = ""
    if job_id != text.lower():
        raise UnknownJob("Job not found")
    return JobId(job_id)


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
