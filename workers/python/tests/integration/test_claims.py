"""Workers that claim their tasks over HTTP."""

import time

from stage import Journal, Start, Taskwire, eventually


def test_a_task_that_is_longer_than_its_lease_is_done_once(taskwire: Taskwire, journal: Journal, start: Start) -> None:
    ids = taskwire.submit("claimed", 2, journal, seconds=7, report=True)
    start("claimed", concurrency=2, lease_seconds=5)
    eventually(lambda: {taskwire.task(one)["progress"] for one in ids} == {50})
    taskwire.expect_succeeded(ids)
    assert {taskwire.task(one)["attempt"] for one in ids} == {1}
    assert len(journal.notes()) == 2


def test_sigterm_gives_back_what_does_not_end_in_time(taskwire: Taskwire, journal: Journal, start: Start) -> None:
    worker = start("claim-term", shutdown_seconds=1)
    short, long = (taskwire.submit("claim-term", journal=journal, seconds=seconds)[0] for seconds in (0, 60))
    eventually(lambda: len(journal.notes()) == 2)
    assert worker.stop() == 0
    assert taskwire.task(short)["status"] == "succeeded"
    given_back = taskwire.task(long)
    assert (given_back["status"], given_back["attempt"]) == ("queued", 2)
    taskwire.cancel(long)


def test_a_killed_workers_task_is_taken_over_when_its_lease_ends(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    victim = start("claim-kill", lease_seconds=5)
    (task,) = taskwire.submit("claim-kill", journal=journal, seconds=8)
    eventually(lambda: journal.notes())
    start("claim-kill", lease_seconds=5)
    victim.kill()
    killed = time.time()
    assert taskwire.ended(task)["status"] == "succeeded"
    assert taskwire.task(task)["attempt"] == 2
    assert journal.notes()[-1].time - killed < 9


def test_a_cancelled_task_is_stopped_and_an_idle_worker_ends_at_once(
    taskwire: Taskwire, journal: Journal, start: Start
) -> None:
    worker = start("claim-cancel")
    (task,) = taskwire.submit("claim-cancel", journal=journal, seconds=60)
    eventually(lambda: journal.notes())
    taskwire.cancel(task)
    eventually(lambda: journal.notes("cancelled"), 5)
    started = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - started < 5
