"""What a handler gets."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from taskwire.request import Request

current_task_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("taskwire_task_id", default=None)
"""The id of the task whose handler runs in this context; log lines bear it."""


class Line(Protocol):
    """The way from a running handler to its worker, in whatever process that is."""

    def report(self, progress: float | None, message: str | None) -> None:
        """Passes on what the task's owner should see."""

    def log(self, text: str) -> None:
        """Writes a line into the worker's log."""

    @property
    def stopped(self) -> bool:
        """Whether the handler should end."""


class Task:
    """One attempt of one task, for its handler.

    `payload` holds the fields that were submitted. Whole numbers keep all digits; other numbers are floats.
    """

    def __init__(self, request: Request, line: Line) -> None:
        self._request = request
        self._line = line

    @property
    def id(self) -> str:
        """The task's id; make effects of your own idempotent by it, since a task may run twice."""
        return self._request.task_id

    @property
    def type(self) -> str:
        """The task's type."""
        return self._request.type

    @property
    def attempt(self) -> int | None:
        """Which attempt this is, from 1; `None` where the record does not tell."""
        return self._request.attempt

    @property
    def expires_at(self) -> datetime | None:
        """When nobody waits for the task any more."""
        return self._request.expires_at

    @property
    def payload(self) -> dict[str, Any]:
        """The fields that were submitted."""
        return self._request.payload

    @property
    def cancelled(self) -> bool:
        """Whether to end now: the task was cancelled, has expired, went to another worker, or the worker stops.

        A handler that returns then answers nothing. One that does not is killed a little later, if it has a process of
        its own. In a thread its time limit is such a reason, too, and what is answered is `TimeLimitExceeded`.
        """
        return self._line.stopped

    def progress(self, percent: float, message: str | None = None) -> None:
        """Tells the task's owner how far it is, from 0 to 100. Returns at once; of many, the newest is sent."""
        self._line.report(percent, message)

    def log(self, text: str) -> None:
        """Tells the task's owner `text`, and writes it to the worker's log with the task's id."""
        self._line.log(text)
        self._line.report(None, text)
