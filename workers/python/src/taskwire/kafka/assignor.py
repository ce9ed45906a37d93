"""The group protocol of Taskwire's workers: cooperative, and it knows which partitions are busy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor, RebalanceProtocol
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

from taskwire.kafka.sharing import Holder, share_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

VERSION = 1
"""The version of Kafka's consumer protocol that tells what a member owns."""


class Member(Protocol):
    """What the assignor asks and tells its consumer. Called on the client's own thread: answers at once."""

    def holdings(self) -> tuple[Collection[int], Collection[int]]:
        """The partitions that it has, and those of them that are busy; the others start nothing until `assigned`."""

    def assigned(self, partitions: Collection[int], hand_over: Collection[int]) -> None:
        """What it has from now on, and what of it to hand over when it is no longer busy."""


class StayWithWorkAssignor(AbstractPartitionAssignor):
    """Moves a partition only while no task of it runs, so that a new member costs nobody their work.

    All members of a group have to use it, and subscribe to one and the same topic.
    """

    name = "taskwire"
    version = VERSION

    def __init__(self, member: Member) -> None:
        self._member = member

    def supported_protocols(self) -> list[RebalanceProtocol]:
        """Members keep what they have while the group rebalances."""
        return [RebalanceProtocol.COOPERATIVE]

    def metadata(self, topics: Iterable[str]) -> Any:
        """What this member tells the leader."""
        (topic,) = topics
        owned, busy = self._member.holdings()
        claim = ConsumerProtocolSubscription.TopicPartition(topic=topic, partitions=sorted(owned))
        return ConsumerProtocolSubscription(
            version=VERSION, topics=[topic], user_data=_encode(busy), owned_partitions=[claim] if owned else []
        )

    def assign(self, cluster: Any, members: Iterable[Any]) -> dict[str, Any]:
        """What the leader decides for all."""
        members = list(members)
        (topic,) = {topic for member in members for topic in member.metadata.topics}
        holders = {member.member_id: _holder(member.metadata) for member in members}
        shares = share_out(cluster.partitions_for_topic(topic) or (), holders)
        return {
            name: ConsumerProtocolAssignment(VERSION, _of_topic(topic, share.partitions), _encode(share.hand_over))
            for name, share in shares.items()
        }

    def on_assignment(self, assignment: Any, generation: int) -> None:
        """What this member hears from the leader."""
        partitions = {partition.partition for partition in assignment.partitions()}
        self._member.assigned(partitions, _decode(assignment.user_data))


def _of_topic(topic: str, partitions: Collection[int]) -> list[tuple[str, list[int]]]:
    return [(topic, sorted(partitions))] if partitions else []


def _holder(metadata: Any) -> Holder:
    owned = [partition for claim in metadata.owned_partitions or () for partition in claim.partitions]
    return Holder(owned, _decode(metadata.user_data))


def _encode(partitions: Collection[int]) -> bytes:
    return json.dumps(sorted(partitions)).encode()


def _decode(data: bytes | None) -> list[int]:
    partitions: list[int] = json.loads(data or b"[]")
    return partitions
