"""Calls a handler in this thread."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from taskwire.answers import fault_of_result
from taskwire.outcome import Failed, Outcome, Succeeded, outcome_of_error
from taskwire.task import Line, Task, current_task_id
from taskwire.tracing import handler_span

if TYPE_CHECKING:
    from taskwire.definition import Handler
    from taskwire.request import Request
    from taskwire.stop import Stop


class Caller:
    """Calls handlers, plain and `async` ones; the latter on one event loop that lives as long as the caller."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def call(
        self,
        handler: Handler,
        request: Request,
        line: Line,
        stop: Stop | None = None,
        retry_on: tuple[type[BaseException], ...] = (),
    ) -> Outcome:
        """Gives what came of it. `stop` cancels an `async` handler; a plain one sees `task.cancelled`."""
        token = current_task_id.set(request.task_id)
        try:
            with handler_span(request):
                return _success(self._value(handler, Task(request, line), stop))
        except (Exception, asyncio.CancelledError) as error:
            return outcome_of_error(error, retry_on)
        except SystemExit as error:
            return Failed("SystemExit", f"The handler exited with {error.code!r}.")
        finally:
            current_task_id.reset(token)

    def close(self) -> None:
        """Closes the event loop."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def _value(self, handler: Handler, task: Task, stop: Stop | None) -> Any:
        value = handler(task)
        if not inspect.iscoroutine(value):
            return value
        loop = self._loop = self._loop or asyncio.new_event_loop()
        running = loop.create_task(value)
        if stop is not None:
            stop.on_set(lambda _: _cancel(loop, running))
        return loop.run_until_complete(running)


def _cancel(loop: asyncio.AbstractEventLoop, running: asyncio.Task[Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(running.cancel)


def _success(value: Any) -> Outcome:
    result = {} if value is None else value
    fault = fault_of_result(result)
    return Succeeded(result) if fault is None else Failed("ResultInvalid", fault)
