"""A task in a worker's hands, wherever it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from taskwire.news import News
from taskwire.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Hashable

    from taskwire.definition import Definition
    from taskwire.outcome import Failed, Refused, Succeeded
    from taskwire.request import Request


class Origin(Protocol):
    """Where deliveries come from, and what becomes of them there."""

    def answer(self, delivery: Delivery, outcome: Succeeded | Failed | Refused) -> None:
        """Sends the answer that ends the attempt. Returns before it is durable, where the origin keeps it till then."""

    def drop(self, delivery: Delivery) -> None:
        """Lets a stopped task go, unanswered."""


class Delivery:
    """One attempt at one task.

    Of the deliveries that have the same `order` only one is worked at, in the order in which they came. `home` is what
    is held or lost together: a partition, or the claims.
    """

    def __init__(
        self, definition: Definition, request: Request, origin: Origin, home: Hashable, order: Hashable | None = None
    ) -> None:
        self.definition = definition
        self.request = request
        self.origin = origin
        self.home = home
        self.order = order
        self.stop = Stop()
        self.news = News()
