"""Tells Taskwire what is being worked at, and hears from it what to stop."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from taskwire.answers import Answer, running
from taskwire.stop import EXPIRED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskwire.delivery import Delivery

TICK_SECONDS = 0.25
"""How long a handler's news wait at most, and how late an expiry is seen."""

log = logging.getLogger(__name__)


class ReportChannel(Protocol):
    """A way to Taskwire for reports."""

    interval: float
    """Seconds after which a task without news is reported again, as a sign of life."""

    def send(self, deliveries: Sequence[Delivery], reports: Sequence[Answer]) -> None:
        """Sends one report for each delivery, and stops those whose attempt is over. May raise."""

    def check(self, delivery: Delivery) -> None:
        """Stops a delivery that is not worth beginning."""


class Reports:
    """Reports what runs for longer than a moment, from a thread of its own: no handler waits for the network."""

    def __init__(self, channel: ReportChannel, running_now: Callable[[], list[Delivery]]) -> None:
        self._channel = channel
        self._running_now = running_now
        self._sent: dict[Delivery, float] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="taskwire-reports", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self) -> None:
        """Ends. Twice is harmless."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(TICK_SECONDS):
            deliveries = self._running_now()
            stop_expired(deliveries)
            self._sent = {one: self._sent.get(one, 0.0) for one in deliveries}
            self._report([one for one in deliveries if one.stop.reason is None])

    def _report(self, deliveries: Sequence[Delivery]) -> None:
        now = time.monotonic()
        due = [one for one in deliveries if one.news.fresh or now - self._sent[one] >= self._channel.interval]
        if not due:
            return
        self._sent |= dict.fromkeys(due, now)
        try:
            self._channel.send(due, [report_of(one) for one in due])
        except Exception as error:
            # The tasks go on; the next report may come through.
            log.warning("Cannot report %d tasks: %s", len(due), error)


def report_of(delivery: Delivery) -> Answer:
    """Says how far a task is."""
    progress, message = delivery.news.take()
    return running(delivery.request, progress, message)


def stop_expired(deliveries: Sequence[Delivery]) -> None:
    """Stops those that nobody waits for any more."""
    for delivery in deliveries:
        left = delivery.request.seconds_left()
        if left is not None and left <= 0:
            delivery.stop.set(EXPIRED)
