"""Workers on topics: a real broker, a real Taskwire, processes that are killed."""

import os
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from stage import Journal, Start, Taskwire, eventually


def lag(taskwire: Taskwire, name: str) -> int:
    """Records of a type's request topic that its group has not committed."""
    consumer = KafkaConsumer(
        bootstrap_servers=os.environ["KAFKA_BROKERS"], group_id=f"taskwire-worker-{taskwire.prefix}.{name}"
    )
    try:
        topic = f"{taskwire.prefix}-{name}"
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        ends = consumer.end_offsets(partitions)
        return sum(end - (consumer.committed(partition) or 0) for partition, end in ends.items())
    finally:
        consumer.close()


def publish(taskwire: Taskwire, name: str, value: bytes, headers: dict[str, str] | None = None) -> None:
    producer = KafkaProducer(bootstrap_servers=os.environ["KAFKA_BROKERS"])
    encoded = [(key, text.encode()) for key, text in (headers or {}).items()]
    producer.send(f"{taskwire.prefix}-{name}", value=value, headers=encoded).get(timeout=30)
    producer.close()


def test_tasks_are_done_and_their_offsets_committed(taskwire: Taskwire, journal: Journal, start: Start) -> None:
    ids = taskwire.submit("plain", 30, journal)
    worker = start("plain", concurrency=2)
    taskwire.expect_succeeded(ids)
    assert [taskwire.task(one)["result"] for one in ids] == [{"echo": n} for n in range(30)]
    assert len(journal.notes()) == 30
    eventually(lambda: lag(taskwire, "plain") == 0)
    assert worker.stop() == 0


def test_more_records_than_a_worker_keeps_come_through_though_their_partitions_are_paused(
    taskwire: Taskwire, start: Start
) -> None:
    ids = [task for _ in range(3) for task in taskwire.submit("crowded", 1000)]
    start("crowded", http=False, execution="thread")
    taskwire.ended(ids[-1])
    eventually(lambda: lag(taskwire, "crowded") == 0)


def test_progress_reaches_the_owner_over_the_result_topic_alone(taskwire: Taskwire, start: Start) -> None:
    (task,) = taskwire.submit("progress", seconds=1.5, report=True)
    start("progress", http=False)
    eventually(lambda: taskwire.task(task)["progress"] == 50)
    assert taskwire.ended(task)["status"] == "succeeded"


def test_failures_tell_their_cause_and_deaths_cost_the_task_alone(taskwire: Taskwire, start: Start) -> None:
    start("limited", concurrency=2)
    ids = {fault: taskwire.submit("limited", fault=fault)[0] for fault in ("error", "segfault", "exit", "loop")}
    retried = taskwire.submit("limited", fault="retry")[0]
    errors = {fault: taskwire.ended(task)["error"]["type"] for fault, task in ids.items()}
    assert errors == {
        "error": "ValueError",
        "segfault": "WorkerDied",
        "exit": "WorkerDied",
        "loop": "TimeLimitExceeded",
    }
    # What may pass the next time was tried again.
    assert {fault: taskwire.task(task)["attempt"] for fault, task in ids.items()} == {
        "error": 1,
        "segfault": 2,
        "exit": 2,
        "loop": 2,
    }
    assert (taskwire.ended(retried)["status"], taskwire.task(retried)["attempt"]) == ("succeeded", 2)


def test_what_cannot_be_processed_is_a_dead_letter_and_blocks_nobody(taskwire: Taskwire, start: Start) -> None:
    publish(taskwire, "letters", b"\xff\x00 not JSON")
    (refused,) = taskwire.submit("letters", fault="refuse")
    start("letters")
    assert taskwire.ended(refused)["status"] == "dead_lettered"
    letters = eventually(lambda: len(found := taskwire.letters("letters")) == 2 and found)
    assert {letter["error"]["type"] for letter in letters} == {"UnreadableRecord", "RefusedError"}
    taskwire.expect_succeeded(taskwire.submit("letters", 3))
    eventually(lambda: lag(taskwire, "letters") == 0)


def test_records_of_another_type_are_passed_over_and_plain_json_is_taken(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    path = f'"journal": "{journal.path}"'.encode()
    publish(taskwire, "mixed", b'{"taskId": "1", "n": 1, %b}' % path, {"taskwire-type": "another"})
    publish(taskwire, "mixed", b'{"taskId": "2", "n": 2, %b}' % path)
    start("mixed", http=False)
    eventually(lambda: [note.n for note in journal.notes("end")] == ["2"])
    eventually(lambda: lag(taskwire, "mixed") == 0)


def test_tasks_of_one_key_are_done_one_after_the_other_in_their_order(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    ids = taskwire.submit("keyed", 8, journal, seconds=0.1, orderingKey="book-7")
    start("keyed", concurrency=4)
    taskwire.expect_succeeded(ids)
    begins, ends = journal.notes("begin"), journal.notes("end")
    assert [note.n for note in begins] == [str(n) for n in range(8)]
    assert all(end.time <= begin.time for end, begin in zip(ends, begins[1:], strict=False))


def test_a_cancelled_task_is_stopped_while_it_runs_and_skipped_before(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    waiting, running = taskwire.submit("cancel", 2, journal, seconds=60, orderingKey="k")[::-1]
    start("cancel")
    eventually(lambda: len(journal.notes()) == 1)
    taskwire.cancel(waiting)
    taskwire.cancel(running)
    cancelled = time.time()
    (note,) = eventually(lambda: journal.notes("cancelled"))
    assert note.time - cancelled < 5
    (other,) = taskwire.submit("cancel", journal=journal)
    assert taskwire.ended(other)["status"] == "succeeded"
    assert len(journal.notes()) == 2
    eventually(lambda: lag(taskwire, "cancel") == 0)


def test_an_expired_record_is_skipped_without_asking_anybody(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    (expired,) = taskwire.submit("expiry", journal=journal, expiresInSeconds=1)
    assert taskwire.ended(expired)["status"] == "expired"
    start("expiry", http=False)
    eventually(lambda: lag(taskwire, "expiry") == 0)
    assert journal.notes() == []


def test_sigterm_in_the_middle_of_work_loses_nothing_and_repeats_nothing(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    first = start("term", concurrency=2)
    ids = taskwire.submit("term", 100, journal, seconds=0.1)
    eventually(lambda: len(journal.notes()) >= 10)
    assert first.stop() == 0
    assert 0 < len(journal.notes("end")) < 100
    start("term", concurrency=4)
    taskwire.expect_succeeded(ids)
    assert len(journal.notes()) == 100
