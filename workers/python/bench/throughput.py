"""No-op tasks a second of one worker, from the first answer to the last; the requests are there before it starts.

Arguments: any of `thread`, `process`, `celery`, `dramatiq`, `faststream`; the last three need what `README.md` says.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

HERE = Path(__file__).parent
TASKS = 3_000
BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")


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
    worker = subprocess.Popen(command(name), cwd=HERE, env={**os.environ, "BENCH_NAME": name, "KAFKA_BROKERS": BROKERS})
    times: list[float] = []
    for _ in consumer:
        times.append(time.monotonic())
        if len(times) == TASKS:
            break
    worker.terminate()
    worker.wait()
    consumer.close()
    return TASKS / (times[-1] - times[0])


def over_redis(app: str, command: list[str], results: str) -> float:
    """Tasks from a queue in Redis, results kept there."""
    import redis

    server = redis.Redis.from_url(REDIS)
    server.flushdb()
    subprocess.run([sys.executable, f"{app}.py", str(TASKS)], cwd=HERE, check=True)
    worker = subprocess.Popen(command, cwd=HERE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def done() -> int:
        return sum(1 for _ in server.scan_iter(results, count=10_000))

    while done() == 0:
        time.sleep(0.01)
    began, already = time.monotonic(), done()
    while done() < TASKS:
        time.sleep(0.05)
    took = time.monotonic() - began
    worker.terminate()
    worker.wait()
    return (TASKS - already) / took


def sdk(execution: str) -> Callable[[str], list[str]]:
    os.environ["BENCH_EXECUTION"] = execution
    return lambda name: [sys.executable, "noop_taskwire.py"]


MEASURES: dict[str, Callable[[], float]] = {
    "thread": lambda: over_kafka(sdk("thread")),
    "process": lambda: over_kafka(sdk("process")),
    "faststream": lambda: over_kafka(lambda name: [sys.executable, "noop_faststream.py"]),
    "celery": lambda: over_redis(
        "noop_celery", ["celery", "-A", "noop_celery", "worker", "--concurrency=1"], "celery-task-meta-*"
    ),
    "dramatiq": lambda: over_redis(
        "noop_dramatiq", ["dramatiq", "noop_dramatiq", "--processes=1", "--threads=1"], "dramatiq-results:*"
    ),
}

if __name__ == "__main__":
    for one in sys.argv[1:] or ["thread", "process"]:
        rate = MEASURES[one]()
        print(f"{one}: {rate:.0f} tasks/s, {1e3 / rate:.2f} ms each", flush=True)
