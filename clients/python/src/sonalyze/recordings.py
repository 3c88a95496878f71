"""How uploads are called, so that a name tells which pair it is of."""

import hashlib
import re

from sonalyze_contracts.identifiers import SlotId

_LONGEST_PART = 48
_DIGEST_LETTERS = 8


def recording_stem(speaker_slot_id: SlotId, microphone_slot_id: SlotId) -> str:
    """Name the recording of a speaker by a microphone, without the extension.

    The same pair always has the same name, so that a repeated turn replaces its recording. Slots
    that are no good as a name are told apart by a digest.
    """
    return f"{_part(speaker_slot_id)}.{_part(microphone_slot_id)}"


def _part(slot_id: SlotId) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", slot_id)
    if plain == slot_id and plain[0].isalnum() and len(plain) <= _LONGEST_PART:
        return plain
    digest = hashlib.sha256(slot_id.encode()).hexdigest()[:_DIGEST_LETTERS]
    return f"s{plain[:_LONGEST_PART]}-{digest}"
