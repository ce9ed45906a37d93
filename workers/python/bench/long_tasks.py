"""Twelve tasks of 20 s with a poll interval of 6 s, two workers; one is killed, and one more started, in the middle.

Prints how often tasks were executed, with the SDK, then with plain kafka-python. `npm run bench -- python-long-tasks`
"""

import atexit
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from stage import Journal, Taskwire, WorkerProcess

TASKS, SECONDS, LIMIT_SECONDS = 12, 20, 240
KAFKA = {"max_poll_interval_ms": 6_000}


def sdk_worker(name: str) -> WorkerProcess:
    return WorkerProcess("long", name, Path(tempfile.mkdtemp()) / "log", True, {"kafka": KAFKA})


def plain_worker(name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, Path(__file__).parent / "plain_worker.py", "bench-plain-workers"])


def measure(title: str, name: str, start: Callable[[str], WorkerProcess | subprocess.Popen[bytes]]) -> None:
    taskwire = Taskwire(os.environ["TASKWIRE_URL"], "bench")
    journal = Journal(Path(tempfile.mkdtemp()) / "journal")
    ids = taskwire.submit(name, TASKS, journal, seconds=SECONDS)
    workers = [start("a"), start("b")]
    atexit.register(lambda: [worker.kill() for worker in workers])
    began = time.monotonic()
    while len(journal.notes()) < 5:
        time.sleep(0.1)
    workers[1].kill()
    killed = open_tasks(journal)[name_of(workers[1])]
    workers.append(start("c"))
    while (took := time.monotonic() - began) < LIMIT_SECONDS and set(taskwire.statuses(ids)) != {"succeeded"}:
        time.sleep(0.5)
    for worker in workers:
        worker.kill()
    succeeded = taskwire.statuses(ids).count("succeeded")
    executions = len(journal.notes())
    beyond = executions - len({note.n for note in journal.notes()}) - killed
    print(
        f"{title}: {succeeded} of {TASKS} succeeded in {took:.0f} s; {executions} executions, "
        f"{killed} of them killed, {beyond} needless",
        flush=True,
    )


def open_tasks(journal: Journal) -> Counter[str]:
    """How many tasks each worker has begun and not ended."""
    begun, ended = (Counter(note.worker for note in journal.notes(what)) for what in ("begin", "end"))
    return begun - ended


def name_of(worker: WorkerProcess | subprocess.Popen[bytes]) -> str:
    return worker.name if isinstance(worker, WorkerProcess) else str(worker.pid)


if __name__ == "__main__":
    measure("SDK", "long", sdk_worker)
    measure("plain kafka-python", "plain", plain_worker)
