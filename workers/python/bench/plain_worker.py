"""What people write first: poll, work, answer, commit. The comparison of `long_tasks.py`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError


def note(payload: dict[str, Any], what: str) -> None:
    with Path(payload["journal"]).open("a") as journal:
        journal.write(f"{what} {payload['n']} 1 {time.time()} {os.getpid()}\n")


producer = KafkaProducer(bootstrap_servers=os.environ["KAFKA_BROKERS"])
consumer = KafkaConsumer(
    "bench-plain",
    bootstrap_servers=os.environ["KAFKA_BROKERS"],
    group_id=sys.argv[1],
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    session_timeout_ms=10_000,
    max_poll_interval_ms=6_000,
    max_poll_records=1,
)
for record in consumer:
    payload = json.loads(record.value)
    note(payload, "begin")
    time.sleep(payload["seconds"])
    note(payload, "end")
    answer = {"taskId": payload["taskId"], "status": "DONE", "n": payload["n"]}
    producer.send("bench-result", json.dumps(answer).encode()).get(timeout=30)
    try:
        consumer.commit()
    except KafkaError as error:
        print(f"{error!r}", file=sys.stderr, flush=True)
