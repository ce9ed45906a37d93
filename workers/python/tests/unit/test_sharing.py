from itertools import product

import pytest

from taskwire.kafka.sharing import Holder, share_out


def partitions_of(shares: dict[str, object]) -> list[int]:
    return sorted(partition for share in shares.values() for partition in share.partitions)  # type: ignore[attr-defined]


def test_all_partitions_are_shared_out_evenly() -> None:
    shares = share_out(range(7), {"a": Holder(), "b": Holder(), "c": Holder()})
    assert partitions_of(dict(shares)) == list(range(7))
    assert sorted(len(share.partitions) for share in shares.values()) == [2, 2, 3]


def test_nothing_moves_where_shares_are_even_already() -> None:
    shares = share_out(range(3), {"a": Holder([2]), "b": Holder([0, 1])})
    assert (shares["a"].partitions, shares["b"].partitions) == ({2}, {0, 1})


def test_an_idle_partition_is_let_go_first_and_given_to_nobody_in_the_same_round() -> None:
    shares = share_out(range(3), {"a": Holder([0, 1, 2], busy=[0, 2]), "b": Holder()})
    assert shares["a"].partitions == {0, 2}
    assert shares["a"].hand_over == set()
    assert shares["b"].partitions == set()


def test_a_busy_partition_stays_and_is_marked() -> None:
    shares = share_out(range(3), {"a": Holder([0, 1, 2], busy=[0, 1, 2]), "b": Holder()})
    assert shares["a"].partitions == {0, 1, 2}
    assert shares["a"].hand_over == {0}


def test_the_partitions_of_a_member_that_is_gone_are_shared_out() -> None:
    shares = share_out(range(4), {"a": Holder([0, 1])})
    assert shares["a"].partitions == {0, 1, 2, 3}


@pytest.mark.parametrize(("partitions", "members"), list(product(range(1, 8), range(1, 5))))
def test_handing_over_round_by_round_ends_in_even_shares_and_never_gives_one_twice(
    partitions: int, members: int
) -> None:
    names = [f"m{number}" for number in range(members)]
    holders = {name: Holder() for name in names} | {"m0": Holder(range(partitions), busy=range(partitions))}
    for _ in range(20):
        shares = share_out(range(partitions), holders)
        given = partitions_of(dict(shares))
        assert len(given) == len(set(given))
        # What is to be handed over becomes idle; the rest stays busy.
        holders = {name: Holder(share.partitions, share.partitions - share.hand_over) for name, share in shares.items()}
    loads = [len(holder.owned) for holder in holders.values()]
    assert sum(loads) == partitions
    assert max(loads) - min(loads) <= 1
