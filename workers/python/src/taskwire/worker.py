"""The worker: from decorated functions to a process that does tasks."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from taskwire.assemble import assemble
from taskwire.definition import Definition, Delivery, Handler
from taskwire.errors import ConfigurationError
from taskwire.execution.processes import CHILD_NAME
from taskwire.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskwire.crew import Crew

H = TypeVar("H", bound=Handler)

log = logging.getLogger("taskwire")


@dataclass(frozen=True)
class Check:
    """What `Worker.check` found; `faults` are sentences for people."""

    healthy: bool
    faults: tuple[str, ...] = ()


class Worker:
    """Does the tasks whose types have a handler: from request topics, by claims over HTTP, or both.

    :param url: Taskwire's address; by default `TASKWIRE_URL`. Claims need it; tasks of topics can be cancelled by it.
    :param token: a JWT or API key with the role `compute`; by default `TASKWIRE_TOKEN`
    :param brokers: Kafka's, as host:port, separated by commas; by default `KAFKA_BROKERS`. Topics need it.
    :param concurrency: how many tasks run at a time
    :param execution: `process`: handlers run in child processes, which can be killed and may die; `thread`: in threads
        of the worker, for light handlers
    :param on_lost: what becomes of a running task when the consumer group gives its partition to somebody else because
        this worker was silent for too long: `stop` it, or `finish` it and have a late answer ignored
    :param lease_seconds: how long a claimed task waits for a worker that died, 5 to 3600; renewed while it runs
    :param grace_seconds: how long a handler has to notice that it is stopped, before its process is killed
    :param shutdown_seconds: how long `stop` waits for what runs, before giving it back
    :param metrics_port: serves Prometheus metrics there; needs `taskwire[metrics]`
    :param kafka: settings of kafka-python's consumer, over the worker's own
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        brokers: str | None = None,
        concurrency: int = 1,
        execution: Literal["process", "thread"] = "process",
        on_lost: Literal["stop", "finish"] = "stop",
        lease_seconds: int = 10,
        grace_seconds: float = 2.0,
        shutdown_seconds: float = 20.0,
        metrics_port: int | None = None,
        kafka: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = Settings(
            url=url or os.environ.get("TASKWIRE_URL"),
            token=token or os.environ.get("TASKWIRE_TOKEN"),
            brokers=brokers or os.environ.get("KAFKA_BROKERS"),
            concurrency=concurrency,
            execution=execution,
            on_lost=on_lost,
            lease_seconds=lease_seconds,
            grace_seconds=grace_seconds,
            shutdown_seconds=shutdown_seconds,
            metrics_port=metrics_port,
            kafka=kafka or {},
        )
        self.definitions: dict[str, Definition] = {}
        self._crew: Crew | None = None
        self._stop_asked = threading.Event()

    def task(
        self,
        task_type: str = "default",
        *,
        delivery: Delivery | None = None,
        request_topic: str = "topic-task-request",
        result_topic: str = "topic-task-result",
        time_limit: float | None = None,
        retry_on: tuple[type[Exception], ...] = (),
    ) -> Callable[[H], H]:
        """Makes a function the handler of a task type. It stays what it is, and may be called as before.

        It gets a `Task`, and returns the result's fields or `None`. What it raises makes the task fail; another attempt
        is made after a `RetryableError`, or an exception of `retry_on`.

        :param delivery: as in the task types file: `topic` or `claim`; by default `topic` where there are brokers
        :param request_topic: as in the task types file, like `result_topic`
        :param time_limit: seconds after which it is ended, and another attempt made
        """

        def register(handler: H) -> H:
            if task_type in self.definitions:
                raise ConfigurationError(f"{task_type} has a handler already.")
            self.definitions[task_type] = Definition(
                task_type, handler, delivery, request_topic, result_topic, time_limit, retry_on
            )
            return handler

        return register

    def run(self) -> None:
        """Works until SIGTERM, SIGINT or `stop` from another thread, then ends in good order.

        Returns at once in a child process that imports the worker's module to find a handler.
        """
        if multiprocessing.current_process().name == CHILD_NAME:
            return
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self._stop_asked.set())
        self.start()
        try:
            self._stop_asked.wait()
        finally:
            self._end()

    def start(self) -> None:
        """Begins to work, in threads; for programs that do something else besides. They call `stop` at their end."""
        if not self.definitions:
            raise ConfigurationError("The worker has no handlers.")
        self._crew = assemble(list(self.definitions.values()), self.settings)
        self._crew.start()
        log.info("Working at %s", ", ".join(self.definitions))

    def stop(self) -> None:
        """Ends the work: takes nothing more, answers what ends in time, gives the rest back. Twice is harmless."""
        self._stop_asked.set()
        self._end()

    def check(self) -> Check:
        """Whether it can do tasks, for probes. Answers at once."""
        if self._crew is None:
            return Check(False, ("It was not started.",))
        faults = self._crew.faults()
        return Check(not faults, faults)

    def _end(self) -> None:
        if self._crew is not None:
            self._crew.stop()
            log.info("Stopped")
