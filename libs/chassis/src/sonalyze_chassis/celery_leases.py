"""Which jobs somebody waits for, as all services and workers see it in Redis.

A lease ends by itself soon after its service was last heard of. How long the queue is cannot be
told from the broker's list alone, which keeps what was given up until a worker meets it, nor from
the jobs that nobody has begun, some of which a worker has in its hands: the queue is full when
both are too long.
"""

import time
from typing import NamedTuple

from redis.asyncio import Redis

from sonalyze_chassis.celery_wire import LEASE_S, lease_key, outcome_key, waiting_key


class Standing(NamedTuple):
    """How a job stands in the broker's memory, which may have lost it."""

    is_wanted: bool
    has_ended: bool


class Leases:
    """The service's hold on its jobs."""

    def __init__(self, redis: Redis, queue: str) -> None:
        self._redis = redis
        self._queue = queue

    async def queue_length(self) -> int:
        """Tell how many jobs wait for a worker."""
        waiting = waiting_key(self._queue)
        async with self._redis.pipeline() as pipeline:
            pipeline.zremrangebyscore(waiting, "-inf", time.time())
            pipeline.zcard(waiting)
            pipeline.llen(self._queue)
            _, wanted, listed = await pipeline.execute()
        return min(int(wanted), int(listed))

    async def take(self, job_id: str) -> None:
        """Begin to want a job, or want it again; how often it has run is kept."""
        async with self._redis.pipeline() as pipeline:
            pipeline.set(lease_key(self._queue, job_id), 0, ex=LEASE_S, nx=True)
            pipeline.zadd(waiting_key(self._queue), {job_id: time.time() + LEASE_S})
            await pipeline.execute()

    async def renew(self, job_id: str) -> Standing:
        """Go on wanting a job, and see how it stands."""
        async with self._redis.pipeline() as pipeline:
            pipeline.expire(lease_key(self._queue, job_id), LEASE_S)
            pipeline.zadd(waiting_key(self._queue), {job_id: time.time() + LEASE_S}, xx=True)
            pipeline.exists(outcome_key(self._queue, job_id))
            is_wanted, _, has_ended = await pipeline.execute()
        return Standing(is_wanted=bool(is_wanted), has_ended=bool(has_ended))

    async def drop(self, job_id: str) -> None:
        """Want a job no more."""
        async with self._redis.pipeline() as pipeline:
            pipeline.delete(lease_key(self._queue, job_id))
            pipeline.zrem(waiting_key(self._queue), job_id)
            await pipeline.execute()

    async def outcome(self, job_id: str) -> bytes | str:
        """Fetch what came of a job, once."""
        return await self._redis.getdel(outcome_key(self._queue, job_id)) or b"null"
