"""What a worker is set up with."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from taskwire.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKER_NAME = f"{socket.gethostname()}-{os.getpid()}"
"""What this process is called in a task's history."""


@dataclass(frozen=True)
class Settings:
    """See `Worker`, which has an argument for each."""

    url: str | None = None
    token: str | None = None
    brokers: str | None = None
    concurrency: int = 1
    execution: Literal["process", "thread"] = "process"
    on_lost: Literal["stop", "finish"] = "stop"
    lease_seconds: int = 10
    grace_seconds: float = 2.0
    shutdown_seconds: float = 20.0
    metrics_port: int | None = None
    kafka: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Raises `ConfigurationError` for what cannot be."""
        if self.url is None and self.brokers is None:
            raise ConfigurationError("Set TASKWIRE_URL or KAFKA_BROKERS, or both.")
        if self.concurrency < 1:
            raise ConfigurationError("concurrency is at least 1.")
        if not 5 <= self.lease_seconds <= 3600:
            raise ConfigurationError("lease_seconds is from 5 to 3600.")
