"""Seconds from `kill -9` of a worker to the moment its task runs elsewhere; and from a cancellation to the handler.

`npm run bench -- python-takeover`
"""

import atexit
import os
import statistics
import tempfile
import time
from pathlib import Path

from stage import Journal, Taskwire, WorkerProcess, eventually

RUNS = 5


def start(types: str, name: str) -> WorkerProcess:
    worker = WorkerProcess(types, name, Path(tempfile.mkdtemp()) / "log", True, {})
    atexit.register(worker.kill)
    return worker


def until_elsewhere(taskwire: Taskwire, name: str) -> float:
    journal = Journal(Path(tempfile.mkdtemp()) / "journal")
    victim = start(name, "victim")
    taskwire.submit(name, 1, journal, seconds=60)
    eventually(lambda: len(journal.notes()) == 1)
    other = start(name, "other")
    time.sleep(8)  # until it has joined, as one that was there before
    killed = time.time()
    victim.kill()
    eventually(lambda: len(journal.notes()) == 2)
    cancel_all(taskwire, name)
    other.kill()
    return journal.notes()[-1].time - killed


def until_stopped(taskwire: Taskwire, name: str) -> float:
    journal = Journal(Path(tempfile.mkdtemp()) / "journal")
    worker = start(name, "worker")
    (task,) = taskwire.submit(name, 1, journal, seconds=60)
    eventually(lambda: len(journal.notes()) == 1)
    cancelled = time.time()
    taskwire.cancel(task)
    (note,) = eventually(lambda: journal.notes("cancelled"))
    worker.stop()
    return float(note.time - cancelled)


def cancel_all(taskwire: Taskwire, name: str) -> None:
    query = {"type": f"{taskwire.prefix}.{name}", "status": ["queued", "running"]}
    for task in taskwire.http.get("/v1/tasks", params=query).json()["items"]:
        taskwire.cancel(task["id"])


if __name__ == "__main__":
    api = Taskwire(os.environ["TASKWIRE_URL"], "bench")
    for title, name in (("Kafka", "kill"), ("claims", "claim-kill")):
        seconds = sorted(until_elsewhere(api, name) for _ in range(RUNS))
        print(f"kill -9, over {title}: {statistics.median(seconds):.1f} s ({seconds[0]:.1f}-{seconds[-1]:.1f})")
        seconds = sorted(until_stopped(api, name) for _ in range(RUNS))
        print(
            f"cancel, over {title}: {statistics.median(seconds):.1f} s ({seconds[0]:.1f}-{seconds[-1]:.1f})", flush=True
        )
