"""The wall clock."""

import asyncio
from datetime import UTC, datetime


class WallClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Give the time, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        """Come back at that time, at once if it has passed."""
        await asyncio.sleep(max(0.0, (when - self.now()).total_seconds()))
