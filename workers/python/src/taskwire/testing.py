"""Runs a handler on a payload, without servers, and gives the records that it would have sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taskwire.answers import Answer, answer, encode, running
from taskwire.dead_letters import DeadLetter, SourceRecord
from taskwire.execution.threads import ThreadExecutor
from taskwire.outcome import Refused, Stopped
from taskwire.request import (
    ATTEMPT_HEADER,
    EXPIRES_AT_HEADER,
    TASK_ID_HEADER,
    TYPE_HEADER,
    Request,
    UnreadableRecordError,
    read_record,
)
from taskwire.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskwire.worker import Worker

TASK_ID = "0193c2f4-8a5b-7cde-9f01-23456789abcd"


@dataclass
class Run:
    """What came of it: `reports` and `answer` are values for the result topic, `dead_letter` is one for its own."""

    reports: list[Answer] = field(default_factory=list)
    answer: Answer | None = None
    dead_letter: dict[str, Any] | None = None
    logs: list[str] = field(default_factory=list)


def run(
    worker: Worker, task_type: str, payload: Mapping[str, Any], *, attempt: int = 1, cancelled_after: int | None = None
) -> Run:
    """Runs a task type's handler in this thread.

    :param cancelled_after: the task counts as cancelled after so many reports
    """
    value = json.dumps({"taskId": TASK_ID, **payload}).encode()
    headers = {
        TASK_ID_HEADER: TASK_ID,
        TYPE_HEADER: task_type,
        ATTEMPT_HEADER: str(attempt),
        EXPIRES_AT_HEADER: "2999-12-31T23:59:59.999Z",
    }
    return run_record(worker, task_type, value, headers, cancelled_after=cancelled_after)


def run_record(
    worker: Worker,
    task_type: str,
    value: bytes | None,
    headers: Mapping[str, str] | None = None,
    key: bytes | None = None,
    *,
    cancelled_after: int | None = None,
) -> Run:
    """Runs a task type's handler on a record as it comes from a topic, whatever its bytes."""
    definition = worker.definitions[task_type]
    encoded = tuple((name, text.encode()) for name, text in (headers or {}).items())
    record = SourceRecord(definition.request_topic, 0, 0, 0, key, value, encoded)
    try:
        request = read_record(key, value, encoded, task_type)
    except UnreadableRecordError as error:
        return Run(dead_letter=json.loads(DeadLetter.of_unreadable(record, error, definition.group).encode()))
    line = RecordingLine(request, cancelled_after)
    outcome = ThreadExecutor().run(definition, request, line, line.stop)
    if isinstance(outcome, Refused):
        letter = DeadLetter.of_refused(record, request, outcome.failure, definition.group)
        line.run.dead_letter = json.loads(letter.encode())
    elif not isinstance(outcome, Stopped):
        line.run.answer = json.loads(encode(answer(request, outcome)))
    return line.run


class RecordingLine:
    """Keeps what a handler says."""

    def __init__(self, request: Request, cancelled_after: int | None) -> None:
        self.run = Run()
        self.stop = Stop()
        self._request = request
        self._cancelled_after = cancelled_after

    def report(self, progress: float | None, message: str | None) -> None:
        """See `Line.report`."""
        self.run.reports.append(json.loads(encode(running(self._request, progress, message))))

    def log(self, text: str) -> None:
        """See `Line.log`."""
        self.run.logs.append(text)

    @property
    def stopped(self) -> bool:
        """See `Line.stopped`."""
        if self._cancelled_after is not None and len(self.run.reports) >= self._cancelled_after:
            self.stop.set("already_terminal")
        return self.stop.reason is not None
