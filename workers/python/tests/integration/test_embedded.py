"""A worker inside another program: probes, metrics, traces; and its producer."""

import os
import socket
import threading
from urllib.request import urlopen

from kafka.admin import KafkaAdminClient, NewTopic
from opentelemetry import trace
from stage import Taskwire, eventually

from taskwire import Check, Task, Worker
from taskwire.kafka.connection import connection_settings
from taskwire.kafka.publisher import Publisher

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def test_a_worker_tells_of_itself_and_goes_on_with_the_trace_that_submitted_the_task(taskwire: Taskwire) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name = f"{taskwire.prefix}.embedded"
    worker = Worker(execution="thread", metrics_port=port)

    @worker.task(name, request_topic=f"{taskwire.prefix}-embedded", result_topic=f"{taskwire.prefix}-result")
    def handler(task: Task) -> dict[str, str]:
        return {"trace": format(trace.get_current_span().get_span_context().trace_id, "032x")}

    assert worker.check() == Check(False, ("It was not started.",))
    worker.start()
    try:
        assert worker.check().faults == (f"The consumer of {taskwire.prefix}-embedded is not in its group.",)
        eventually(lambda: worker.check().healthy)
        parent = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
        body = {"type": name, "payload": {}}
        task = taskwire.http.post("/v1/tasks?wait=60", json=body, headers=parent).json()
        assert (task["status"], task["result"]) == ("succeeded", {"trace": TRACE_ID})
        metrics = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        assert f'taskwire_worker_tasks_total{{outcome="succeeded",type="{name}"}} 1.0' in metrics
    finally:
        worker.stop()
    assert not worker.check().healthy


def test_a_record_that_the_broker_refuses_is_no_end_of_the_others(taskwire: Taskwire) -> None:
    brokers = os.environ["KAFKA_BROKERS"]
    topic = f"{taskwire.prefix}-small"
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "1000"})])
    admin.close()
    publisher = Publisher(connection_settings(brokers, {}))
    try:
        assert [written(publisher, topic, size) for size in (2_000, 10)] == [False, True]
    finally:
        publisher.close()


def written(publisher: Publisher, topic: str, size: int) -> bool:
    """Whether a value of so many bytes is durable in the end."""
    known = threading.Event()
    failures: list[BaseException] = []

    def fail(error: BaseException) -> None:
        failures.append(error)
        known.set()

    publisher.publish(topic, None, b"x" * size, known.set, fail)
    assert known.wait(60)
    return not failures
