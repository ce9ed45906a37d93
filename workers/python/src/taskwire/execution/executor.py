"""What runs one task after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from taskwire.definition import Definition
    from taskwire.outcome import Outcome
    from taskwire.request import Request
    from taskwire.stop import Stop
    from taskwire.task import Line


class Executor(Protocol):
    """Runs handlers, one at a time. Each slot of a worker has one."""

    def run(self, definition: Definition, request: Request, line: Line, stop: Stop) -> Outcome:
        """Runs the handler to its end, or until it is stopped. Never raises what the handler does."""

    def close(self) -> None:
        """Ends what is left of it. Twice is harmless."""
