"""A worker that does nothing, with FastStream: acknowledged after the answer, as ours is."""

import asyncio
import os

from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker

NAME = os.environ.get("BENCH_NAME", "bench")
# Without its two log lines a task.
broker = KafkaBroker(os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"), logger=None)


@broker.subscriber(f"{NAME}-request", group_id=NAME, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)
@broker.publisher(f"{NAME}-result")
async def noop(message: dict) -> dict:  # type: ignore[type-arg]
    return {"taskId": message["taskId"], "status": "DONE"}


asyncio.run(FastStream(broker).run())
