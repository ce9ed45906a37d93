"""Partitions that move while tasks run."""

import signal
from collections import Counter

from stage import Journal, Start, Taskwire, eventually


def test_long_tasks_survive_a_short_poll_interval_a_killed_worker_and_a_new_one(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    ids = taskwire.submit("long", 9, journal, seconds=5)
    kafka = {"max_poll_interval_ms": 3_000, "session_timeout_ms": 6_000}
    start("long", kafka=kafka)
    victim = start("long", kafka=kafka)
    eventually(lambda: victim.name in {note.worker for note in journal.notes()})
    interrupted = {note.n for note in journal.notes() if note.worker == victim.name} - {
        note.n for note in journal.notes("end")
    }
    victim.kill()
    start("long", kafka=kafka)
    taskwire.expect_succeeded(ids, 90)
    beyond = Counter(note.n for note in journal.notes()) - Counter(str(n) for n in range(9))
    assert set(beyond) <= interrupted


def test_a_worker_that_was_frozen_stops_the_task_that_another_has_taken_over(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    kafka = {"session_timeout_ms": 6_000}
    frozen = start("frozen", kafka=kafka)
    (task,) = taskwire.submit("frozen", journal=journal, seconds=20)
    eventually(lambda: journal.notes())
    frozen.signal(signal.SIGSTOP)
    start("frozen", kafka=kafka)
    eventually(lambda: len(journal.notes()) == 2)
    frozen.signal(signal.SIGCONT)
    (note,) = eventually(lambda: journal.notes("cancelled"), 15)
    assert note.worker == frozen.name
    assert taskwire.ended(task)["status"] == "succeeded"
