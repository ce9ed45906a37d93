"""No-op tasks a second of one worker, from the first answer to the last; the requests are there before it starts.

`npm run bench -- python-throughput`; it starts a Redis for those who need one. Arguments: which to measure.
"""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

HERE = Path(__file__).parent
TASKS = 3_000
BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
REDIS_PORT = 16379
REDIS = f"redis://127.0.0.1:{REDIS_PORT}/0"


def over_kafka(command: Callable[[str], list[str]]) -> float:
    """Tasks from a topic, answers to a topic."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=BROKERS)
    admin.create_topics([NewTopic(f"{name}-{end}", 3, 1) for end in ("request", "result")])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=BROKERS)
    for number in range(TASKS):
        task_id = str(uuid.UUID(int=number))
        headers = [("taskwire-type", name.encode()), ("taskwire-attempt", b"1")]
        value = json.dumps({"taskId": task_id, "n": number}).encode()
        producer.send(f"{name}-request", value, key=task_id.encode(), headers=headers)
    producer.flush()
    consumer = KafkaConsumer(f"{name}-result", bootstrap_servers=BROKERS, auto_offset_reset="earliest")
    # Without Taskwire's address: it knows nothing of these tasks.
    env = {**os.environ, "BENCH_NAME": name, "KAFKA_BROKERS": BROKERS, "TASKWIRE_URL": ""}
    worker = subprocess.Popen(command(name), cwd=HERE, env=env, stderr=subprocess.DEVNULL)
    times: list[float] = []
    for _ in consumer:
        times.append(time.monotonic())
        if len(times) == TASKS:
            break
    worker.terminate()
    worker.wait()
    consumer.close()
    return TASKS / (times[-1] - times[0])


def over_redis(app: str, arguments: list[str], results: str) -> float:
    """Tasks from a queue in Redis, results kept there."""
    import redis

    with running_redis():
        server = redis.Redis.from_url(REDIS)
        env = {**os.environ, "REDIS_URL": REDIS}
        subprocess.run([sys.executable, f"{app}.py", str(TASKS)], cwd=HERE, env=env, check=True)
        command = [sys.executable, *arguments]
        worker = subprocess.Popen(command, cwd=HERE, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        def done() -> int:
            return sum(1 for _ in server.scan_iter(results, count=10_000))

        while (already := done()) == 0:
            time.sleep(0.01)
        began = time.monotonic()
        while done() < TASKS:
            time.sleep(0.05)
        took = time.monotonic() - began
        worker.terminate()
        worker.wait()
    return (TASKS - already) / took


@contextmanager
def running_redis() -> Iterator[None]:
    """An empty Redis that keeps nothing."""
    command = ["redis-server", "--port", str(REDIS_PORT), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", REDIS_PORT)) != 0:
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


def sdk(execution: str) -> Callable[[str], list[str]]:
    os.environ["BENCH_EXECUTION"] = execution
    return lambda name: [sys.executable, "noop_taskwire.py"]


MEASURES: dict[str, Callable[[], float]] = {
    "thread": lambda: over_kafka(sdk("thread")),
    "process": lambda: over_kafka(sdk("process")),
    "faststream": lambda: over_kafka(lambda name: [sys.executable, "noop_faststream.py"]),
    "celery": lambda: over_redis(
        "noop_celery", ["-m", "celery", "-A", "noop_celery", "worker", "--concurrency=1"], "celery-task-meta-*"
    ),
    "dramatiq": lambda: over_redis(
        "noop_dramatiq", ["-m", "dramatiq", "noop_dramatiq", "--processes=1", "--threads=1"], "?" * 32
    ),
}

if __name__ == "__main__":
    for one in sys.argv[1:] or MEASURES:
        rate = MEASURES[one]()
        print(f"{one}: {rate:.0f} tasks/s, {1e3 / rate:.2f} ms each", flush=True)
