"""Structured logs: one JSON object a line, with the task's id."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

from taskwire.task import current_task_id

_level: str | None = None
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes `time`, `level`, `logger`, `message`, the current task's `taskId`, an exception's `stack` and extras."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        task_id = current_task_id.get()
        if task_id is not None:
            line["taskId"] = task_id
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        extras = {name: value for name, value in vars(record).items() if name not in _USUAL}
        return json.dumps(extras | line, default=str)


def log_as_json(level: str = "INFO") -> None:
    """Sends all logs to standard error as JSON lines, those of handlers in processes of their own, too.

    :raises ValueError: if there is no such level
    """
    global _level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    _level = level
    # It tells of every step of a rebalance.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def level_of_json() -> str | None:
    """What `log_as_json` was called with; `None` if it was not."""
    return _level
