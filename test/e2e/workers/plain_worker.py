"""A compute worker as its users write them: it knows the topics and the field `taskId`, and nothing else of Taskwire.

Usage: plain_worker.py BROKERS REQUEST_TOPIC RESULT_TOPIC GROUP

What a request's payload says it should do: `"answer": "wrapped"` nests the result under `payload`, `"reports": true`
sends progress first. Where the payload has a `fileId`, the answer has that in its field `taskId`. Answers bear no key.
"""

import json
import math
import sys
import time

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

BROKERS, REQUEST_TOPIC, RESULT_TOPIC, GROUP = sys.argv[1:]


def answers(request):
    """All records that answer one request, in order."""
    task_id = request.get("fileId", request["taskId"])
    if request.get("reports"):
        yield {"taskId": task_id, "status": "RUNNING", "progress": 10, "message": "reading"}
        yield {"taskId": task_id, "status": "PROGRESS", "progress": 60, "message": "computing"}
    if request.get("answer") == "wrapped":
        payload = {"status": "SUCCESS", "message": "embedded", "vector_ids": [101], "echo": request}
        yield {"taskId": task_id, "timestamp": time.time(), "payload": payload}
    else:
        yield {"taskId": task_id, "status": "DONE", "vector": [0.1, 0.2], "echo": request}


def work():
    """Answers until the broker fails. The next requests are taken when the answers to the last ones are durable."""
    producer = KafkaProducer(
        bootstrap_servers=BROKERS,
        reconnect_backoff_max_ms=500,
        value_serializer=lambda value: json.dumps(value).encode(),
    )
    consumer = KafkaConsumer(
        REQUEST_TOPIC,
        bootstrap_servers=BROKERS,
        group_id=GROUP,
        # Whoever starts over takes its own place, instead of waiting until the session of who it was has ended.
        group_instance_id=GROUP,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_000,
        reconnect_backoff_max_ms=500,
    )
    try:
        while True:
            # Without end: in kafka-python 3.0.12 a poll that runs out in the middle of a rebalance leaves the consumer
            # without positions, for ever.
            polled = consumer.poll(timeout_ms=math.inf).values()
            requests = [json.loads(record.value) for records in polled for record in records]
            for sent in [producer.send(RESULT_TOPIC, answer) for request in requests for answer in answers(request)]:
                sent.get(timeout=60)
    finally:
        # Or its heartbeats would go on, and hold up the group that the next consumer joins.
        consumer.close(autocommit=False, timeout_ms=2_000)
        producer.close(timeout=2)


while True:
    try:
        work()
    except KafkaError as error:
        print(f"starting over: {error!r}", file=sys.stderr, flush=True)
        time.sleep(0.5)
