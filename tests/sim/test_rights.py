"""A print right lies at one office: whoever else tries is refused, or it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.cards import reads
from sim.canaries.desk import right_kept
from sim.checkers import Broken
from sim.image import Image
from sim.node import Node
from sim.rights import Rights
from sim.world import World
from tests.sim.quiet import quiet_world

_TRIES_MAX = 40


@pytest.fixture
def town(image: Image, worlds_folder: Path, tmp_path: Path) -> Iterator[World]:
    """Three machines with desks, and a card in the queue of one of them."""
    with quiet_world(image, worlds_folder / tmp_path.name, nodes=5) as made:
        for node in made.offices:
            made.people._deliver(node)
        for _ in range(_TRIES_MAX):
            made.people._order(made.hub)
        made.meetings.gather(3)
        made.rights = Rights(made)
        yield made


def waiting(town: World) -> tuple[Node, bytes]:
    """An office with a card to print."""
    for node in town.offices:
        with node.at_work() as journal:
            queue = reads.print_queue(journal.node_id, 1)
        if queue:
            return node, queue[0].order
    raise AssertionError("the hub ordered a card")


def test_it_sends_and_takes_and_nobody_else_prints(town: World) -> None:
    """Everybody else has tried, and was refused."""
    node, order = waiting(town)
    town.people._send_right(node)
    assert town.rights._holder == {order: b""} and town.rights.tries == 3
    town.meetings.gather(3)
    for one in town.offices:
        town.people._take_right(one)
    assert town.rights.tries == 5 and town.rights._holder[order] != node.node_id


def test_it_sees_a_right_that_is_kept(town: World) -> None:
    """The sender still prints."""
    node, _ = waiting(town)
    with right_kept.plant(), pytest.raises(Broken) as caught:
        town.people._send_right(node)
    assert caught.value.check == "rights" and node.name in caught.value.words


def test_it_sees_a_print_whose_right_is_elsewhere(town: World) -> None:
    """The printer is asked: that is what counts."""
    node, order = waiting(town)
    other = next(one for one in town.offices if one is not node)
    town.rights.prints(node, order)
    town.rights._holder[order] = other.node_id
    town.rights.prints(other, order)
    with pytest.raises(Broken) as caught:
        town.rights.prints(node, order)
    assert "right is at" in caught.value.words


def test_it_asks_nobody_who_forgot(town: World) -> None:
    """An old disk may not know that it gave the right away, and nobody can."""
    node, order = waiting(town)
    town.rights._holder[order] = b""
    node.is_old_since_s = 0.0
    town.rights.prints(node, order)
    # And what it moves is known to nobody from then on.
    town.rights.sent(node, order)
    assert town.rights._holder == {}
    town.rights.taken(next(one for one in town.offices if one is not node), order)
    assert town.rights._holder == {} and town.rights.tries == 0
