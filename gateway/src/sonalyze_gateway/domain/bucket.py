"""A token bucket; whoever asks says what time it is."""


class TokenBucket:
    """Lets ``burst`` messages pass at once and ``rate_per_s`` in the long run."""

    __slots__ = ("_burst", "_filled_at_s", "_rate_per_s", "_tokens")

    def __init__(self, rate_per_s: float, burst: int, now_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at_s = now_s

    def take(self, now_s: float) -> bool:
        """Take one token; say whether there was one."""
        earned = (now_s - self._filled_at_s) * self._rate_per_s
        self._tokens = min(self._burst, self._tokens + earned)
        self._filled_at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
