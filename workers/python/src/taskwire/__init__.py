"""Compute workers for Taskwire: a plain function becomes a correct worker, over Kafka or over HTTP."""

from taskwire.errors import ConfigurationError, PermanentError, RefusedError, RetryableError
from taskwire.logs import log_as_json
from taskwire.task import Task
from taskwire.worker import Check, Worker

__all__ = [
    "Check",
    "ConfigurationError",
    "PermanentError",
    "RefusedError",
    "RetryableError",
    "Task",
    "Worker",
    "log_as_json",
]
