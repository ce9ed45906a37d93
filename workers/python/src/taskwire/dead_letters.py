"""Dead letters: records that cannot be processed, as `contracts/dead-letter.schema.json` describes them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from taskwire.outcome import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskwire.request import Request, UnreadableRecordError

MAX_LETTER_BYTES = 1_000_000
"""What fits into a record of the dead letter topic."""


@dataclass(frozen=True)
class SourceRecord:
    """A record byte for byte, and where it was; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class DeadLetter:
    """Why a record could not be processed; `attempts` says how often it was tried."""

    record: SourceRecord
    failure: Failed
    group: str
    task_id: str | None = None
    code: str | None = None
    attempts: int = 1

    @classmethod
    def of_unreadable(cls, record: SourceRecord, error: UnreadableRecordError, group: str) -> DeadLetter:
        """For a record that cannot be read; trying again would not help."""
        return cls(record, Failed("UnreadableRecord", str(error)), group, code=error.code)

    @classmethod
    def of_refused(cls, record: SourceRecord, request: Request, failure: Failed, group: str) -> DeadLetter:
        """For a task whose handler refused it."""
        return cls(record, failure, group, task_id=request.task_id, attempts=request.attempt or 1)

    @property
    def topic(self) -> str:
        """Where it belongs."""
        return f"{self.record.topic}-dlq"

    def encode(self, *, with_value: bool = True) -> bytes:
        """The letter's value. A record's value that would not fit is left out, and marked `truncated`."""
        letter = self._fields()
        text = json.dumps(letter).encode()
        if with_value and len(text) <= MAX_LETTER_BYTES:
            return text
        letter["original"]["value"] = ""
        return json.dumps(letter | {"truncated": True}).encode()

    def _fields(self) -> dict[str, Any]:
        record, failure = self.record, self.failure
        known = {"taskId": self.task_id} if self.task_id is not None else {}
        code = {"code": self.code} if self.code is not None else {}
        return {
            **known,
            "original": {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp": record.timestamp,
                "key": _text_or_base64(record.key),
                "value": _text_or_base64(record.value),
                "headers": _headers(record.headers),
            },
            "error": {"type": failure.type, "message": failure.message, "stack": failure.stack, **code},
            "attempts": self.attempts,
            "group": self.group,
            "failedAt": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


def _text_or_base64(content: bytes | None) -> str | dict[str, str] | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, Any]:
    """Text by name; a header that comes twice has an array."""
    by_name: dict[str, list[Any]] = {}
    for name, content in headers:
        by_name.setdefault(name, []).append(_text_or_base64(content))
    return {name: contents[0] if len(contents) == 1 else contents for name, contents in by_name.items()}
