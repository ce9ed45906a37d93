"""`taskwire tail` and a server that goes away."""

import json
from typing import Any

import httpx
import pytest

from taskwire.http import client as module
from taskwire.http.client import Client, TaskwireError


def stream(*events: tuple[int, str]) -> httpx.Response:
    lines = [json.dumps({"seq": seq, "status": status, "text": "\u2028"}, ensure_ascii=False) for seq, status in events]
    return httpx.Response(200, text="".join(f": beat\nid: 1\ndata: {line}\n\n" for line in lines))


def events(monkeypatch: pytest.MonkeyPatch, answers: list[Any]) -> tuple[list[int], list[str]]:
    """The events' numbers that came of these answers, and after which numbers was asked."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    asked: list[str] = []
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["last-event-id"])
        found = next(left)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, httpx.Response)
        return found

    client = Client("http://taskwire")
    client._http = httpx.Client(base_url=client.url, transport=httpx.MockTransport(answer))
    return [event["seq"] for event in client.events("id")], asked


def test_a_stream_that_breaks_or_ends_early_is_taken_up_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        stream((1, "queued"), (2, "running")),
        httpx.ConnectError("gone"),
        httpx.Response(503, json={"code": "unavailable", "detail": "not yet"}),
        stream((3, "succeeded")),
    ]
    assert events(monkeypatch, answers) == ([1, 2, 3], ["0", "2", "2", "2"])


def test_a_task_that_was_tried_again_by_a_person_is_followed_to_its_last_end(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, _ = events(monkeypatch, [stream((1, "failed"), (2, "queued")), stream((3, "failed"))])
    assert seen == [1, 2, 3]


def test_a_task_that_does_not_exist_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TaskwireError, match="404"):
        events(monkeypatch, [httpx.Response(404, json={"code": "not_found", "detail": "No such task."})])
