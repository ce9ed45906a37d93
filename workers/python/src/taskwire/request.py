"""A request as a worker reads it: from a record, or from a claim."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TASK_ID_HEADER = "taskwire-task-id"
TYPE_HEADER = "taskwire-type"
ATTEMPT_HEADER = "taskwire-attempt"
EXPIRES_AT_HEADER = "taskwire-expires-at"
TRACE_HEADER = "traceparent"


class UnreadableRecordError(Exception):
    """A record that cannot be read, now or ever. `code` is stable, as in the contracts."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Request:
    """One attempt of one task.

    `attempt` and `expires_at` are `None`, and `type` is the handler's, where a record came without Taskwire's headers.
    """

    task_id: str
    type: str
    attempt: int | None
    expires_at: datetime | None
    payload: dict[str, Any]
    traceparent: str | None = None

    def seconds_left(self) -> float | None:
        """Seconds until nobody waits for the task any more, by this machine's clock; `None` for ever."""
        if self.expires_at is None:
            return None
        return (self.expires_at - datetime.now(timezone.utc)).total_seconds()


def read_claim(item: Mapping[str, Any]) -> Request:
    """Reads one item of the answer to a claim."""
    return Request(
        task_id=item["taskId"],
        type=item["type"],
        attempt=item["attempt"],
        expires_at=_time(item.get("expiresAt")),
        payload=item["payload"],
    )


def read_record(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]], default_type: str
) -> Request:
    """Reads a record of a request topic; plain JSON without Taskwire's headers is welcome, too.

    The task is named by the value's `taskId` (text, or a number), else by the header, else by the record's key.

    :raises UnreadableRecordError: `value_missing`, `invalid_utf8`, `invalid_json`, `not_an_object`,
        `task_id_missing` or `attempt_invalid`
    """
    texts = {name: content.decode(errors="replace") for name, content in headers if content is not None}
    payload = _object(value)
    named = _task_name(payload.pop("taskId", None))
    task_id = named or texts.get(TASK_ID_HEADER) or (key or b"").decode(errors="ignore")
    if not task_id:
        raise UnreadableRecordError("task_id_missing", "Nothing names a task.")
    return Request(
        task_id=task_id,
        type=texts.get(TYPE_HEADER, default_type),
        attempt=_attempt(texts.get(ATTEMPT_HEADER)),
        expires_at=_time(texts.get(EXPIRES_AT_HEADER)),
        payload=payload,
        traceparent=texts.get(TRACE_HEADER),
    )


def _object(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise UnreadableRecordError("value_missing", "The record has no value.")
    try:
        parsed = json.loads(value.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise UnreadableRecordError("invalid_utf8", f"The value is not UTF-8: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableRecordError("invalid_json", f"The value is not JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise UnreadableRecordError("not_an_object", "The value is JSON, but not an object.")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _task_name(value: Any) -> str | None:
    is_name = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return str(value) if is_name else None


def _attempt(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 2**31 - 1):
        raise UnreadableRecordError("attempt_invalid", f"No attempt: {text[:100]!r}.")
    return int(text)


def _time(text: str | None) -> datetime | None:
    """RFC 3339, or `None`: a time that cannot be read costs nobody the task."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
