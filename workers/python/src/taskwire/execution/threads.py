"""Handlers in the worker's own threads: no overhead, and nothing can be killed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from taskwire.execution.call import Caller
from taskwire.outcome import Failed, Outcome, Stopped
from taskwire.stop import TIME_LIMIT

if TYPE_CHECKING:
    from taskwire.definition import Definition
    from taskwire.request import Request
    from taskwire.stop import Stop
    from taskwire.task import Line


class ThreadExecutor:
    """Runs handlers in the calling thread.

    A plain handler that ignores `task.cancelled` runs to its end whatever happens; an `async` one is cancelled.
    """

    def __init__(self) -> None:
        self._caller = Caller()

    def run(self, definition: Definition, request: Request, line: Line, stop: Stop) -> Outcome:
        """See `Executor.run`."""
        limit = threading.Timer(definition.time_limit or 0, stop.set, [TIME_LIMIT])
        if definition.time_limit is not None:
            limit.daemon = True
            limit.start()
        try:
            outcome = self._caller.call(definition.handler, request, line, stop, definition.retry_on)
        finally:
            limit.cancel()
        if stop.reason == TIME_LIMIT:
            return time_limit_exceeded(definition)
        return outcome if stop.reason is None else Stopped(stop.reason)

    def close(self) -> None:
        """See `Executor.close`."""
        self._caller.close()


def time_limit_exceeded(definition: Definition) -> Failed:
    """The failure of a handler that took longer than it may."""
    return Failed("TimeLimitExceeded", f"It took longer than {definition.time_limit} s.", retryable=True)
