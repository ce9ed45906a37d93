"""A slot works at one delivery after the other."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from taskwire.outcome import Outcome, Stopped
from taskwire.reports import stop_expired
from taskwire.task import current_task_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskwire.backlog import Backlog
    from taskwire.delivery import Delivery
    from taskwire.execution.executor import Executor
    from taskwire.metrics import Metrics

WAIT_SECONDS = 0.5
"""How soon an idle slot sees that it is closed."""

log = logging.getLogger("taskwire")


class DeliveryLine:
    """What a handler says, on its way to the reports and the log."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def report(self, progress: float | None, message: str | None) -> None:
        """See `Line.report`."""
        self._delivery.news.add(progress, message)

    def log(self, text: str) -> None:
        """See `Line.log`."""
        log.info("%s", text)

    @property
    def stopped(self) -> bool:
        """See `Line.stopped`."""
        return self._delivery.stop.reason is not None


class Slot:
    """A thread with an executor of its own. `check` may stop a delivery before it starts."""

    def __init__(
        self, backlog: Backlog, executor: Executor, check: Callable[[Delivery], None], metrics: Metrics
    ) -> None:
        self._backlog = backlog
        self._executor = executor
        self._check = check
        self._metrics = metrics
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taskwire-slot", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Ends when nothing of it runs any more; waits for that `timeout` seconds. Twice is harmless."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                delivery = self._backlog.take(WAIT_SECONDS)
                if delivery is not None:
                    self._work(delivery)
        finally:
            self._executor.close()

    def _work(self, delivery: Delivery) -> None:
        current_task_id.set(delivery.request.task_id)
        started = time.monotonic()
        try:
            with self._metrics.running(delivery.request.type):
                outcome = self._outcome(delivery)
                self._settle(delivery, outcome)
            self._metrics.ended(delivery.request.type, outcome, time.monotonic() - started)
        except Exception:
            # Only what we do around a handler can fail like this. Nothing was answered: the task comes again.
            log.exception("Task %s was neither answered nor dropped", delivery.request.task_id)
        finally:
            self._backlog.done(delivery)
            current_task_id.set(None)

    def _outcome(self, delivery: Delivery) -> Outcome:
        stop_expired([delivery])
        if delivery.stop.reason is None:
            self._check(delivery)
        if delivery.stop.reason is not None:
            return Stopped(delivery.stop.reason)
        return self._executor.run(delivery.definition, delivery.request, DeliveryLine(delivery), delivery.stop)

    def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        log.info("Task %s: %s", delivery.request.task_id, type(outcome).__name__.lower(), extra=_details(outcome))
        if isinstance(outcome, Stopped):
            delivery.origin.drop(delivery)
        else:
            delivery.origin.answer(delivery, outcome)


def _details(outcome: Outcome) -> dict[str, object]:
    return {"reason": outcome.reason} if isinstance(outcome, Stopped) else {}
