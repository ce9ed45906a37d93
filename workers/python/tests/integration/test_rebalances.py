"""Partitions that move while tasks run."""

import signal
from collections import Counter
from pathlib import Path

from stage import Journal, Start, Taskwire, eventually

# So many that each of three partitions has some, but for once in a thousand times.
MANY = 18


def test_long_tasks_survive_a_short_poll_interval_a_killed_worker_and_a_new_one(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    ids = taskwire.submit("long", MANY, journal, seconds=4)
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
    beyond = Counter(note.n for note in journal.notes()) - Counter(str(n) for n in range(MANY))
    assert set(beyond) <= interrupted


def test_a_worker_that_was_frozen_stops_the_task_that_another_has_taken_over_or_finishes_it_if_asked(
    taskwire: Taskwire, tmp_path: Path, start: Start
) -> None:
    kafka = {"session_timeout_ms": 6_000}
    stopping, finishing, until = Journal(tmp_path / "stop"), Journal(tmp_path / "finish"), tmp_path / "until"
    stop = start("frozen", kafka=kafka)
    finish = start("kept", kafka=kafka, on_lost="finish")
    ids = [
        *taskwire.submit("frozen", journal=stopping, until=str(until)),
        *taskwire.submit("kept", journal=finishing, until=str(until)),
    ]
    eventually(lambda: stopping.notes() and finishing.notes())
    for frozen in (stop, finish):
        frozen.signal(signal.SIGSTOP)
    start("frozen", kafka=kafka)
    start("kept", kafka=kafka)
    eventually(lambda: len(stopping.notes()) == len(finishing.notes()) == 2)
    for frozen in (stop, finish):
        frozen.signal(signal.SIGCONT)
    (note,) = eventually(lambda: stopping.notes("cancelled"))
    assert note.worker == stop.name
    eventually(lambda: "lost partitions" in finish.output())
    until.touch()
    taskwire.expect_succeeded(ids)
    eventually(lambda: finish.name in {note.worker for note in finishing.notes("end")})
