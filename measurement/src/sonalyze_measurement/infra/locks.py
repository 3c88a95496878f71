"""One lock per key, for as long as somebody needs it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class KeyedLocks:
    """Lets one at a time do something with the same key; other keys go on meanwhile."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._interested: Counter[Hashable] = Counter()

    def is_held(self, key: Hashable) -> bool:
        """Say whether somebody holds the lock of this key."""
        return key in self._locks and self._locks[key].locked()

    @asynccontextmanager
    async def holding(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for the key's lock and hold it."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._interested[key] += 1
        try:
            async with lock:
                yield
        finally:
            self._interested[key] -= 1
            if not self._interested[key]:
                del self._locks[key], self._interested[key]
