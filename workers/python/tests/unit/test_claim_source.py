"""What becomes of claims whose time limit is over, at a server that plays Taskwire."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import handlers
import pytest

from taskwire import Worker
from taskwire.http import claim_source, http_reports

Work = Callable[[Callable[..., Any]], None]
"""Starts a worker with this handler."""

CLAIM = {"taskId": "id", "attempt": 2, "type": "t", "payload": {}}


class Taskwire:
    """Hands out one claim, and keeps what is said about it; cannot take an answer unless it `takes_answers`."""

    def __init__(self) -> None:
        self.takes_answers = True
        self.cancelled = False
        self.statuses: list[str] = []
        self.answers: list[dict[str, Any]] = []
        self.claims = 0
        self._closing = threading.Event()
        stage = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, items = stage.claimed() if self.path == "/v1/claims" else stage.told(body["results"])
                content = json.dumps({"items": items}).encode()
                with suppress(ConnectionError):  # a worker that stops hangs up on its claim
                    self.send_response(status)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def claimed(self) -> tuple[int, list[dict[str, Any]]]:
        self.claims += 1
        if self.claims > 1:
            self._closing.wait()
            return 503, []
        return 200, [CLAIM]

    def told(self, results: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        answers = [one for one in results if one["status"] != "RUNNING"]
        self.statuses += [one["status"] for one in results]
        if answers and not self.takes_answers:
            return 503, []
        self.answers += answers
        ignored = {"outcome": "ignored", "reason": "already_terminal"}
        return 200, [ignored if self.cancelled else {"outcome": "applied"} for _ in results]

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def taskwire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Taskwire]:
    monkeypatch.setattr(claim_source, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr(http_reports, "SIGN_OF_LIFE_SECONDS", 0.1)
    monkeypatch.delenv("KAFKA_BROKERS", raising=False)
    server = Taskwire()
    yield server
    server.close()


@pytest.fixture
def work(taskwire: Taskwire) -> Iterator[Work]:
    """Starts a worker whose handler may take 0.1 s."""
    worker = Worker(url=taskwire.url, execution="thread", shutdown_seconds=0, grace_seconds=0)

    def begin(handler: Callable[..., Any]) -> None:
        worker.task("t", time_limit=0.1)(handler)
        worker.start()

    yield begin
    worker.stop()


def eventually(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("handler", [handlers.sleep_async, handlers.obey])
def test_a_handler_that_exceeds_its_time_limit_in_a_thread_is_answered_as_a_retryable_failure(
    taskwire: Taskwire, work: Work, handler: Callable[..., Any]
) -> None:
    work(handler)
    eventually(lambda: taskwire.claims == 2)
    (answer,) = taskwire.answers
    assert (answer["taskId"], answer["attempt"], answer["status"]) == ("id", 2, "FAILED")
    assert (answer["error"]["type"], answer["error"]["retryable"]) == ("TimeLimitExceeded", True)


def test_a_lease_is_renewed_until_the_failure_is_delivered(taskwire: Taskwire, work: Work) -> None:
    taskwire.takes_answers = False
    work(handlers.sleep_async)
    eventually(lambda: "FAILED" in taskwire.statuses)
    reported = taskwire.statuses.count("RUNNING")
    eventually(lambda: taskwire.statuses.count("RUNNING") > reported + 1)
    taskwire.takes_answers = True
    eventually(lambda: taskwire.claims == 2)
    assert [one["error"]["type"] for one in taskwire.answers] == ["TimeLimitExceeded"]


def test_a_failure_that_nobody_waits_for_any_more_is_not_tried_for_ever(taskwire: Taskwire, work: Work) -> None:
    taskwire.takes_answers = False
    work(handlers.sleep_async)
    eventually(lambda: "FAILED" in taskwire.statuses)
    taskwire.cancelled = True
    eventually(lambda: taskwire.claims == 2)
