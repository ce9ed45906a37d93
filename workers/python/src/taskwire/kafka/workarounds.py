"""Where kafka-python 3 has no public way."""

from __future__ import annotations

from typing import Any


def ask_for_rebalance(consumer: Any) -> None:
    """Makes the whole group share its partitions out anew."""
    consumer._coordinator.request_rejoin()


def unpark(consumer: Any) -> None:
    """Gives records of a partition that was paused a way out, before each poll.

    kafka-python 3.0.12 puts what it has fetched of a paused partition aside, and takes it up again only if the records
    in line are `None`. Read to their end they are not: what was put aside stays there until another partition has news.
    """
    fetcher = consumer._fetcher
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None
