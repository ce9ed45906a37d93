"""What comes of running a handler."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from taskwire.errors import PermanentError, RefusedError, RetryableError

STACK_LIMIT = 16_000
"""Characters of a stack trace that are kept: its end, where the cause is."""


@dataclass(frozen=True)
class Succeeded:
    """The handler returned."""

    result: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    """The handler raised, or its process died. `type` is the exception's class."""

    type: str
    message: str
    stack: str | None = None
    retryable: bool = False


@dataclass(frozen=True)
class Refused:
    """The handler refused the payload: a dead letter."""

    failure: Failed


@dataclass(frozen=True)
class Stopped:
    """The handler was stopped, because nobody waits for it here any more; there is nothing to answer."""

    reason: str


Outcome = Succeeded | Failed | Refused | Stopped


def outcome_of_error(error: BaseException, retry_on: tuple[type[BaseException], ...] = ()) -> Failed | Refused:
    """What an exception means; those of `retry_on` are retryable, too."""
    may_retry = isinstance(error, (RetryableError, *retry_on))
    failure = Failed(
        type=type(error).__name__,
        message=str(error) or type(error).__name__,
        stack="".join(traceback.format_exception(error))[-STACK_LIMIT:],
        retryable=may_retry and not isinstance(error, PermanentError),
    )
    return Refused(failure) if isinstance(error, RefusedError) else failure
