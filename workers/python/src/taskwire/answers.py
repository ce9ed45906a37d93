"""Result records: the values that a worker writes. `contracts/result.schema.json` describes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from taskwire.outcome import Failed, Succeeded

if TYPE_CHECKING:
    from taskwire.request import Request

ENVELOPE = frozenset({"taskId", "status", "timestamp", "attempt", "progress", "error"})
"""Fields that a result must not have; `message` may be there, and becomes the task's message."""

MAX_ANSWER_BYTES = 1_000_000
"""What fits into a record, with some room for the envelope."""

Answer = dict[str, Any]


def running(request: Request, progress: float | None = None, message: str | None = None) -> Answer:
    """Says that the task is being worked at; `progress` in percent."""
    news = {"progress": progress, "message": message}
    return _envelope(request, "RUNNING") | {name: value for name, value in news.items() if value is not None}


def answer(request: Request, outcome: Succeeded | Failed) -> Answer:
    """The answer that ends the attempt. A result that no record can hold becomes a failure that says so."""
    if isinstance(outcome, Failed):
        return _failed(request, outcome)
    fault = fault_of_result(outcome.result)
    if fault is not None:
        return _failed(request, Failed("ResultInvalid", fault))
    return _envelope(request, "DONE") | outcome.result


def encode(value: Answer) -> bytes:
    """JSON, without `NaN` and `Infinity`, which are none."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def fault_of_result(result: object) -> str | None:
    """What makes a handler's return value unfit to be a result; `None` if it is fit."""
    if not isinstance(result, dict):
        return f"A handler returns a dict or None, not {type(result).__name__}."
    taken = sorted(ENVELOPE & result.keys())
    if taken:
        return f"These fields of the result belong to the envelope: {', '.join(taken)}."
    try:
        size = len(encode(result))
    except (TypeError, ValueError, RecursionError) as error:
        return f"The result is not JSON: {error}."
    if size > MAX_ANSWER_BYTES:
        return f"The result has {size} bytes, the limit is {MAX_ANSWER_BYTES}: store it, and return its address."
    return None


def _failed(request: Request, failure: Failed) -> Answer:
    error: Answer = {"type": failure.type, "message": failure.message, "retryable": failure.retryable}
    if failure.stack is not None:
        error["stack"] = failure.stack
    return _envelope(request, "FAILED") | {"error": error}


def _envelope(request: Request, status: str) -> Answer:
    attempt = {} if request.attempt is None else {"attempt": request.attempt}
    return {"taskId": request.task_id, **attempt, "status": status}
