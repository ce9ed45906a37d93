"""A worker that does nothing, with Dramatiq: results kept."""

import os
import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
broker = RedisBroker(url=REDIS)
broker.add_middleware(Results(backend=RedisBackend(url=REDIS)))
dramatiq.set_broker(broker)


@dramatiq.actor(store_results=True)
def noop(n: int) -> dict[str, int]:
    return {}


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        noop.send(number)
