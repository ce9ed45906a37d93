"""The reason to stop one task, told from any thread to whoever works at it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EXPIRED = "expired"
LOST = "lost"
SHUTDOWN = "shutdown"
TIME_LIMIT = "time_limit"


class Stop:
    """Is set once, to a reason: one of this module's, or what Taskwire says (`already_terminal`, …)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[str], object]] = []
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why the task is to stop; `None` while it is not."""
        return self._reason

    def set(self, reason: str) -> None:
        """Stops the task; the first reason counts."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            listeners = self._listeners
        for listener in listeners:
            listener(reason)

    def on_set(self, listener: Callable[[str], object]) -> None:
        """Calls `listener` with the reason when the task is to stop; at once if it is already."""
        with self._lock:
            self._listeners.append(listener)
            reason = self._reason
        if reason is not None:
            listener(reason)
