"""Reports over HTTP, whose answers say what to stop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from taskwire.http.claim_source import ClaimSource
from taskwire.http.client import MAX_RESULTS
from taskwire.reports import report_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.answers import Answer
    from taskwire.delivery import Delivery
    from taskwire.http.client import Client

SIGN_OF_LIFE_SECONDS = 2.0
"""How often a running task is reported; a cancellation is heard that late."""

log = logging.getLogger(__name__)


class HttpReports:
    """See `ReportChannel`. Stops tasks that were cancelled, have expired, or are somebody else's."""

    def __init__(self, client: Client, lease_seconds: float) -> None:
        """A report that is not answered in a third of a lease is given up, while there is time for another."""
        self.interval = min(SIGN_OF_LIFE_SECONDS, lease_seconds / 3)
        self._timeout = lease_seconds / 3
        self._client = client

    def send(self, deliveries: Sequence[Delivery], reports: Sequence[Answer]) -> None:
        """See `ReportChannel.send`."""
        for first in range(0, len(reports), MAX_RESULTS):
            batch = slice(first, first + MAX_RESULTS)
            for delivery, item in zip(
                deliveries[batch], self._client.results(reports[batch], self._timeout), strict=True
            ):
                if item["outcome"] == "ignored":
                    delivery.stop.set(item["reason"])

    def check(self, delivery: Delivery) -> None:
        """See `ReportChannel.check`: asks whether a task is still to be done. No answer means yes.

        A claim was handed out just now; a record may have waited for days.
        """
        if isinstance(delivery.origin, ClaimSource):
            return
        try:
            self.send([delivery], [report_of(delivery)])
        except Exception as error:
            log.warning("Cannot ask whether to begin a task: %s", error)
