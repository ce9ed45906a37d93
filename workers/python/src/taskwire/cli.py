"""The command line: run a worker, submit a task, follow one."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from taskwire.errors import ConfigurationError
from taskwire.http.client import Client, TaskwireError
from taskwire.logs import log_as_json
from taskwire.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Exits with 1 and one line if something is wrong, with 2 if a followed task did not succeed."""
    options = _parser().parse_args(arguments)
    try:
        sys.exit(options.command(options))
    except (ConfigurationError, TaskwireError, httpx.TransportError) as error:
        sys.exit(f"taskwire: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _run(options: argparse.Namespace) -> int:
    _log_from(options.log_level)
    _worker_of(options.worker).run()
    return 0


def _submit(options: argparse.Namespace) -> int:
    body = {"type": options.type, "payload": _payload_of(options.payload)}
    task = _client(options).submit(body, options.wait)
    print(json.dumps(task))
    return 2 if options.wait is not None and task["status"] != "succeeded" else 0


def _tail(options: argparse.Namespace) -> int:
    status = None
    for event in _client(options).events(options.task):
        print(json.dumps(event), flush=True)
        status = event["status"]
    return 0 if status == "succeeded" else 2


def _log_from(level: str) -> None:
    try:
        log_as_json(level)
    except ValueError as error:
        raise ConfigurationError(f"--log-level is debug, info, warning or error, not {level!r}.") from error


def _worker_of(name: str) -> Worker:
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        worker = getattr(importlib.import_module(module_name), attribute or "worker")
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigurationError(f"{name} is not there: {error}") from error
    if not isinstance(worker, Worker):
        raise ConfigurationError(f"{name} is no Worker.")
    return worker


def _payload_of(text: str) -> dict[str, Any]:
    try:
        content = Path(text[1:]).read_text() if text.startswith("@") else text
        payload: dict[str, Any] = json.loads(content)
    except OSError as error:
        raise ConfigurationError(f"The payload cannot be read: {error}") from error
    except ValueError as error:
        raise ConfigurationError(f"The payload is not JSON: {error}") from error
    return payload


def _client(options: argparse.Namespace) -> Client:
    return Client(options.url, os.environ.get("TASKWIRE_TOKEN"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="taskwire", description="Workers and tasks of Taskwire.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a worker until SIGTERM")
    run.add_argument("worker", help="module:name of a Worker; the name is worker by default")
    run.add_argument("--log-level", default="info", help="debug, info (default), warning or error")
    run.set_defaults(command=_run)

    url = os.environ.get("TASKWIRE_URL", "http://127.0.0.1:3000")
    submit = commands.add_parser("submit", help="submit a task; prints it as JSON")
    submit.add_argument("type", help="its type")
    submit.add_argument("payload", nargs="?", default="{}", help="its payload: JSON, or @FILE")
    submit.add_argument("--wait", type=float, metavar="SECONDS", help="wait for its end, 60 seconds at most")
    submit.set_defaults(command=_submit)

    tail = commands.add_parser("tail", help="print a task's events, a line of JSON each, until it ends")
    tail.add_argument("task", help="its id")
    tail.set_defaults(command=_tail)
    for command in (submit, tail):
        command.add_argument("--url", default=url, help="where Taskwire is (TASKWIRE_URL; %(default)s)")
    return parser
