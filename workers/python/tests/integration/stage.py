"""What the integration tests act on: Taskwire, worker processes, and what these wrote down."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def eventually(check: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Asks again until `check` gives something true; fails with what it raised or gave last."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = check()
            if found:
                return found
            error = AssertionError(f"still {found!r} after {seconds} s")
        except (AssertionError, httpx.TransportError) as raised:
            error = AssertionError(str(raised))
        if time.monotonic() > deadline:
            raise error
        time.sleep(0.05)


@dataclass
class Note:
    what: str
    n: str
    attempt: str
    time: float
    worker: str


class Journal:
    """What handlers wrote down."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def notes(self, what: str = "begin") -> list[Note]:
        if not self.path.exists():
            return []
        lines = [line.split(" ") for line in self.path.read_text().splitlines()]
        notes = [Note(words[0], words[1], words[2], float(words[3]), words[4]) for words in lines]
        return [note for note in notes if note.what == what]


class Taskwire:
    """Taskwire's API, as a client of it."""

    def __init__(self, url: str, prefix: str) -> None:
        self.prefix = prefix
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=70)

    def submit(self, name: str, count: int = 1, journal: Journal | None = None, **fields: Any) -> list[str]:
        """Submits tasks with numbers from 0 on; gives their ids."""
        body = {key: fields.pop(key) for key in ("orderingKey", "expiresInSeconds") if key in fields}
        paths = {"journal": str(journal.path)} if journal else {}
        tasks = [
            {**body, "type": f"{self.prefix}.{name}", "payload": {"n": n, **paths, **fields}} for n in range(count)
        ]
        answer = self.http.post("/v1/tasks/batch", json={"tasks": tasks})
        assert answer.status_code == 202, answer.text
        return [item["task"]["id"] for item in answer.json()["items"]]

    def task(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/v1/tasks/{task_id}").json()
        return found

    def ended(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/v1/tasks/{task_id}?wait=60").json()
        assert found["status"] not in ("queued", "running", "scheduled"), found
        return found

    def statuses(self, ids: list[str]) -> list[str]:
        return [self.task(task_id)["status"] for task_id in ids]

    def expect_succeeded(self, ids: list[str], seconds: float = PATIENCE) -> None:
        eventually(lambda: set(self.statuses(ids)) == {"succeeded"}, seconds)

    def cancel(self, task_id: str) -> None:
        assert self.http.post(f"/v1/tasks/{task_id}/cancel").status_code == 200

    def letters(self, name: str) -> list[dict[str, Any]]:
        query = {"topic": f"{self.prefix}-{name}"}
        found: list[dict[str, Any]] = self.http.get("/v1/dead-letters", params=query).json()["items"]
        return found


class WorkerProcess:
    """`taskwire run app:worker`."""

    def __init__(self, types: str, name: str, log: Path, http: bool, options: dict[str, Any]) -> None:
        self.name = name
        self._log = log
        env = {**os.environ, "WORKER_TYPES": types, "WORKER_NAME": name, "WORKER_OPTIONS": repr(options)}
        env["PYTHONPATH"] = f"{ROOT / 'src'}"
        if not http:
            del env["TASKWIRE_URL"]
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "taskwire", "run", "app:worker"],
                cwd=Path(__file__).parent,
                env=env,
                stderr=output,
            )

    def output(self) -> str:
        return self._log.read_text()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


Start = Callable[..., WorkerProcess]
