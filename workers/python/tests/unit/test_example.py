import importlib.util
from pathlib import Path

import pytest

from taskwire.testing import run
from taskwire.worker import Worker

EXAMPLE = Path(__file__).parents[2] / "examples" / "vectors" / "worker.py"


@pytest.fixture
def example() -> Worker:
    spec = importlib.util.spec_from_file_location("example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    worker = module.worker
    assert isinstance(worker, Worker)
    return worker


def test_the_example_makes_vectors_of_a_text(example: Worker) -> None:
    done = run(example, "vectors", {"file": "texts/tides.txt"})
    assert done.answer is not None
    assert (done.answer["status"], len(done.answer["sentences"]), len(done.answer["vectors"])) == ("DONE", 6, 6)
    for vector in done.answer["vectors"]:
        assert sum(weight * weight for weight in vector.values()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("payload", [{"fault": "refuse"}, {"file": "missing.txt"}, {"file": "../../../pyproject.toml"}])
def test_the_example_refuses_what_it_cannot_do(example: Worker, payload: dict[str, str]) -> None:
    assert run(example, "vectors", payload).dead_letter is not None


def test_the_example_fails_once_if_asked(example: Worker) -> None:
    payload = {"fault": "retry", "file": "texts/tides.txt"}
    first, second = (run(example, "vectors", payload, attempt=attempt).answer for attempt in (1, 2))
    assert first is not None
    assert second is not None
    assert (first["error"]["retryable"], second["status"]) == (True, "DONE")
