"""Raw recordings are kept as long as an operator says: voices may be in them.

Impulse responses, results and what is known of rooms stay.
"""

from datetime import timedelta
from typing import Final

import structlog

from sonalyze_measurement.domain.conditions import StoreUnavailable
from sonalyze_measurement.ports import Clock, OldRecordings

log = structlog.get_logger(__name__)

PAUSE_S: Final = 3600.0


class Retention:
    """Deletes what is too old."""

    def __init__(self, recordings: OldRecordings, clock: Clock, kept_days: int) -> None:
        self._recordings = recordings
        self._clock = clock
        self._kept = timedelta(days=kept_days)

    async def keep_going(self) -> None:
        """Sweep now and every hour; a store that is away has its turn an hour later."""
        while True:
            try:
                await self.sweep()
            except StoreUnavailable:
                log.warning("retention.postponed")
            await self._clock.pause(PAUSE_S)

    async def sweep(self) -> int:
        """Delete all that is too old now; tell how many recordings that were."""
        before = self._clock.now() - self._kept
        deleted = 0
        await self._recordings.forget_beginnings()
        async for job_id, name in self._recordings.older_than(before):
            deleted += await self._recordings.delete(job_id, name, before)
        log.info("retention.swept", deleted=deleted)
        return deleted
