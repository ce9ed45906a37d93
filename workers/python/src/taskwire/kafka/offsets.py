"""Which offset of a partition may be committed."""

from __future__ import annotations

import threading


class OffsetTracker:
    """Follows the records of one partition, which come in order and finish in any. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, None] = {}  # in order, as they came
        self._next: int | None = None

    def taken(self, offset: int) -> None:
        """A record has come."""
        with self._lock:
            self._open[offset] = None
            self._next = offset + 1

    def finished(self, offset: int) -> None:
        """What a record asked for is durable."""
        with self._lock:
            self._open.pop(offset, None)

    @property
    def position(self) -> int | None:
        """The offset behind the last record before which all are finished; `None` before the first came."""
        with self._lock:
            return next(iter(self._open), self._next)
