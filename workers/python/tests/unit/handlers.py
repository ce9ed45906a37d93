"""Handlers for the tests of execution; child processes import this module."""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import subprocess
import time
from typing import Any

from taskwire import Task


def echo(task: Task) -> dict[str, Any]:
    return {"echo": task.payload, "pid": os.getpid()}


async def echo_later(task: Task) -> dict[str, Any]:
    await asyncio.sleep(0.01)
    return {"echo": task.payload}


async def sleep_async(task: Task) -> None:
    await asyncio.sleep(60)


def report(task: Task) -> None:
    task.progress(10, "begun")
    task.log("a line")


def fail(task: Task) -> None:
    raise ValueError("bad polygon")


def segfault(task: Task) -> None:
    ctypes.string_at(0)


def leave(task: Task) -> None:
    os._exit(3)


def be_killed(task: Task) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def eat_memory(task: Task) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
    bytearray(1 << 30)


def loop(task: Task) -> None:
    while True:
        pass


def obey(task: Task) -> None:
    while not task.cancelled:
        time.sleep(0.01)


def oversleep(task: Task) -> None:
    obey(task)
    time.sleep(0.3)


def report_late(task: Task) -> None:
    obey(task)
    task.progress(90, "late")
    task.log("a line")


def say(task: Task) -> None:
    logging.getLogger("mine").info("counted %d", 3)


def use_processes(task: Task) -> dict[str, Any]:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return {"lengths": pool.map(len, ["a", "bc"])}


def end_processes(task: Task) -> dict[str, Any]:
    forked = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    forked.start()
    forked.terminate()
    forked.join()
    started = subprocess.Popen(["sleep", "60"])
    started.terminate()
    return {"exit codes": [forked.exitcode, started.wait()]}


def bad_result(task: Task) -> list[int]:
    return [1]
