"""Puts a crew together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taskwire.backlog import Backlog
from taskwire.crew import Closable, Crew
from taskwire.errors import ConfigurationError
from taskwire.execution.processes import ProcessExecutor, check_handler
from taskwire.execution.threads import ThreadExecutor
from taskwire.http.claim_source import ClaimSource
from taskwire.http.client import Client
from taskwire.http.http_reports import HttpReports
from taskwire.metrics import Metrics, PrometheusMetrics
from taskwire.reports import ReportChannel, Reports
from taskwire.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskwire.definition import Definition
    from taskwire.execution.executor import Executor
    from taskwire.settings import Settings
    from taskwire.source import Source


def assemble(definitions: Sequence[Definition], settings: Settings) -> Crew:
    """Connects, but takes no task yet.

    :raises ConfigurationError: if the worker cannot work like this, or no broker answers for 30 s
    """
    settings.check()
    for definition in definitions:
        _check(definition, settings)
    backlog = Backlog()
    metrics = Metrics() if settings.metrics_port is None else PrometheusMetrics(settings.metrics_port)
    sources: list[Source] = []
    connections: list[Closable] = [metrics]
    channels: list[ReportChannel] = []
    topics = [one for one in definitions if comes_by_topic(one, settings)]
    claimed = [one for one in definitions if one not in topics]
    if settings.url is not None:
        client = Client(settings.url, settings.token)
        connections.append(client)
        channels.append(HttpReports(client, settings.lease_seconds))
        if claimed:
            sources.append(ClaimSource(claimed, settings.lease_seconds, client, backlog))
    if settings.brokers is not None and topics:
        topic_sources, publisher, reports = _topic_parts(topics, settings, settings.brokers, backlog)
        sources += topic_sources
        connections.append(publisher)
        channels.append(reports)
    # Over HTTP there are answers; without, the result topic has to do.
    channel = channels[0]
    slots = [Slot(backlog, _executor(settings), channel.check, metrics) for _ in range(settings.concurrency)]
    return Crew(settings, backlog, sources, slots, Reports(channel, backlog.running), connections)


def comes_by_topic(definition: Definition, settings: Settings) -> bool:
    """Whether tasks of a type come from its topic, and not by claims."""
    return settings.brokers is not None if definition.delivery is None else definition.delivery == "topic"


def _check(definition: Definition, settings: Settings) -> None:
    if settings.execution == "process":
        check_handler(definition.handler)
    if definition.delivery == "topic" and settings.brokers is None:
        raise ConfigurationError(f"Tasks of {definition.type} come from a topic: set KAFKA_BROKERS.")
    if definition.delivery == "claim" and settings.url is None:
        raise ConfigurationError(f"Tasks of {definition.type} are claimed: set TASKWIRE_URL.")


def _topic_parts(
    definitions: Sequence[Definition], settings: Settings, brokers: str, backlog: Backlog
) -> tuple[list[Source], Closable, ReportChannel]:
    try:
        from kafka.errors import KafkaError

        from taskwire.kafka.connection import connection_settings
        from taskwire.kafka.publisher import Publisher
        from taskwire.kafka.topic_reports import TopicReports
        from taskwire.kafka.topic_source import TopicSource
    except ImportError as error:
        raise ConfigurationError("Topics need kafka-python: pip install 'taskwire[kafka]'") from error
    connection = connection_settings(brokers, os.environ)
    try:
        publisher = Publisher(connection)
    except KafkaError as error:
        raise ConfigurationError(f"No broker answers at KAFKA_BROKERS: {error}") from error
    finish_lost = settings.on_lost == "finish"
    sources: list[Source] = [
        TopicSource(one, {**connection, **settings.kafka}, backlog, publisher, finish_lost) for one in definitions
    ]
    return sources, publisher, TopicReports(publisher)


def _executor(settings: Settings) -> Executor:
    return ThreadExecutor() if settings.execution == "thread" else ProcessExecutor(settings.grace_seconds)
