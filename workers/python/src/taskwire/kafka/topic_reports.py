"""Reports as records of the result topic, where the worker knows no address of Taskwire's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from taskwire.answers import Answer, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.delivery import Delivery
    from taskwire.kafka.publisher import Publisher

log = logging.getLogger(__name__)


class TopicReports:
    """See `ReportChannel`. Nothing comes back here: nobody can say that a task is to stop."""

    interval = 10.0

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def send(self, deliveries: Sequence[Delivery], reports: Sequence[Answer]) -> None:
        """See `ReportChannel.send`."""
        for delivery, report in zip(deliveries, reports, strict=True):
            key = delivery.request.task_id.encode()
            self._publisher.publish(delivery.definition.result_topic, key, encode(report), _nothing, _log_failure)

    def check(self, delivery: Delivery) -> None:
        """See `ReportChannel.check`: there is nobody to ask."""


def _nothing() -> None:
    """A report that arrived needs nothing more."""


def _log_failure(error: BaseException) -> None:
    log.warning("A report was not sent: %s", error)
