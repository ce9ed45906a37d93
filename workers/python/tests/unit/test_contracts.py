"""The contracts of `contracts/`, which every language tests itself against."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from taskwire import RefusedError, RetryableError, Task, Worker
from taskwire.answers import answer, running
from taskwire.dead_letters import DeadLetter, SourceRecord
from taskwire.outcome import Failed, Succeeded
from taskwire.request import Request, UnreadableRecordError, read_record
from taskwire.testing import run, run_record

CONTRACTS = Path(__file__).parents[4] / "contracts"


def schema(name: str) -> Draft202012Validator:
    validator = Draft202012Validator(json.loads((CONTRACTS / f"{name}.schema.json").read_text()))
    assert isinstance(validator, Draft202012Validator)
    return validator


def examples(pattern: str) -> list[Any]:
    files = sorted((CONTRACTS / "examples").glob(pattern))
    return [pytest.param(one, id=one["name"]) for file in files for one in json.loads(file.read_text())]


def content(encoded: Any) -> bytes | None:
    if isinstance(encoded, dict):
        return base64.b64decode(encoded["base64"])
    return None if encoded is None else str(encoded).encode()


def read(record: dict[str, Any]) -> Request:
    headers = [
        (name, content(value))
        for name, values in record["headers"].items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return read_record(content(record["key"]), content(record["value"]), headers, "default")


@pytest.mark.parametrize("example", examples("requests.json"))
def test_a_request_is_read_as_the_contract_says(example: dict[str, Any]) -> None:
    expected = example["expect"]
    request = read(example["record"])
    assert (request.task_id, request.type, request.attempt) == (
        expected["taskId"],
        expected["type"],
        expected["attempt"],
    )
    assert request.expires_at == datetime.fromisoformat(expected["expiresAt"].replace("Z", "+00:00"))
    assert request.payload == json.loads(expected["payload"])
    assert json.dumps(request.payload) == json.dumps(json.loads(expected["payload"]))


def test_whole_numbers_keep_all_their_digits() -> None:
    request = read_record(None, b'{"taskId":"1","fileId":9007199254740993}', [], "default")
    assert request.payload == {"fileId": 9007199254740993}


CODES_OF_A_VALUE = {"value_missing", "invalid_utf8", "invalid_json", "not_an_object"}


@pytest.mark.parametrize(
    "example",
    [one for one in examples("results-poison.json") if one.values[0]["expect"].get("error") in CODES_OF_A_VALUE],
)
def test_a_value_that_no_result_could_have_is_no_request_either(example: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRecordError) as caught:
        read(example["record"])
    assert caught.value.code == example["expect"]["error"]


REQUEST = Request("0193c2f4-8a5b-7cde-9f01-23456789abcd", "default", 2, None, {})


@pytest.mark.parametrize(
    "value",
    [
        running(REQUEST),
        running(REQUEST, 40.5, "page 2"),
        answer(REQUEST, Succeeded({"vector_ids": [9007199254740993], "message": "stored"})),
        answer(REQUEST, Succeeded({})),
        answer(REQUEST, Failed("ValueError", "bad", "Traceback", retryable=True)),
        answer(REQUEST, Succeeded({"status": "mine"})),
        answer(REQUEST, Succeeded({"x": float("nan")})),
        answer(REQUEST, Succeeded({"x": "y" * 1_100_000})),
    ],
)
def test_results_and_reports_keep_to_the_contract(value: dict[str, Any]) -> None:
    schema("result").validate(value)
    assert value["attempt"] == 2
    assert len(json.dumps(value)) < 1_048_576


def test_a_dead_letter_keeps_to_the_contract_and_keeps_the_bytes() -> None:
    record = SourceRecord("t", 1, 2, 3, b"\x00\xff", b'{"a":\xff}', (("h", b"1"), ("h", b"2"), ("n", None)))
    value = json.loads(DeadLetter(record, Failed("E", "m", "s"), "group", "id", "invalid_utf8").encode())
    schema("dead-letter").validate(value)
    assert content(value["original"]["value"]) == record.value
    assert content(value["original"]["key"]) == record.key
    assert value["original"]["headers"] == {"h": ["1", "2"], "n": None}


def test_a_dead_letter_always_fits_into_a_record() -> None:
    record = SourceRecord("t", 0, 0, 0, None, b"x" * 2_000_000, ())
    text = DeadLetter(record, Failed("E", "m"), "group").encode()
    assert len(text) < 1_000_000
    schema("dead-letter").validate(json.loads(text))
    assert json.loads(text)["truncated"] is True


class TestTheTestingKit:
    worker = Worker()

    @staticmethod
    @worker.task("double")
    def double(task: Task) -> dict[str, Any]:
        if task.payload.get("refuse"):
            raise RefusedError("no number")
        if task.payload.get("later"):
            raise RetryableError("not now")
        task.progress(50, "half way")
        if task.cancelled:
            return {}
        task.log("doubled")
        return {"twice": 2 * task.payload["number"]}

    def test_gives_the_records_that_a_handler_would_send(self) -> None:
        done = run(self.worker, "double", {"number": 21}, attempt=3)
        assert [one.get("message") for one in done.reports] == ["half way", "doubled"]
        assert done.answer is not None
        assert (done.answer["status"], done.answer["attempt"], done.answer["twice"]) == ("DONE", 3, 42)
        for value in [*done.reports, done.answer]:
            schema("result").validate(value)

    def test_gives_the_failure_with_its_type_and_stack(self) -> None:
        failed = run(self.worker, "double", {}).answer
        assert failed is not None
        assert failed["error"]["type"] == "KeyError"
        assert "payload" in failed["error"]["stack"]
        assert failed["error"]["retryable"] is False
        later = run(self.worker, "double", {"later": True}).answer
        assert later is not None
        assert later["error"]["retryable"] is True

    def test_gives_the_dead_letter_of_a_refused_or_unreadable_record(self) -> None:
        refused = run(self.worker, "double", {"refuse": True})
        assert refused.answer is None
        schema("dead-letter").validate(refused.dead_letter)
        unreadable = run_record(self.worker, "double", b"\xff")
        schema("dead-letter").validate(unreadable.dead_letter)
        assert unreadable.dead_letter is not None
        assert unreadable.dead_letter["error"]["code"] == "invalid_utf8"

    def test_a_cancelled_task_answers_nothing(self) -> None:
        assert run(self.worker, "double", {"number": 1}, cancelled_after=1).answer is None

    def test_plain_json_without_headers_is_handled(self) -> None:
        done = run_record(self.worker, "double", b'{"taskId": 1001, "number": 4}')
        assert done.answer is not None
        assert (done.answer["taskId"], done.answer["twice"]) == ("1001", 8)
        assert "attempt" not in done.answer
