"""A task type as the decorator registers it."""

from __future__ import annotations

import builtins  # noqa: TC003 (a field is called type)
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Handler = Callable[..., Any]
"""A function, or an `async` one, from a `Task` to the result's fields (a dict) or `None`."""

Delivery = Literal["topic", "claim"]


@dataclass(frozen=True)
class Definition:
    """What is to be done with tasks of one type; `time_limit` is in seconds.

    Without `delivery` they come from the topic where the worker has brokers, else by claims.
    """

    type: str
    handler: Handler
    delivery: Delivery | None = None
    request_topic: str = "topic-task-request"
    result_topic: str = "topic-task-result"
    time_limit: float | None = None
    retry_on: tuple[builtins.type[BaseException], ...] = ()

    @property
    def group(self) -> str:
        """The consumer group that shares this type's records."""
        return f"taskwire-worker-{self.type}"
