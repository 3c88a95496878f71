"""One at a time per lobby and per session, so that pushes leave in the order of the commits.

The database keeps changes apart already; this keeps *commit and announcement* together. It holds
within one process, and one lobby process is what the backend runs.
"""

import asyncio
from weakref import WeakValueDictionary


class Turnstile:
    """A lock per key, for as long as somebody holds or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __call__(self, key: str) -> asyncio.Lock:
        """Give the lock of a key, for ``async with``."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
