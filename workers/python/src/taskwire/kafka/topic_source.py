"""Takes tasks of one type from its request topic."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata
from kafka.errors import KafkaError
from kafka.structs import MemberState

from taskwire.answers import answer, encode
from taskwire.dead_letters import DeadLetter, SourceRecord
from taskwire.delivery import Delivery
from taskwire.kafka.assignor import StayWithWorkAssignor
from taskwire.kafka.holding import Holding
from taskwire.kafka.publisher import OutgoingRecord
from taskwire.kafka.workarounds import ask_for_rebalance, unpark
from taskwire.outcome import Failed, Refused
from taskwire.request import UnreadableRecordError, read_record
from taskwire.stop import LOST, SHUTDOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from taskwire.backlog import Backlog
    from taskwire.definition import Definition
    from taskwire.kafka.publisher import Publisher
    from taskwire.outcome import Succeeded

CONSUMER_SETTINGS = {
    "auto_offset_reset": "earliest",
    "enable_auto_commit": False,
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,
    "metadata_max_age_ms": 15_000,
    "allow_auto_create_topics": False,
    "isolation_level": "read_committed",
}

POLL_MS = 50
"""How soon a finished task may make room, or be committed."""

JOIN_MS = 5_000
"""How long a poll may last while the group rebalances. One that ended before the group agreed would, in kafka-python
3.0, join again when it should have taken note of the answer, and keep the whole group from settling."""

HIGH, LOW = 200, 100
"""Records of a partition that wait here: at the first number it is paused, at the second it is resumed."""

COMMIT_SECONDS = 0.5
RESTART_SECONDS = 1.0

log = logging.getLogger(__name__)


class TopicSource(ConsumerRebalanceListener):
    """Polls all the time, in a thread of its own, so that a handler of any length loses no partition.

    A partition's offset moves only over records whose answers are durable. When a member joins the group, partitions go
    to it when none of their tasks runs. If the group gives up on this member (it was frozen, or cut off), its tasks are
    stopped; with `finish_lost` they go on, and Taskwire ignores the answers that come too late.
    """

    def __init__(
        self,
        definition: Definition,
        settings: Mapping[str, Any],
        backlog: Backlog,
        publisher: Publisher,
        finish_lost: bool,
    ) -> None:
        self._definition = definition
        self._settings = settings
        self._backlog = backlog
        self._publisher = publisher
        self._finish_lost = finish_lost
        self._holdings: dict[int, Holding] = {}
        self._stable = False
        self._last_commit = 0.0
        self._last_turn = time.monotonic()
        self._intake = True
        self._restart = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"taskwire-{definition.type}", daemon=True)

    # What the worker does with it

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop_intake(self) -> None:
        """Takes nothing more; goes on polling for what runs."""
        self._intake = False

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """See `Source.give_back`; what is not committed comes again, wherever."""

    def close(self) -> None:
        """See `Source.close`; commits, and leaves the group."""
        self._publisher.flush()
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def fault(self) -> str | None:
        """Why it does not work as it should; `None` if it does."""
        name = f"The consumer of {self._definition.request_topic}"
        if not self._thread.is_alive():
            return f"{name} has ended."
        silent = time.monotonic() - self._last_turn
        if silent > 3 * JOIN_MS / 1000:
            return f"{name} has not polled for {silent:.0f} s."
        return None if self._stable else f"{name} is not in its group."

    # What a delivery wants of its origin

    def answer(self, delivery: Delivery, outcome: Succeeded | Failed | Refused) -> None:
        """See `Origin.answer`; refused records become dead letters."""
        record, holding = _source_of(delivery)
        if isinstance(outcome, Refused):
            letter = DeadLetter.of_refused(record, delivery.request, outcome.failure, self._definition.group)
            self._send_letter(letter, holding)
            return
        topic, key = self._definition.result_topic, delivery.request.task_id.encode()
        too_large = answer(delivery.request, Failed("ResultInvalid", f"The result is too large for {topic}."))
        value = encode(answer(delivery.request, outcome))
        self._publish(OutgoingRecord(topic, key, value, encode(too_large)), holding, record.offset)

    def drop(self, delivery: Delivery) -> None:
        """See `Origin.drop`; what another worker is to do stays uncommitted."""
        record, holding = _source_of(delivery)
        if delivery.stop.reason not in (LOST, SHUTDOWN):
            holding.offsets.finished(record.offset)

    # What the group says, on the client's own thread, inside a poll

    def holdings(self) -> tuple[Collection[int], Collection[int]]:
        """See `Member.holdings`."""
        busy = {number for number, holding in self._holdings.items() if not self._freeze(holding)}
        return self._holdings.keys(), busy

    def assigned(self, partitions: Collection[int], hand_over: Collection[int]) -> None:
        """See `Member.assigned`."""
        for number in partitions & self._holdings.keys():
            holding = self._holdings[number]
            holding.hand_over = number in hand_over
            if holding.hand_over:
                self._backlog.hold(holding)
            else:
                self._backlog.release(holding)

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """New partitions."""
        self._holdings |= {partition.partition: Holding(partition) for partition in assigned}

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Partitions that went to others; nothing of them runs, unless the worker is being closed."""
        self._give_up(revoked)

    def on_partitions_lost(self, lost: Collection[Any]) -> None:
        """The group has given up on this member, and others have its partitions already."""
        log.warning("%s: lost partitions %s", self._definition.type, sorted(one.partition for one in lost))
        self._give_up(lost)

    def _freeze(self, holding: Holding) -> bool:
        return holding.uncommitted is None and self._backlog.hold_if_idle(holding)

    def _give_up(self, partitions: Collection[Any]) -> None:
        for partition in partitions:
            holding = self._holdings.pop(partition.partition, None)
            for delivery in self._backlog.forget(holding) if holding else ():
                if not self._finish_lost:
                    delivery.stop.set(LOST)

    # The thread

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._consume()
            except Exception as error:
                log.warning("%s: starting over: %r", self._definition.type, error)
                self._closing.wait(RESTART_SECONDS)
            finally:
                self._stable = False

    def _consume(self) -> None:
        definition = self._definition
        settings = {**CONSUMER_SETTINGS, **self._settings}
        consumer = KafkaConsumer(
            group_id=definition.group, partition_assignment_strategy=[StayWithWorkAssignor(self)], **settings
        )
        try:
            consumer.subscribe([definition.request_topic], listener=self)
            while not self._closing.is_set() and not self._restart.is_set():
                self._turn(consumer)
            self._commit(consumer)
        finally:
            self._restart.clear()
            consumer.close(autocommit=False, timeout_ms=5_000)
            self._give_up([holding.partition for holding in self._holdings.values()])

    def _turn(self, consumer: Any) -> None:
        self._last_turn = time.monotonic()
        self._stable = consumer.group_metadata().state == MemberState.STABLE
        unpark(consumer)
        for records in consumer.poll(timeout_ms=POLL_MS if self._stable else JOIN_MS).values():
            for record in records:
                self._take(record)
        self._make_room(consumer)
        leaving = [holding for holding in self._holdings.values() if holding.hand_over]
        if leaving or time.monotonic() - self._last_commit >= COMMIT_SECONDS:
            self._commit(consumer)
        if any(self._freeze(holding) for holding in leaving):
            self._hand_over(consumer, leaving)

    def _take(self, record: Any) -> None:
        holding = self._holdings[record.partition]
        holding.offsets.taken(record.offset)
        headers = tuple(record.headers)
        source = SourceRecord(
            record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers
        )
        try:
            request = read_record(record.key, record.value, headers, self._definition.type)
        except UnreadableRecordError as error:
            self._send_letter(DeadLetter.of_unreadable(source, error, self._definition.group), holding)
            return
        if request.type != self._definition.type:
            holding.offsets.finished(record.offset)
            return
        order = None if record.key is None else (record.topic, record.partition, record.key)
        self._backlog.add(TopicDelivery(self._definition, request, self, holding, order, source))

    def _make_room(self, consumer: Any) -> None:
        waiting = self._backlog.waiting()
        paused = consumer.paused()
        for holding in list(self._holdings.values()):
            partition, count = holding.partition, waiting[holding]
            if partition in paused and count < LOW and self._intake:
                consumer.resume(partition)
            elif partition not in paused and (count >= HIGH or not self._intake):
                consumer.pause(partition)

    def _commit(self, consumer: Any) -> None:
        self._last_commit = time.monotonic()
        new = [(holding, holding.uncommitted) for holding in self._holdings.values()]
        offsets = {
            holding.partition: OffsetAndMetadata(offset, "", -1) for holding, offset in new if offset is not None
        }
        if not offsets:
            return
        try:
            consumer.commit(offsets, timeout_ms=5_000)
        except KafkaError as error:
            # In the middle of a rebalance, for example; the next one comes soon.
            log.info("%s: offsets are not committed yet: %r", self._definition.type, error)
            return
        for holding, offset in new:
            holding.committed = holding.committed if offset is None else offset

    def _hand_over(self, consumer: Any, leaving: list[Holding]) -> None:
        for holding in leaving:
            holding.hand_over = False
        ask_for_rebalance(consumer)

    def _send_letter(self, letter: DeadLetter, holding: Holding) -> None:
        log.warning(
            "%s: a dead letter: %s",
            self._definition.type,
            letter.failure.message,
            extra={"topic": letter.record.topic, "partition": letter.record.partition, "offset": letter.record.offset},
        )
        smaller = letter.encode(with_value=False)
        outgoing = OutgoingRecord(letter.topic, letter.record.key, letter.encode(), smaller)
        self._publish(outgoing, holding, letter.record.offset)

    def _publish(self, outgoing: OutgoingRecord, holding: Holding, offset: int) -> None:
        """Writes what finishes a record. If that fails for good, the consumer starts over at what is committed."""
        self._publisher.publish_or_smaller(outgoing, lambda: holding.offsets.finished(offset), self._start_over)

    def _start_over(self, error: BaseException) -> None:
        log.error("%s: an answer was not sent; its task comes again: %r", self._definition.type, error)
        self._restart.set()


class TopicDelivery(Delivery):
    """A delivery that remembers its record."""

    def __init__(
        self,
        definition: Definition,
        request: Any,
        origin: TopicSource,
        holding: Holding,
        order: tuple[str, int, bytes] | None,
        record: SourceRecord,
    ) -> None:
        super().__init__(definition, request, origin, holding, order)
        self.record = record
        self.holding = holding


def _source_of(delivery: Delivery) -> tuple[SourceRecord, Holding]:
    if not isinstance(delivery, TopicDelivery):
        raise TypeError(f"{delivery!r} came from no topic")
    return delivery.record, delivery.holding
