"""What a running handler has to say, until it is sent."""

from __future__ import annotations

import threading


class News:
    """The newest progress and message of one task, from its handler's thread to the one that reports."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: float | None = None
        self._message: str | None = None
        self._fresh = False

    def add(self, progress: float | None, message: str | None) -> None:
        """Takes what is not `None`."""
        with self._lock:
            self._progress = self._progress if progress is None else progress
            self._message = self._message if message is None else message
            self._fresh = True

    @property
    def fresh(self) -> bool:
        """Whether there is something that was not taken yet."""
        return self._fresh

    def take(self) -> tuple[float | None, str | None]:
        """The newest progress, in percent, and message."""
        with self._lock:
            self._fresh = False
            return self._progress, self._message
