"""The worker of the integration tests, which run it as a process of its own.

Its handlers do what the payload says, and write into the file `journal` when they begin and when they end.
They work for some `seconds`, and until a file is there.
"""

import ctypes
import os
import time
from pathlib import Path
from typing import Any

from taskwire import RefusedError, RetryableError, Task, Worker

PREFIX = os.environ.get("TASKWIRE_TEST_PREFIX", "test")
OPTIONS: dict[str, Any] = eval(os.environ.get("WORKER_OPTIONS", "{}"))

worker = Worker(**OPTIONS)


def work(task: Task) -> dict[str, Any]:
    note(task, "begin")
    payload = task.payload
    match payload.get("fault"):
        case "segfault":
            ctypes.string_at(0)
        case "exit":
            os._exit(3)
        case "loop":
            while True:
                pass
        case "refuse":
            raise RefusedError("no such file")
        case "error":
            raise ValueError("bad polygon")
        case "retry" if task.attempt == 1:
            raise RetryableError("not yet")
    end = time.monotonic() + payload.get("seconds", 0)
    while time.monotonic() < end or not Path(payload.get("until", "/")).exists():
        time.sleep(0.05)
        if task.cancelled:
            note(task, "cancelled")
            return {}
        if payload.get("report"):
            task.progress(50, "half way")
    note(task, "end")
    return {"echo": payload.get("n")}


def note(task: Task, what: str) -> None:
    if "journal" in task.payload:
        line = f"{what} {task.payload.get('n')} {task.attempt} {time.time()} {os.environ['WORKER_NAME']}\n"
        with Path(task.payload["journal"]).open("a") as journal:
            journal.write(line)


for name in filter(None, os.environ.get("WORKER_TYPES", "").split(",")):
    worker.task(
        f"{PREFIX}.{name}",
        request_topic=f"{PREFIX}-{name}",
        result_topic=f"{PREFIX}-result",
        delivery="claim" if name.startswith("claim") else "topic",
        time_limit=1.5 if name.endswith("limited") else None,
    )(work)
