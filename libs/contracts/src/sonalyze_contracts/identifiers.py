"""Ids and short texts, each with the limits within which it may cross a wire.

The plain names (``DeviceId``) are what the code passes around; the names ending in ``Field``
are the same types with the limits that pydantic enforces where they enter.
"""

from typing import Annotated, NewType
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

DeviceId = NewType("DeviceId", str)
ConnectionId = NewType("ConnectionId", str)
LobbyId = NewType("LobbyId", str)
LobbyCode = NewType("LobbyCode", str)
SessionId = NewType("SessionId", str)
JobId = NewType("JobId", str)
SlotId = NewType("SlotId", str)
UploadName = NewType("UploadName", str)
AudioHash = NewType("AudioHash", str)

UPLOAD_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"
AUDIO_HASH_PATTERN = r"^[0-9a-f]{64}$"


def without_nul(text: str) -> str:
    """Refuse the one character that PostgreSQL cannot store."""
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def canonical_uuid(text: str) -> str:
    """Accept any spelling of a UUID and give the canonical one."""
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("must be a UUID") from None


def as_typed_by_hand(text: object) -> object:
    """Forgive what people do to a code: blanks around it, small letters."""
    return text.strip().upper() if isinstance(text, str) else text


NoNul = AfterValidator(without_nul)
Uuid = AfterValidator(canonical_uuid)

DeviceIdField = Annotated[DeviceId, Field(min_length=1, max_length=128), NoNul]
LobbyIdField = Annotated[LobbyId, Field(min_length=1, max_length=64), NoNul]
LobbyCodeField = Annotated[
    LobbyCode, BeforeValidator(as_typed_by_hand), Field(min_length=4, max_length=16), NoNul
]
SessionIdField = Annotated[SessionId, Field(min_length=1, max_length=64), NoNul]
JobIdField = Annotated[JobId, Field(min_length=1, max_length=64), NoNul]
SlotIdField = Annotated[SlotId, Field(min_length=1, max_length=64), NoNul]
SlotLabel = Annotated[str, Field(max_length=128), NoNul]
UploadNameField = Annotated[UploadName, Field(pattern=UPLOAD_NAME_PATTERN)]
AudioHashField = Annotated[AudioHash, Field(pattern=AUDIO_HASH_PATTERN)]
