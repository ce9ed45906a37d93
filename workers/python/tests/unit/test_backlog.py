import threading
from typing import Any

from taskwire.backlog import Backlog
from taskwire.definition import Definition
from taskwire.delivery import Delivery
from taskwire.kafka.offsets import OffsetTracker
from taskwire.request import Request


def delivery(name: str, order: object = None, home: object = "home") -> Delivery:
    origin: Any = None
    return Delivery(Definition("t", print), Request(name, "t", 1, None, {}), origin, home, order)  # type: ignore[arg-type]


def taken(backlog: Backlog) -> str | None:
    found = backlog.take(0)
    return found.request.task_id if found else None


def test_deliveries_are_handed_out_in_their_order() -> None:
    backlog = Backlog()
    for name in "abc":
        backlog.add(delivery(name))
    assert [taken(backlog) for _ in range(4)] == ["a", "b", "c", None]


def test_of_one_order_only_one_runs_and_others_pass_it() -> None:
    backlog = Backlog()
    first = delivery("a1", order="a")
    for one in (first, delivery("a2", order="a"), delivery("b1", order="b")):
        backlog.add(one)
    assert [taken(backlog) for _ in range(3)] == ["a1", "b1", None]
    backlog.done(first)
    assert taken(backlog) == "a2"


def test_a_home_on_hold_hands_out_nothing_and_is_not_held_while_something_of_it_runs() -> None:
    backlog = Backlog()
    first = delivery("a")
    backlog.add(first)
    backlog.add(delivery("b"))
    assert taken(backlog) == "a"
    assert not backlog.hold_if_idle("home")
    backlog.done(first)
    assert backlog.hold_if_idle("home")
    assert taken(backlog) is None
    backlog.release("home")
    assert taken(backlog) == "b"


def test_a_home_that_is_forgotten_tells_what_of_it_runs() -> None:
    backlog = Backlog()
    first = delivery("a")
    for one in (first, delivery("b"), delivery("c", home="other")):
        backlog.add(one)
    taken(backlog)
    assert backlog.forget("home") == [first]
    assert taken(backlog) == "c"


def test_a_closed_backlog_takes_nothing_more_and_can_be_awaited() -> None:
    backlog = Backlog()
    first, second = delivery("a"), delivery("b")
    backlog.add(first)
    backlog.add(second)
    taken(backlog)
    assert backlog.close() == [second]
    backlog.add(delivery("c"))
    assert taken(backlog) is None
    assert not backlog.await_idle(0)
    threading.Timer(0.05, backlog.done, [first]).start()
    assert backlog.await_idle(5)


class TestOffsets:
    def test_the_offset_moves_only_over_what_is_finished(self) -> None:
        offsets = OffsetTracker()
        assert offsets.position is None
        for offset in (5, 6, 9):
            offsets.taken(offset)
        assert offsets.position == 5
        offsets.finished(6)
        assert offsets.position == 5
        offsets.finished(5)
        assert offsets.position == 9
        offsets.finished(9)
        assert offsets.position == 10
