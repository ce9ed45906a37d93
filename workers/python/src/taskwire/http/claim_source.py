"""Takes tasks over HTTP, under leases."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

import httpx

from taskwire.answers import answer
from taskwire.delivery import Delivery
from taskwire.http.client import TaskwireError, raise_for
from taskwire.outcome import Failed, Refused, Succeeded
from taskwire.request import read_claim
from taskwire.settings import WORKER_NAME
from taskwire.stop import SHUTDOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.answers import Answer
    from taskwire.backlog import Backlog
    from taskwire.definition import Definition
    from taskwire.http.client import Client

WAIT_SECONDS = 25
"""How long Taskwire holds a claim's answer while there are no tasks."""

MAX_CLAIMS = 100
RETRY_SECONDS = 1.0
FREE_SECONDS = 0.02
"""How soon a slot that has become free is seen."""

log = logging.getLogger(__name__)


class ClaimSource:
    """Claims a task when a slot is free for it. The reports renew the leases; what runs is given back on shutdown."""

    def __init__(self, definitions: Sequence[Definition], lease_seconds: int, client: Client, backlog: Backlog) -> None:
        self._definitions = {definition.type: definition for definition in definitions}
        self._client = client
        self._backlog = backlog
        self._wanted = {
            "types": list(self._definitions),
            "leaseSeconds": lease_seconds,
            "waitSeconds": WAIT_SECONDS,
            "worker": WORKER_NAME,
        }
        self._last_answer = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._claiming: asyncio.Task[None] = self._loop.create_task(self._claim_always())
        self._thread = threading.Thread(target=self._run, name="taskwire-claims", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop_intake(self) -> None:
        """Claims nothing more; an unanswered claim is taken back by hanging up."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._claiming.cancel)
            self._thread.join()

    def close(self) -> None:
        """Ends. Twice is harmless."""
        self.stop_intake()

    def fault(self) -> str | None:
        """Why it does not work as it should; `None` if it does."""
        if not self._thread.is_alive():
            return "Nothing is claimed any more."
        silent = time.monotonic() - self._last_answer
        busy = self._backlog.free() == 0
        return None if busy or silent < 2 * WAIT_SECONDS else f"No claim was answered for {silent:.0f} s."

    def answer(self, delivery: Delivery, outcome: Succeeded | Failed | Refused) -> None:
        """See `Origin.answer`. Returns when the answer is durable, or when it no longer counts."""
        failed = outcome.failure if isinstance(outcome, Refused) else outcome
        self._deliver(delivery, answer(delivery.request, failed))

    def drop(self, delivery: Delivery) -> None:
        """See `Origin.drop`; on shutdown the claim is given back."""
        if delivery.stop.reason == SHUTDOWN:
            self.give_back([delivery])

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """See `Source.give_back`; it costs the tasks' budgets nothing. If it fails, the leases end soon."""
        requests = [delivery.request for delivery in deliveries if delivery.origin is self]
        if not requests:
            return
        try:
            self._client.release([{"taskId": one.task_id, "attempt": one.attempt} for one in requests])
        except (TaskwireError, httpx.TransportError) as error:
            log.warning("Cannot give %d claims back: %s", len(requests), error)

    def _deliver(self, delivery: Delivery, record: Answer) -> None:
        """Tries until Taskwire has answered; meanwhile the reports tell whether the attempt is over."""
        while delivery.stop.reason is None:
            try:
                (item,) = self._client.results([record])
            except TaskwireError as error:
                if not error.temporary:
                    raise
            except httpx.TransportError as error:
                log.warning("Cannot answer task %s yet: %s", delivery.request.task_id, error)
            else:
                if item["outcome"] == "rejected":
                    log.error("Taskwire rejected the answer to task %s: %s", delivery.request.task_id, item["error"])
                return
            time.sleep(RETRY_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._claiming)
        except asyncio.CancelledError:
            log.debug("No more claims")
        finally:
            self._loop.close()

    async def _claim_always(self) -> None:
        timeout = httpx.Timeout(10, read=WAIT_SECONDS + 10)
        async with httpx.AsyncClient(base_url=self._client.url, headers=self._client.headers, timeout=timeout) as http:
            while True:
                free = self._backlog.free()
                if free == 0:
                    await asyncio.sleep(FREE_SECONDS)
                    continue
                try:
                    await self._claim(http, free)
                except Exception as error:  # whatever a proxy may have answered
                    log.warning("Cannot claim: %r", error)
                    await asyncio.sleep(RETRY_SECONDS)

    async def _claim(self, http: httpx.AsyncClient, count: int) -> None:
        response = await http.post("/v1/claims", json=self._wanted | {"max": min(count, MAX_CLAIMS)})
        raise_for(response)
        self._last_answer = time.monotonic()
        for item in response.json()["items"]:
            request = read_claim(item)
            self._backlog.add(Delivery(self._definitions[request.type], request, self, self))
