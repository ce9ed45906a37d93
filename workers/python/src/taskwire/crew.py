"""All that a running worker consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from taskwire.stop import SHUTDOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.backlog import Backlog
    from taskwire.reports import Reports
    from taskwire.settings import Settings
    from taskwire.slot import Slot
    from taskwire.source import Source


class Closable(Protocol):
    """What is closed last."""

    def close(self) -> None:
        """Twice is harmless."""


@dataclass(frozen=True)
class Crew:
    """Sources fill the backlog, slots empty it, reports tell about it."""

    settings: Settings
    backlog: Backlog
    sources: Sequence[Source]
    slots: Sequence[Slot]
    reports: Reports
    connections: Sequence[Closable]

    def start(self) -> None:
        """Begins to take tasks."""
        self.reports.start()
        for slot in self.slots:
            slot.start()
        for source in self.sources:
            source.start()

    def stop(self) -> None:
        """Takes nothing more, waits for what runs, and gives back what does not end in time. Twice is harmless."""
        for source in self.sources:
            source.stop_intake()
        not_begun = self.backlog.close()
        for source in self.sources:
            source.give_back(not_begun)
        self._finish_running()
        self.reports.close()
        for part in (*self.sources, *self.connections):
            part.close()

    def faults(self) -> tuple[str, ...]:
        """What does not work as it should."""
        dead = sum(not slot.alive for slot in self.slots)
        of_sources = (source.fault() for source in self.sources)
        return (*([f"{dead} slots have ended."] if dead else []), *(fault for fault in of_sources if fault))

    def _finish_running(self) -> None:
        if not self.backlog.await_idle(self.settings.shutdown_seconds):
            for delivery in self.backlog.running():
                delivery.stop.set(SHUTDOWN)
            self.backlog.await_idle(self.settings.grace_seconds + 1)
        for slot in self.slots:
            slot.close(timeout=1)
