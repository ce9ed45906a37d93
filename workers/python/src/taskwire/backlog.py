"""The deliveries that wait for a slot, and those that are being worked at."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from taskwire.delivery import Delivery


class Backlog:
    """Hands out deliveries to slots, keeping the order of those that have to be in order.

    A home that is on hold hands out nothing more; what runs goes on. Thread-safe.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Delivery] = []
        self._running: list[Delivery] = []
        self._held: set[Hashable] = set()
        self._waiters = 0
        self._closed = False

    def add(self, delivery: Delivery) -> None:
        """Puts one at the end; after `close` it is thrown away."""
        with self._changed:
            if not self._closed:
                self._waiting.append(delivery)
                self._changed.notify()

    def take(self, timeout: float) -> Delivery | None:
        """The first that may run, which then counts as running; `None` if there is none within `timeout` seconds."""
        with self._changed:
            self._waiters += 1
            try:
                self._changed.wait_for(lambda: self._next() is not None, timeout)
            finally:
                self._waiters -= 1
            delivery = self._next()
            if delivery is not None:
                self._waiting.remove(delivery)
                self._running.append(delivery)
            return delivery

    def done(self, delivery: Delivery) -> None:
        """One that ran does so no more."""
        with self._changed:
            self._running.remove(delivery)
            self._changed.notify_all()

    def hold_if_idle(self, home: Hashable) -> bool:
        """Holds a home of which nothing runs; `False` if something does, and then it is not held."""
        with self._changed:
            if any(delivery.home is home for delivery in self._running):
                return False
            self._held.add(home)
            return True

    def hold(self, home: Hashable) -> None:
        """Starts nothing more of it."""
        with self._changed:
            self._held.add(home)

    def release(self, home: Hashable) -> None:
        """Ends the hold."""
        with self._changed:
            self._held.discard(home)
            self._changed.notify_all()

    def forget(self, home: Hashable) -> list[Delivery]:
        """Throws away what waits of a home, and ends its hold; gives what runs of it."""
        with self._changed:
            self._waiting = [delivery for delivery in self._waiting if delivery.home is not home]
            self._held.discard(home)
            return [delivery for delivery in self._running if delivery.home is home]

    def close(self) -> list[Delivery]:
        """Throws away all that waits, and what comes from now on; gives the former."""
        with self._changed:
            self._closed = True
            thrown, self._waiting = self._waiting, []
            return thrown

    def running(self) -> list[Delivery]:
        """What is being worked at."""
        with self._changed:
            return list(self._running)

    def waiting(self) -> Counter[Hashable]:
        """How many wait, by their homes."""
        with self._changed:
            return Counter(delivery.home for delivery in self._waiting)

    def free(self) -> int:
        """How many slots have nothing to do and will find nothing here."""
        with self._changed:
            return max(0, self._waiters - len(self._waiting))

    def await_idle(self, timeout: float) -> bool:
        """Waits until nothing runs; `False` if something still does after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)

    def _next(self) -> Delivery | None:
        taken = {delivery.order for delivery in self._running if delivery.order is not None}
        for delivery in self._waiting:
            if delivery.home not in self._held and delivery.order not in taken:
                return delivery
            if delivery.order is not None:
                taken.add(delivery.order)
        return None
