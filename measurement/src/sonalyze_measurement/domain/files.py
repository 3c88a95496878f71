"""Files as the store knows them, and under which keys they lie."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store as it is now; another ``version`` is another content."""

    key: str
    size_bytes: int
    version: str
    modified_at: datetime
