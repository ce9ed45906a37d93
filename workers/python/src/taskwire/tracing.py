"""OpenTelemetry, where its API is installed: a handler runs in a span of the trace that submitted its task."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskwire.request import Request

try:
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    trace = None  # type: ignore[assignment]


def handler_span(request: Request) -> AbstractContextManager[Any]:
    """The span of one attempt: a child of the task's `traceparent`, and the current one while the handler runs."""
    if trace is None:
        return nullcontext()
    carrier = {} if request.traceparent is None else {"traceparent": request.traceparent}
    return trace.get_tracer("taskwire").start_as_current_span(
        f"{request.type} process",
        context=TraceContextTextMapPropagator().extract(carrier),
        kind=trace.SpanKind.CONSUMER,
        attributes={"taskwire.task.id": request.task_id, "taskwire.attempt": request.attempt or 0},
    )
