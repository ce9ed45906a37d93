import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import handlers
import pytest

from taskwire import ConfigurationError, Worker, logs
from taskwire.definition import Definition
from taskwire.execution.executor import Executor
from taskwire.execution.processes import ProcessExecutor
from taskwire.execution.threads import ThreadExecutor
from taskwire.outcome import Failed, Outcome, Stopped, Succeeded
from taskwire.request import Request
from taskwire.stop import Stop

sys.path.insert(0, str(Path(__file__).parent))


class Line:
    def __init__(self) -> None:
        self.said: list[object] = []
        self.stop = Stop()

    def report(self, progress: float | None, message: str | None) -> None:
        self.said.append((progress, message))

    def log(self, text: str) -> None:
        self.said.append(text)

    @property
    def stopped(self) -> bool:
        return self.stop.reason is not None


def run(executor: Executor, handler: Callable[..., Any], line: Line | None = None, **options: Any) -> Outcome:
    line = line or Line()
    request = Request("id", "t", 1, None, {"n": 1})
    return executor.run(Definition("t", handler, **options), request, line, line.stop)


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(grace=0.3)
    yield executor
    executor.close()


@pytest.fixture(params=["process", "thread"])
def executor(request: pytest.FixtureRequest, process: ProcessExecutor) -> Iterator[Executor]:
    if request.param == "process":
        yield process
        return
    threads = ThreadExecutor()
    yield threads
    threads.close()


class TestBothWays:
    def test_a_result_comes_back(self, executor: Executor) -> None:
        outcome = run(executor, handlers.echo)
        assert isinstance(outcome, Succeeded)
        assert outcome.result["echo"] == {"n": 1}

    def test_an_async_handler_runs_on_an_event_loop(self, executor: Executor) -> None:
        assert run(executor, handlers.echo_later) == Succeeded({"echo": {"n": 1}})
        assert run(executor, handlers.echo_later) == Succeeded({"echo": {"n": 1}})

    def test_what_a_handler_says_arrives(self, executor: Executor) -> None:
        line = Line()
        assert run(executor, handlers.report, line) == Succeeded({})
        assert line.said == [(10, "begun"), "a line", (None, "a line")]

    def test_an_exception_is_a_failure_with_type_message_and_stack(self, executor: Executor) -> None:
        failed = run(executor, handlers.fail)
        assert isinstance(failed, Failed)
        assert (failed.type, failed.message, failed.retryable) == ("ValueError", "bad polygon", False)
        assert "handlers.py" in (failed.stack or "")

    def test_exceptions_of_retry_on_are_retryable(self, executor: Executor) -> None:
        failed = run(executor, handlers.fail, retry_on=(ValueError,))
        assert isinstance(failed, Failed)
        assert failed.retryable

    def test_a_result_that_is_no_object_is_a_failure(self, executor: Executor) -> None:
        failed = run(executor, handlers.bad_result)
        assert isinstance(failed, Failed)
        assert failed.type == "ResultInvalid"

    def test_a_handler_sees_that_it_is_stopped(self, executor: Executor) -> None:
        line = Line()
        threading.Timer(0.2, line.stop.set, ["already_terminal"]).start()
        assert run(executor, handlers.obey, line) == Stopped("already_terminal")

    def test_an_async_handler_is_stopped_without_its_help(self, executor: Executor) -> None:
        line = Line()
        threading.Timer(0.2, line.stop.set, ["already_terminal"]).start()
        assert run(executor, handlers.sleep_async, line) == Stopped("already_terminal")

    @pytest.mark.parametrize("handler", [handlers.sleep_async, handlers.obey])
    def test_a_time_limit_ends_a_handler_and_stops_nothing_else(
        self, executor: Executor, handler: Callable[..., Any]
    ) -> None:
        line = Line()
        failed = run(executor, handler, line, time_limit=0.2)
        assert isinstance(failed, Failed)
        assert (failed.type, failed.retryable) == ("TimeLimitExceeded", True)
        assert line.stop.reason is None


class TestProcesses:
    def test_the_process_is_kept_for_the_next_task(self, process: ProcessExecutor) -> None:
        first, second = run(process, handlers.echo), run(process, handlers.echo)
        assert isinstance(first, Succeeded)
        assert isinstance(second, Succeeded)
        assert first.result["pid"] == second.result["pid"]

    def test_a_handler_may_use_processes_of_its_own(self, process: ProcessExecutor) -> None:
        assert run(process, handlers.use_processes) == Succeeded({"lengths": [1, 2]})

    def test_processes_of_a_handler_end_by_signals(self, process: ProcessExecutor) -> None:
        assert run(process, handlers.end_processes) == Succeeded({"exit codes": [-15, -15]})

    def test_a_handlers_log_lines_are_json_with_the_tasks_id_where_the_workers_are(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(logs, "_level", "info")
        executor = ProcessExecutor(grace=0.3)
        run(executor, handlers.say)
        executor.close()
        line = json.loads(capfd.readouterr().err)
        assert (line["message"], line["taskId"], line["logger"]) == ("counted 3", "id", "mine")

    @pytest.mark.parametrize(
        ("handler", "message"),
        [
            (handlers.segfault, "SIGSEGV"),
            (handlers.leave, "exited with 3"),
            (handlers.be_killed, "SIGKILL"),
        ],
    )
    def test_a_death_ends_the_task_and_not_the_worker(
        self, process: ProcessExecutor, handler: Callable[..., Any], message: str
    ) -> None:
        failed = run(process, handler)
        assert isinstance(failed, Failed)
        assert (failed.type, failed.retryable) == ("WorkerDied", True)
        assert message in failed.message
        assert isinstance(run(process, handlers.echo), Succeeded)

    def test_running_out_of_memory_ends_the_task_and_not_the_worker(self) -> None:
        executor = ProcessExecutor(grace=0.3)
        try:
            failed = run(executor, handlers.eat_memory)
            assert isinstance(failed, Failed)
            assert failed.type in ("MemoryError", "WorkerDied")
        finally:
            executor.close()

    def test_an_endless_loop_is_killed_at_its_time_limit(self, process: ProcessExecutor) -> None:
        run(process, handlers.echo)
        started = time.monotonic()
        failed = run(process, handlers.loop, time_limit=0.3)
        assert isinstance(failed, Failed)
        assert (failed.type, failed.retryable) == ("TimeLimitExceeded", True)
        assert time.monotonic() - started < 2
        assert isinstance(run(process, handlers.echo), Succeeded)

    def test_a_handler_that_does_not_obey_is_killed_after_the_grace(self, process: ProcessExecutor) -> None:
        line = Line()
        threading.Timer(0.2, line.stop.set, ["lost"]).start()
        assert run(process, handlers.loop, line) == Stopped("lost")

    def test_a_handler_that_no_process_could_find_is_refused_at_the_start(self) -> None:
        worker = Worker(url="http://127.0.0.1:9")
        worker.task("t")(lambda task: None)
        with pytest.raises(ConfigurationError, match="top of a module"):
            worker.start()


class TestThreads:
    def test_what_a_handler_says_arrives_until_it_ends_though_its_time_is_over(self) -> None:
        line = Line()
        run(ThreadExecutor(), handlers.report_late, line, time_limit=0.1)
        assert line.said == [(90, "late"), "a line", (None, "a line")]

    def test_a_handler_that_is_stopped_after_its_time_limit_has_no_failure_that_anybody_waits_for(self) -> None:
        line = Line()
        threading.Timer(0.2, line.stop.set, ["already_terminal"]).start()
        assert run(ThreadExecutor(), handlers.oversleep, line, time_limit=0.1) == Stopped("already_terminal")


def test_the_base_package_needs_no_kafka() -> None:
    source = "import sys; sys.modules['kafka'] = None; import taskwire, taskwire.testing, taskwire.cli"
    path = str(Path(__file__).parents[2] / "src")
    subprocess.run([sys.executable, "-c", source], check=True, env={"PYTHONPATH": path})
