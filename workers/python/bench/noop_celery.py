"""A worker that does nothing, with Celery: late acknowledgement, results kept."""

import os
import sys

from celery import Celery

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
app = Celery("bench", broker=REDIS, backend=REDIS)
app.conf.update(task_acks_late=True)


@app.task(name="bench.noop")
def noop(n: int) -> dict[str, int]:
    return {}


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        noop.delay(number)
