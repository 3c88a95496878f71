"""The wall clock."""

import asyncio
from datetime import UTC, datetime


class WallClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Give the time, in UTC."""
        return datetime.now(UTC)

    async def pause(self, duration_s: float) -> None:
        """Come back after that time."""
        await asyncio.sleep(duration_s)
