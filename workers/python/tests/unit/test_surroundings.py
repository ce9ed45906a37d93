"""Metrics, traces, logs and the command line."""

import json
import logging
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from kafka.errors import KafkaTimeoutError
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from taskwire import Task, Worker, logs
from taskwire.cli import main
from taskwire.logs import JsonFormatter, level_of_json, log_as_json
from taskwire.metrics import PrometheusMetrics
from taskwire.outcome import Failed, Succeeded
from taskwire.request import TRACE_HEADER
from taskwire.task import current_task_id
from taskwire.testing import run_record


def test_metrics_count_what_ended_and_how() -> None:
    metrics = PrometheusMetrics(0)
    try:
        with metrics.running("t"):
            metrics.ended("t", Succeeded({}), 0.5)
            metrics.ended("t", Failed("E", "m"), 0.5)
            text = urlopen(f"http://127.0.0.1:{metrics.port}/metrics").read().decode()
    finally:
        metrics.close()
    assert 'taskwire_worker_tasks_total{outcome="succeeded",type="t"} 1.0' in text
    assert 'taskwire_worker_tasks_total{outcome="failed",type="t"} 1.0' in text
    assert 'taskwire_worker_running{type="t"} 1.0' in text


def test_a_handler_runs_in_the_trace_that_submitted_its_task() -> None:
    trace.set_tracer_provider(TracerProvider())
    worker = Worker()

    @worker.task("t")
    def handler(task: Task) -> dict[str, str]:
        return {"trace": format(trace.get_current_span().get_span_context().trace_id, "032x")}

    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    done = run_record(worker, "t", b'{"taskId":"1"}', {TRACE_HEADER: parent})
    assert done.answer is not None
    assert done.answer["trace"] == "0af7651916cd43dd8448eb211c80319c"


def test_a_log_line_is_json_and_bears_the_tasks_id() -> None:
    record = logging.LogRecord("taskwire", logging.INFO, "", 0, "page %d", (2,), None)
    token = current_task_id.set("0193")
    try:
        line = json.loads(JsonFormatter().format(record))
    finally:
        current_task_id.reset(token)
    assert (line["message"], line["taskId"], line["level"]) == ("page 2", "0193", "info")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nowhere:worker"], "nowhere:worker is not there"),
        (["run", "json:dumps"], "json:dumps is no Worker"),
        (["run", "json:dumps", "--log-level", "loud"], "--log-level is debug, info, warning or error, not 'loud'"),
        (["submit", "t", "{"], "The payload is not JSON"),
        (["submit", "t", "@missing.json"], "The payload cannot be read: .*'missing.json'"),
        (["submit", "t", "@."], "The payload cannot be read: "),
        (["submit", "t", f"@{sys.executable}"], "The payload is not JSON"),
    ],
)
def test_the_command_line_says_in_one_line_what_is_wrong(arguments: list[str], says: str) -> None:
    # An exit with a text writes it to standard error; its code is 1.
    with pytest.raises(SystemExit, match=rf"^taskwire: {says}.*$"):
        main(arguments)


def test_a_log_level_that_does_not_exist_is_not_passed_on_to_child_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_level", None)
    with pytest.raises(ValueError, match="LOUD"):
        log_as_json("loud")
    assert level_of_json() is None


def test_no_broker_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_broker(**_: object) -> None:
        raise KafkaTimeoutError("Unable to bootstrap")

    monkeypatch.setattr("taskwire.kafka.publisher.KafkaProducer", no_broker)
    monkeypatch.setenv("KAFKA_BROKERS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brokerless.py").write_text(
        "from taskwire import Worker\nworker = Worker()\n@worker.task('x')\ndef x(task): return None\n"
    )
    with pytest.raises(SystemExit, match=r"^taskwire: No broker answers at KAFKA_BROKERS: .*Unable to bootstrap$"):
        main(["run", "brokerless:worker"])
