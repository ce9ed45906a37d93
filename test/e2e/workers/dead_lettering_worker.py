"""A compute worker that dead-letters the requests it cannot process, and knows nothing of Taskwire's but the envelope.

Usage: dead_lettering_worker.py BROKERS REQUEST_TOPIC RESULT_TOPIC GROUP

It processes a `.shp` file; any other is a failure. What it cannot process goes to `<REQUEST_TOPIC>-dlq`, in the form of
`contracts/dead-letter.schema.json`.
"""

import json
import sys
import traceback
from datetime import datetime, timezone

from kafka import KafkaConsumer, KafkaProducer

BROKERS, REQUEST_TOPIC, RESULT_TOPIC, GROUP = sys.argv[1:]


def answer(request):
    """The record that answers a request. Raises ValueError for a file that is not a shape file."""
    if not request["fileUrl"].endswith(".shp"):
        raise ValueError(f"not a shape file: {request['fileUrl']}")
    return {"taskId": request["taskId"], "status": "DONE", "shapes": 3}


def dead_letter(record, error):
    """The letter of a request record and what was wrong with it. The request's bytes are text."""
    return {
        "original": {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "key": record.key.decode(),
            "value": record.value.decode(),
            "headers": {name: value.decode() for name, value in record.headers},
        },
        "error": {
            "type": type(error).__name__,
            "message": str(error),
            "stack": "".join(traceback.format_exception(error)),
        },
        "attempts": 1,
        "group": GROUP,
        "failedAt": datetime.now(timezone.utc).isoformat(),
    }


def main():
    """Takes the next request when what the last one led to is durable."""
    producer = KafkaProducer(bootstrap_servers=BROKERS, value_serializer=lambda value: json.dumps(value).encode())
    consumer = KafkaConsumer(
        REQUEST_TOPIC, bootstrap_servers=BROKERS, group_id=GROUP, auto_offset_reset="earliest"
    )
    for record in consumer:
        try:
            topic, value = RESULT_TOPIC, answer(json.loads(record.value))
        except ValueError as error:
            topic, value = f"{REQUEST_TOPIC}-dlq", dead_letter(record, error)
        producer.send(topic, value).get(timeout=60)


main()
