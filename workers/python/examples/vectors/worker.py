"""Vectors of texts: real work for a task type `vectors`, without a model to download.

Each sentence of a text becomes a tf-idf vector of its words: payload `{"file": "texts/tides.txt"}`, result
`{"sentences": […], "vectors": [{"word": weight, …}, …]}`. Files are found below this folder.

`{"fault": "segfault" | "loop" | "retry" | "refuse"}` shows what becomes of a task whose handler dies, hangs, fails
once, or refuses its payload; the last is a dead letter.
"""

import ctypes
import math
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from taskwire import RefusedError, RetryableError, Task, Worker

TEXTS = Path(__file__).parent
worker = Worker(concurrency=2)


@worker.task("vectors", request_topic="topic-vectors", result_topic="topic-vectors-result", time_limit=30)
def vectors(task: Task) -> dict[str, Any]:
    break_if_asked(task)
    sentences = sentences_of(text_of(task.payload))
    words = [Counter(re.findall(r"\w+", sentence.lower())) for sentence in sentences]
    spread = Counter(word for counts in words for word in counts)
    found = []
    for number, counts in enumerate(words):
        if task.cancelled:
            return {}
        task.progress(100 * number / len(words), f"sentence {number + 1} of {len(words)}")
        found.append(unit_vector({word: n * math.log(len(words) / spread[word]) for word, n in counts.items()}))
    return {"sentences": sentences, "vectors": found}


def text_of(payload: dict[str, Any]) -> str:
    path = (TEXTS / str(payload.get("file"))).resolve()
    if not path.is_relative_to(TEXTS) or not path.is_file():
        raise RefusedError(f"There is no text {payload.get('file')!r}.")
    return path.read_text()


def sentences_of(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]


def unit_vector(weights: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: round(weight / length, 4) for word, weight in weights.items() if weight}


def break_if_asked(task: Task) -> None:
    match task.payload.get("fault"):
        case "segfault":
            ctypes.string_at(0)
        case "loop":
            while True:
                pass
        case "retry" if task.attempt == 1:
            raise RetryableError("The first attempt fails.")
        case "refuse":
            raise RefusedError("The payload asks to be refused.")


if __name__ == "__main__":
    print(f"Working as process {os.getpid()}; Ctrl-C ends it.")
    worker.run()
