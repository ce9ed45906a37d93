"""The part of Taskwire's REST API that workers and the command line use."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 1.0
TERMINAL = frozenset({"succeeded", "failed", "dead_lettered", "cancelled", "expired"})
MAX_RESULTS = 100
"""What one request may carry."""

log = logging.getLogger(__name__)


class TaskwireError(Exception):
    """Taskwire refused a request. `code` is stable, as in its API."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code

    @property
    def temporary(self) -> bool:
        """Whether the same request may pass later."""
        return self.status >= 500 or self.status == 429


class Client:
    """Calls that block. Thread-safe. They raise `TaskwireError` or `httpx.TransportError`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """`token`: a JWT or an API key."""
        self.url = url
        self.headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=self.headers, timeout=TIMEOUT_SECONDS)

    def results(self, records: Sequence[Mapping[str, Any]], timeout: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        """Sends at most `MAX_RESULTS` results or reports; gives what became of each, in their order."""
        return _items(self._post("/v1/results", {"results": records}, timeout=timeout))

    def release(self, claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Gives claims back, each a `taskId` with its `attempt`."""
        return _items(self._post("/v1/claims/release", {"items": claims}))

    def submit(self, body: Mapping[str, Any], wait: float | None = None) -> dict[str, Any]:
        """Submits a task; with `wait`, gives it when it has ended, or after so many seconds (60 at most)."""
        query = {} if wait is None else {"wait": str(round(wait))}
        return self._post("/v1/tasks", body, params=query, timeout=TIMEOUT_SECONDS + (wait or 0))

    def events(self, task_id: str) -> Iterator[dict[str, Any]]:
        """A task's events from the first on, as they come, until it has ended. A lost connection is taken up again."""
        seen, status = 0, None
        while True:
            try:
                for event in self._stream(task_id, seen):
                    seen, status = event["seq"], event["status"]
                    yield event
                # A task that had ended may have been retried; a server that shuts down ends its streams, too.
                if status in TERMINAL:
                    return
            except httpx.TransportError as error:
                log.debug("The stream of task %s broke off: %r", task_id, error)
            except TaskwireError as error:
                if not error.temporary:
                    raise
            time.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def _stream(self, task_id: str, seen: int) -> Iterator[dict[str, Any]]:
        headers = {"last-event-id": str(seen)}
        with self._http.stream("GET", f"/v1/tasks/{task_id}/stream", headers=headers, timeout=60) as response:
            if response.is_error:
                response.read()
            raise_for(response)
            for line in _lines(response.iter_bytes()):
                if line.startswith(b"data:"):
                    yield json.loads(line.removeprefix(b"data:"))

    def _post(self, path: str, body: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        response = self._http.post(path, json=body, **options)
        raise_for(response)
        answer: dict[str, Any] = response.json()
        return answer


def raise_for(response: httpx.Response) -> None:
    """Raises what Taskwire has against a request."""
    if response.is_success:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise TaskwireError(response.status_code, problem.get("code", "unknown"), problem.get("detail", response.text))


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines. httpx's own would end at U+2028, too, which JSON leaves as it is."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = answer["items"]
    return items
