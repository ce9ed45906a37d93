"""What a consumer has of one partition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskwire.kafka.offsets import OffsetTracker

if TYPE_CHECKING:
    from kafka import TopicPartition


@dataclass(eq=False)
class Holding:
    """One partition, from the moment it is assigned to the moment it goes away; the next time it is another holding."""

    partition: TopicPartition
    offsets: OffsetTracker = field(default_factory=OffsetTracker)
    committed: int | None = None
    hand_over: bool = False
    """Whether it goes to another member as soon as nothing of it runs."""

    @property
    def uncommitted(self) -> int | None:
        """The offset that is to be committed; `None` if there is nothing new."""
        position = self.offsets.position
        return None if position == self.committed else position
