"""A compute worker with the SDK, that answers with what it was asked.

Settings, from the environment: KAFKA_BROKERS, REQUEST_TOPIC, RESULT_TOPIC.
"""

import os
from typing import Any

from taskwire import Task, Worker

worker = Worker(execution="thread", concurrency=4)


@worker.task(
    "sdk", delivery="topic", request_topic=os.environ["REQUEST_TOPIC"], result_topic=os.environ["RESULT_TOPIC"]
)
def echo(task: Task) -> dict[str, Any]:
    """Answers at once."""
    return {"echo": task.payload}


worker.run()
