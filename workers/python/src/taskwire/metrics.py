"""Prometheus metrics, if asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from taskwire.errors import ConfigurationError

if TYPE_CHECKING:
    from taskwire.outcome import Outcome


class Metrics:
    """Counts nothing: what a worker has that was not asked to."""

    def running(self, task_type: str) -> AbstractContextManager[Any]:
        """Counts one task as running, while the context lasts."""
        return nullcontext()

    def ended(self, task_type: str, outcome: Outcome, seconds: float) -> None:
        """Counts the end of an attempt."""

    def close(self) -> None:
        """Stops serving. Twice is harmless."""


class PrometheusMetrics(Metrics):
    """Serves `/metrics` on a port of all addresses; needs `taskwire[metrics]`.

    `taskwire_worker_tasks_total{type, outcome}` (`succeeded`, `failed`, `refused`, `stopped`),
    `taskwire_worker_task_seconds{type}` and `taskwire_worker_running{type}`.
    """

    def __init__(self, port: int) -> None:
        try:
            import prometheus_client as prometheus
        except ImportError as error:
            raise ConfigurationError("Metrics need prometheus-client: pip install 'taskwire[metrics]'") from error
        registry = prometheus.CollectorRegistry()
        prefix = "taskwire_worker"
        self._tasks = prometheus.Counter(
            f"{prefix}_tasks", "Attempts that ended here", ["type", "outcome"], registry=registry
        )
        self._seconds = prometheus.Histogram(
            f"{prefix}_task_seconds",
            "How long attempts took",
            ["type"],
            registry=registry,
            buckets=(0.01, 0.1, 1, 10, 60, 600, 3600),
        )
        self._running = prometheus.Gauge(f"{prefix}_running", "Attempts that run", ["type"], registry=registry)
        self._server, self._thread = prometheus.start_http_server(port, registry=registry)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def running(self, task_type: str) -> AbstractContextManager[Any]:
        """See `Metrics.running`."""
        return self._running.labels(task_type).track_inprogress()

    def ended(self, task_type: str, outcome: Outcome, seconds: float) -> None:
        """See `Metrics.ended`."""
        self._tasks.labels(task_type, type(outcome).__name__.lower()).inc()
        self._seconds.labels(task_type).observe(seconds)

    def close(self) -> None:
        """See `Metrics.close`."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
