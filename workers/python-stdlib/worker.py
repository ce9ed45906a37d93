"""A compute worker over HTTP, with the standard library alone (Python >= 3.10). Put your own work into `work`, and run
`TASKWIRE_URL=http://127.0.0.1:3000 python3 worker.py`; TASKWIRE_TOKEN is needed where Taskwire asks for one."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

URL = os.environ.get("TASKWIRE_URL", "http://127.0.0.1:3000")
TOKEN = os.environ.get("TASKWIRE_TOKEN")
TYPES = os.environ.get("TASK_TYPES")
LEASE_SECONDS = int(os.environ.get("LEASE_SECONDS", "60"))


class TryAgain(Exception):
    """What `work` raises when another attempt may succeed."""


def work(task, report):
    """What to do: gives the result's fields, or raises."""
    report(progress=50, message="half way")
    time.sleep(task["payload"].get("seconds", 0))
    return {"echo": task["payload"]}


def post(path, body, tries=sys.maxsize):
    """Posts until there is an answer."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {TOKEN}"} if TOKEN else {})
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    for left in range(tries, 0, -1):
        try:
            with urllib.request.urlopen(request, timeout=40) as response:
                return json.load(response)
        except OSError as error:  # urllib's errors are of this kind; what is the request's own fault does not pass
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code != 429
            if refused or left == 1:
                raise
            time.sleep(1)


def renew(claim, done):
    """Keeps the lease while the task is being worked at."""
    while not done.wait(LEASE_SECONDS / 3):
        with contextlib.suppress(OSError):
            post("/v1/results", claim | {"status": "RUNNING"}, tries=1)


def attempt(task, claim):
    """The answer to a task."""
    try:
        report = lambda **fields: post("/v1/results", fields | claim | {"status": "RUNNING"})
        report()
        return work(task, report) | claim | {"status": "DONE"}
    except Exception as error:
        cause = {"type": type(error).__name__, "message": str(error), "retryable": isinstance(error, TryAgain)}
        return claim | {"status": "FAILED", "error": cause}


def serve(task):
    """Does one claimed task; gives it back when the worker is stopped meanwhile."""
    claim, done = {"taskId": task["taskId"], "attempt": task["attempt"]}, threading.Event()
    threading.Thread(target=renew, args=(claim, done), daemon=True).start()
    try:
        post("/v1/results", attempt(task, claim))
    except SystemExit:
        post("/v1/claims/release", {"items": [claim]}, tries=1)
        raise
    finally:
        done.set()


for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: sys.exit(0))
wanted = {"waitSeconds": 20, "leaseSeconds": LEASE_SECONDS} | ({"types": TYPES.split(",")} if TYPES else {})
while True:
    for claimed in post("/v1/claims", wanted)["items"]:
        serve(claimed)
