"""Who gets which partition: a fair share for everybody, and nothing taken away while a task of it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass
class Holder:
    """A member of the group: the partitions that it has, and which of them are busy."""

    owned: Collection[int] = ()
    busy: Collection[int] = ()


@dataclass
class Share:
    """What a member gets now, and which of that it is to hand over as soon as it can."""

    partitions: set[int] = field(default_factory=set)
    hand_over: set[int] = field(default_factory=set)


def share_out(partitions: Iterable[int], holders: Mapping[str, Holder]) -> dict[str, Share]:
    """Shares the partitions out so that, once all is handed over, no two shares differ by more than one.

    An idle partition that has to move is given to nobody: its holder notices and lets go of it, and the next round
    finds it free. A busy one stays, marked to be handed over.
    """
    free = set(partitions)
    shares = {name: Share() for name in sorted(holders)}
    for name, share in shares.items():
        share.partitions = free & set(holders[name].owned)
        free -= share.partitions
    loads = {name: len(share.partitions) for name, share in shares.items()}
    for partition in sorted(free):
        least = min(loads, key=lambda name: loads[name])
        shares[least].partitions.add(partition)
        loads[least] += 1
    while max(loads.values()) - min(loads.values()) > 1:
        most, least = max(loads, key=lambda name: loads[name]), min(loads, key=lambda name: loads[name])
        _let_go(shares[most], holders[most])
        loads[most] -= 1
        loads[least] += 1
    return shares


def _let_go(share: Share, holder: Holder) -> None:
    """Takes one partition from a share, at once if one is idle."""
    candidates = share.partitions - share.hand_over
    partition = min(candidates, key=lambda one: (one in holder.busy, one))
    if partition in holder.busy:
        share.hand_over.add(partition)
    else:
        share.partitions.remove(partition)
