"""Handlers in child processes, which can be killed and may die: that ends the task, not the worker."""

from __future__ import annotations

import math
import multiprocessing
import pickle
import signal
import time
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from taskwire.errors import ConfigurationError
from taskwire.execution.child import serve
from taskwire.execution.threads import time_limit_exceeded
from taskwire.logs import level_of_json
from taskwire.outcome import Failed, Outcome, Stopped

if TYPE_CHECKING:
    from taskwire.definition import Definition, Handler
    from taskwire.request import Request
    from taskwire.stop import Stop
    from taskwire.task import Line

CONTEXT = multiprocessing.get_context("spawn")
"""Each child starts clean: what threads or a GPU driver hold in the worker is never copied half-way."""

CHILD_NAME = "taskwire-handler"
"""What child processes are called, from before they import the worker's own module."""

TICK_SECONDS = 0.1
"""How often a stop is looked for while a handler is silent."""


class Child:
    """A process that runs handlers, one at a time, until it is closed, killed or dies."""

    def __init__(self) -> None:
        self.connection, theirs = CONTEXT.Pipe()
        # A raw byte without a lock: a child that dies while it looks at it blocks nobody.
        self.stopped = CONTEXT.RawValue("b", 0)
        arguments = (theirs, self.stopped, level_of_json())
        self.process = CONTEXT.Process(target=serve, args=arguments, name=CHILD_NAME, daemon=True)
        self.process.start()
        theirs.close()

    def start(self, definition: Definition, request: Request) -> None:
        """Hands it a task."""
        self.stopped.value = 0
        self.connection.send((definition.handler, definition.retry_on, request))

    def message(self, timeout: float) -> tuple[str, Any] | None:
        """The next message, `None` if none comes within `timeout` seconds. Raises `EOFError` when the child is dead."""
        if self.connection not in wait([self.connection, self.process.sentinel], timeout):
            if self.process.is_alive():
                return None
            if not self.connection.poll():
                raise EOFError
        received: tuple[str, Any] = self.connection.recv()
        return received

    def kill(self) -> None:
        """Ends it now. Twice is harmless."""
        self.process.kill()
        self.process.join()
        self.connection.close()


class ProcessExecutor:
    """Runs handlers in one child process, which is kept for the next task; one that died or was killed is replaced.

    A stopped handler has `grace` seconds to see `task.cancelled` and end by itself; then its process is killed.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._child: Child | None = None

    def run(self, definition: Definition, request: Request, line: Line, stop: Stop) -> Outcome:
        """See `Executor.run`."""
        child = self._child = self._child or Child()
        try:
            child.start(definition, request)
            outcome = self._follow(child, definition, line, stop)
        except (EOFError, ConnectionError):
            child.process.join()
            outcome = _death(child.process.exitcode)
        if outcome is None or child.process.exitcode is not None:
            self.close()
        if stop.reason is not None:
            return Stopped(stop.reason)
        return time_limit_exceeded(definition) if outcome is None else outcome

    def close(self) -> None:
        """See `Executor.close`."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _follow(self, child: Child, definition: Definition, line: Line, stop: Stop) -> Outcome | None:
        """The handler's outcome; `None` when its time is up."""
        deadline = math.inf
        while True:
            if stop.reason is not None and not child.stopped.value:
                child.stopped.value = 1
                deadline = min(deadline, time.monotonic() + self._grace)
            if time.monotonic() >= deadline:
                return None
            message = child.message(TICK_SECONDS)
            if message is None:
                continue
            kind, content = message
            if kind == "outcome":
                outcome: Outcome = content
                return outcome
            if kind == "begun" and definition.time_limit is not None:
                # A new process, and what its handler's module imports, takes its time before.
                deadline = min(deadline, time.monotonic() + definition.time_limit)
            elif kind == "report":
                line.report(*content)
            elif kind == "log":
                line.log(content)


def check_handler(handler: Handler) -> None:
    """Raises `ConfigurationError` for a handler that a child process could not find."""
    try:
        pickle.dumps(handler)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{handler!r} has to be a function at the top of a module to run in a process of its own ({error}); "
            'or set execution="thread"'
        ) from error


def _death(exit_code: int | None) -> Failed:
    """The failure of a handler whose process died under it."""
    if exit_code is not None and exit_code < 0:
        cause = signal.Signals(-exit_code).name
        hint = " (out of memory, perhaps)" if -exit_code == signal.SIGKILL else ""
        return Failed("WorkerDied", f"The handler's process was ended by {cause}{hint}.", retryable=True)
    return Failed("WorkerDied", f"The handler's process exited with {exit_code}.", retryable=True)
