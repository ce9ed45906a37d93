"""What becomes of deliveries from a topic, without a broker."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import MessageSizeTooLargeError

from taskwire.backlog import Backlog
from taskwire.definition import Definition
from taskwire.delivery import Delivery
from taskwire.kafka.connection import connection_settings
from taskwire.kafka.publisher import Publisher
from taskwire.kafka.topic_source import TopicSource
from taskwire.outcome import Failed, Refused, Succeeded
from taskwire.stop import LOST


@dataclass
class Record:
    """As kafka-python gives it."""

    value: bytes
    topic: str = "requests"
    partition: int = 0
    offset: int = 7
    timestamp: int = 0
    key: bytes | None = b"id"
    headers: tuple[tuple[str, bytes], ...] = (("taskwire-attempt", b"2"),)


class SmallTopics(Publisher):
    """Keeps what is written; refuses values of more than `limit` bytes, as a broker does."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.written: list[tuple[str, dict[str, Any]]] = []

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        on_durable: Callable[[], object],
        on_failed: Callable[[BaseException], object],
    ) -> None:
        if len(value) > self.limit:
            on_failed(MessageSizeTooLargeError())
            return
        self.written.append((topic, json.loads(value)))
        on_durable()


class Stage:
    def __init__(self, *, finish_lost: bool = False, limit: int = 1_000) -> None:
        self.backlog, self.topics = Backlog(), SmallTopics(limit)
        definition = Definition("t", print, request_topic="requests", result_topic="results")
        self.source = TopicSource(definition, {}, self.backlog, self.topics, finish_lost)
        self.partition = TopicPartition("requests", 0)
        self.source.on_partitions_assigned([self.partition])

    def running(self, value: bytes = b'{"taskId": "id"}') -> Delivery:
        self.source._take(Record(value))
        delivery = self.backlog.take(0)
        assert delivery is not None
        return delivery

    @property
    def position(self) -> int | None:
        (holding,) = self.source._holdings.values()
        return holding.offsets.position


def test_a_task_whose_partition_was_lost_is_stopped() -> None:
    stage = Stage()
    delivery = stage.running()
    stage.source.on_partitions_lost([stage.partition])
    assert delivery.stop.reason == LOST


def test_a_task_whose_partition_was_lost_finishes_if_asked_and_answers_with_its_attempt() -> None:
    stage = Stage(finish_lost=True)
    delivery = stage.running()
    stage.source.on_partitions_lost([stage.partition])
    assert delivery.stop.reason is None
    stage.source.answer(delivery, Succeeded({"n": 1}))
    assert stage.topics.written == [("results", {"taskId": "id", "attempt": 2, "status": "DONE", "n": 1})]


def test_a_result_that_is_too_large_for_its_topic_is_a_failure_and_does_not_come_back_for_ever() -> None:
    stage = Stage()
    stage.source.answer(stage.running(), Succeeded({"text": "x" * 2_000}))
    ((topic, written),) = stage.topics.written
    assert (topic, written["status"], written["error"]["type"]) == ("results", "FAILED", "ResultInvalid")
    assert stage.position == 8


def test_a_record_that_is_too_large_for_the_dead_letter_topic_is_left_out_of_its_letter() -> None:
    stage = Stage()
    refused = Refused(Failed("RefusedError", "no such file"))
    stage.source.answer(stage.running(b'{"taskId": "id", "text": "%b"}' % (b"x" * 2_000)), refused)
    ((topic, written),) = stage.topics.written
    assert (topic, written["truncated"], written["original"]["offset"]) == ("requests-dlq", True, 7)
    assert stage.position == 8


def test_an_answer_that_cannot_be_written_leaves_the_offset_where_it_is() -> None:
    stage = Stage(limit=10)
    stage.source.answer(stage.running(), Succeeded({}))
    assert stage.position == 7


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, {"security_protocol": "PLAINTEXT"}),
        (
            {"KAFKA_SSL": "true", "KAFKA_SSL_CA": "ca.pem", "KAFKA_SSL_CERT": "c.pem", "KAFKA_SSL_KEY": "k.pem"},
            {"security_protocol": "SSL", "ssl_cafile": "ca.pem", "ssl_certfile": "c.pem", "ssl_keyfile": "k.pem"},
        ),
        (
            {"KAFKA_SASL_MECHANISM": "scram-sha-512", "KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "p"},
            {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": "u",
                "sasl_plain_password": "p",
            },
        ),
        (
            {"KAFKA_SSL": "true", "KAFKA_SASL_MECHANISM": "plain"},
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN"},
        ),
    ],
)
def test_the_brokers_are_reached_by_the_settings_that_taskwire_has(
    env: dict[str, str], expected: dict[str, str]
) -> None:
    settings = connection_settings("a:9092,b:9092", env)
    assert settings["bootstrap_servers"] == ["a:9092", "b:9092"]
    given = {name: value for name, value in settings.items() if name.startswith(("security", "ssl", "sasl"))}
    assert {name: value for name, value in given.items() if value is not None} == expected
