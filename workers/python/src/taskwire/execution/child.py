"""The inside of a child process: takes tasks from a pipe, runs their handlers, sends back what comes of it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from multiprocessing.connection import Connection, wait
from typing import Any

from taskwire.execution.call import Caller
from taskwire.logs import log_as_json
from taskwire.outcome import outcome_of_error


class PipeLine:
    """A handler's `Line` to the worker in the parent process."""

    def __init__(self, connection: Connection, stopped: Any) -> None:
        self._connection = connection
        self._stopped = stopped
        self._lock = threading.Lock()

    def report(self, progress: float | None, message: str | None) -> None:
        """See `Line.report`."""
        self.send("report", (progress, message))

    def log(self, text: str) -> None:
        """See `Line.log`."""
        self.send("log", text)

    @property
    def stopped(self) -> bool:
        """See `Line.stopped`."""
        return bool(self._stopped.value)

    def send(self, kind: str, content: object) -> None:
        """Sends one message; handlers may have threads of their own."""
        with self._lock:
            self._connection.send((kind, content))


def serve(connection: Connection, stopped: Any, log_level: str | None) -> None:
    """Runs handlers until the parent hangs up; dies with it, even in the middle of one.

    :param log_level: logs as JSON lines, if the parent does
    """
    _allow_children()
    if log_level is not None:
        log_as_json(log_level)
    _leave_signals_to_the_parent()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    line = PipeLine(connection, stopped)
    caller = Caller()
    while True:
        try:
            task = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            handler, retry_on, request = pickle.loads(task)
        except Exception as error:  # the handler's module cannot be imported here
            line.send("outcome", outcome_of_error(error))
            continue
        line.send("begun", None)
        line.send("outcome", caller.call(handler, request, line, retry_on=retry_on))


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _leave_signals_to_the_parent() -> None:
    """It decides what a signal to the group means; a handler's own processes end by signals, as a pool's have to."""
    for number in _SIGNALS:
        # Not SIG_IGN, which a program that the handler starts would inherit.
        signal.signal(number, lambda *_: None)
    if sys.platform == "win32":  # which cannot fork
        return
    # A process that is just being forked hears of a signal only when it would end by it.
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS),
        after_in_child=_end_by_signals,
    )


def _end_by_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _allow_children() -> None:
    """Lets a handler use `multiprocessing`, as data loaders do; of daemons it forbids children."""
    this: Any = multiprocessing.current_process()
    this._config["daemon"] = False


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
