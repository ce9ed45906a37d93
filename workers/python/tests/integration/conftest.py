"""Real servers: their addresses are in the environment, as `test/e2e/python-sdk.spec.ts` sets it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stage import Journal, Start, Taskwire, WorkerProcess


@pytest.fixture(scope="session")
def taskwire() -> Taskwire:
    if "TASKWIRE_TEST_PREFIX" not in os.environ:
        pytest.skip("needs servers: `npm run jest -- test/e2e/python-sdk.spec.ts` starts them")
    return Taskwire(os.environ["TASKWIRE_URL"], os.environ["TASKWIRE_TEST_PREFIX"])


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts worker processes for comma-separated types; kills them at the end, and shows what they said."""
    started: list[WorkerProcess] = []

    def begin(types: str, *, http: bool = True, **options: Any) -> WorkerProcess:
        name = f"w{len(started)}"
        process = WorkerProcess(types, name, tmp_path / f"{name}.log", http, options)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        print(f"--- {process.name}\n{process.output()}")
