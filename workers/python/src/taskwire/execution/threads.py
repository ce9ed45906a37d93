"""Handlers in the worker's own threads: no overhead, and nothing can be killed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from taskwire.execution.call import Caller
from taskwire.outcome import Failed, Outcome, Stopped
from taskwire.stop import TIME_LIMIT, Stop

if TYPE_CHECKING:
    from taskwire.definition import Definition
    from taskwire.request import Request
    from taskwire.task import Line


class LimitedLine:
    """A handler's line that also says when its time is up."""

    def __init__(self, line: Line, stop: Stop) -> None:
        self._line = line
        self._stop = stop

    def report(self, progress: float | None, message: str | None) -> None:
        """See `Line.report`."""
        self._line.report(progress, message)

    def log(self, text: str) -> None:
        """See `Line.log`."""
        self._line.log(text)

    @property
    def stopped(self) -> bool:
        """See `Line.stopped`."""
        return self._line.stopped or self._stop.reason is not None


class ThreadExecutor:
    """Runs handlers in the calling thread.

    A plain handler that ignores `task.cancelled` runs to its end whatever happens; an `async` one is cancelled. A time
    limit ends the handler alone and leaves `stop` as it is: the task is worked at until its failure is answered.
    """

    def __init__(self) -> None:
        self._caller = Caller()

    def run(self, definition: Definition, request: Request, line: Line, stop: Stop) -> Outcome:
        """See `Executor.run`."""
        end = Stop()
        stop.on_set(end.set)
        limit = threading.Timer(definition.time_limit or 0, end.set, [TIME_LIMIT])
        if definition.time_limit is not None:
            limit.daemon = True
            limit.start()
        try:
            outcome = self._caller.call(definition.handler, request, LimitedLine(line, end), end, definition.retry_on)
        finally:
            limit.cancel()
        if stop.reason is not None:
            return Stopped(stop.reason)
        return time_limit_exceeded(definition) if end.reason == TIME_LIMIT else outcome

    def close(self) -> None:
        """See `Executor.close`."""
        self._caller.close()


def time_limit_exceeded(definition: Definition) -> Failed:
    """The failure of a handler that took longer than it may."""
    return Failed("TimeLimitExceeded", f"It took longer than {definition.time_limit} s.", retryable=True)
