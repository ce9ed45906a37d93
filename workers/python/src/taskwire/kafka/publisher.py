"""Writes records, durably and without waiting."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FLUSH_SECONDS = 10.0
"""How long flushing waits for what is under way."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OutgoingRecord:
    """What is to be written; `smaller` is a value for a topic that the other one is too large for."""

    topic: str
    key: bytes | None
    value: bytes
    smaller: bytes


class Publisher:
    """One producer for all that a worker writes: results, reports and dead letters; `acks=all`.

    It is not idempotent: kafka-python's idempotent producer is dead for good after the first record that a broker
    refuses, and Taskwire knows an answer that comes twice.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Connects; raises a `KafkaError` when no broker answers for 30 s."""
        self._producer = KafkaProducer(**settings, acks="all", enable_idempotence=False, linger_ms=2)

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        on_durable: Callable[[], object],
        on_failed: Callable[[BaseException], object],
    ) -> None:
        """Sends one record. One of the callbacks is called, on another thread: within 2 minutes the record is durable
        on all replicas that are in sync, or it was not sent.
        """
        headers = [("content-type", b"application/json")]
        try:
            future = self._producer.send(topic, key=key, value=value, headers=headers)
        except Exception as error:
            on_failed(error)
            return
        future.add_callback(lambda _: on_durable())
        future.add_errback(on_failed)

    def publish_or_smaller(
        self, record: OutgoingRecord, on_durable: Callable[[], object], on_failed: Callable[[BaseException], object]
    ) -> None:
        """As `publish`; what the topic is not made for is sent smaller, so that it does not come back for ever."""

        def on_refused(error: BaseException) -> None:
            if not isinstance(error, MessageSizeTooLargeError):
                on_failed(error)
                return
            log.warning("%s: %s", record.topic, error)
            self.publish(record.topic, record.key, record.smaller, on_durable, on_failed)

        self.publish(record.topic, record.key, record.value, on_durable, on_refused)

    def flush(self) -> None:
        """Waits until nothing is under way, at most `FLUSH_SECONDS`."""
        try:
            self._producer.flush(timeout=FLUSH_SECONDS)
        except KafkaTimeoutError as error:
            log.warning("Not all answers were sent; their tasks come again: %s", error)

    def close(self) -> None:
        """Waits for what is under way, at most `FLUSH_SECONDS`. Twice is harmless."""
        self._producer.close(timeout=FLUSH_SECONDS)
