"""`taskwire submit` and `taskwire tail`; `taskwire run` is how all these tests start their workers."""

import json
import subprocess
import sys
from typing import Any

from stage import ROOT, Journal, Start, Taskwire, eventually


def taskwire_command(taskwire: Taskwire, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Its exit code, the lines that it printed, and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "taskwire", *arguments],
        env={"PYTHONPATH": str(ROOT / "src"), "TASKWIRE_URL": taskwire.url},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_task_is_submitted_awaited_and_followed(taskwire: Taskwire, start: Start) -> None:
    name = f"{taskwire.prefix}.claim-cli"
    start("claim-cli")
    code, (task,), _ = taskwire_command(taskwire, "submit", name, '{"n": 9007199254740993}', "--wait", "60")
    assert (code, task["status"], task["result"]) == (0, "succeeded", {"echo": 9007199254740993})
    code, events, _ = taskwire_command(taskwire, "tail", task["id"])
    assert code == 0
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["status"] == "succeeded"
    code, (failed,), _ = taskwire_command(taskwire, "submit", name, '{"fault": "error"}', "--wait", "60")
    assert (code, failed["error"]["type"]) == (2, "ValueError")


def test_what_the_server_refuses_is_said_in_one_line(taskwire: Taskwire) -> None:
    code, _, said = taskwire_command(taskwire, "submit", "nobodys")
    assert (code, said.count("\n")) == (1, 1)
    assert "unknown_task_type" in said


def test_a_task_is_followed_while_it_runs(taskwire: Taskwire, journal: Journal, start: Start) -> None:
    start("claim-cli")
    (task,) = taskwire.submit("claim-cli", journal=journal, seconds=1, report=True)
    eventually(lambda: journal.notes())
    code, events, _ = taskwire_command(taskwire, "tail", task)
    assert (code, events[-1]["status"]) == (0, "succeeded")
    assert "half way" in {event["data"].get("message") for event in events}
