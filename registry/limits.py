"""How much one account may ask of this process: a bucket of tokens, refilled evenly, against one broken client.

In memory, because it stands before every save: no statement, no lock, nothing that an outage takes away. Each process
counts for itself, so an office with two allows twice as much; what it must stop is a loop, not the thousandth request.
"""

import threading
import time
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    at: float


class Limiter:
    """``burst`` at once, ``per_second`` in the long run, for each name."""

    def __init__(self) -> None:
        self._buckets: dict[int | str, _Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, name: int | str, *, burst: int, per_second: float) -> int:
        """Take a token: 0, or the seconds until it is worth asking again, twenty tokens later. ``burst`` 0 = off."""
        if not burst:
            return 0
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(name, _Bucket(burst, now))
            bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * per_second)
            bucket.at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0
        return max(1, round(min(20, burst) / per_second))

    def forget(self) -> None:
        """All buckets are full again."""
        with self._lock:
            self._buckets.clear()


sync = Limiter()
