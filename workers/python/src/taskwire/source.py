"""Where a worker's tasks come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.delivery import Delivery


class Source(Protocol):
    """Fills the backlog, from a thread of its own."""

    def start(self) -> None:
        """Begins."""

    def stop_intake(self) -> None:
        """Takes nothing more; what runs may be answered."""

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Takes back what was not begun; deliveries of other sources are passed over."""

    def close(self) -> None:
        """Ends, when what was answered is durable. Twice is harmless."""

    def fault(self) -> str | None:
        """Why it does not work as it should; `None` if it does."""
