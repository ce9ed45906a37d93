"""A worker that does nothing, with the SDK."""

import os

from taskwire import Task, Worker

NAME = os.environ.get("BENCH_NAME", "bench")
worker = Worker(execution="process" if os.environ.get("BENCH_EXECUTION") == "process" else "thread")


@worker.task(NAME, delivery="topic", request_topic=f"{NAME}-request", result_topic=f"{NAME}-result")
def noop(task: Task) -> None:
    pass


worker.run()
