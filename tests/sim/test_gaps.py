"""A gap has a name only where node, epoch and number are those of the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest

from perahu.journal.types import Event
from perahu.keys.facts import EpochConfirmed, ForkSeen, NodeRevoked
from perahu.kinds import Fact
from sim.gaps import Named, check_receipts
from sim.node import Node
from sim.world import Issued, World


def events(world: World) -> list[Event]:
    """All that counts at the hub."""
    return world.hub.journal.events(0, 10_000)


def also(world: World, *facts: Fact) -> list[Event]:
    """What the hub says, and these facts besides."""
    found = events(world)
    return [*found, *(replace(found[-1], fact=fact) for fact in facts)]


def lost(world: World, node: Node, *, after: int = 1, epoch: int = 1) -> Issued:
    """A receipt of an entry that stood so far behind what the hub holds, and is gone."""
    known = [one for one in world.receipts if one.node is node][-1].receipt
    row = world.hub.journal.journal(known.journal)
    assert row is not None
    receipt = replace(known, seq=row.head_seq + after, h=bytes(32))
    said_in = sha256(row.certificate).digest()
    one = Issued(receipt, node, world.now_s, epoch, said_in, is_excused=True)
    world.receipts.append(one)
    return one


def missing(world: World, of_hub: Sequence[Event]) -> str:
    """Why the last receipt has no name at the hub; "" where it is a gap with a name."""
    gaps, found = check_receipts(world, Named(world.hub, of_hub))
    assert gaps + len(found) == 1
    return "".join(found)


def revoked(one: Issued, seq: int, journal: bytes = b"") -> NodeRevoked:
    """The hub takes a node out; `seq` is the last number that counts."""
    place = (journal or one.receipt.journal, seq, bytes(32))
    return NodeRevoked(node=one.node.node_id, reason="dicuri", valid_through=(place,))


def test_it_asks_for_the_epoch_of_the_receipt(world: World) -> None:
    """The first epoch is over and so is a gap in it; a gap in the second has no name yet."""
    office = world.offices[0]
    one = lost(world, office)
    office.journal.begin_epoch()
    assert "epoch 1 is not over" in missing(world, events(world))
    world.people.recount(office)
    world.meetings.gather(3)
    assert missing(world, events(world)) == ""
    world.receipts.remove(one)
    lost(world, office, epoch=2)
    assert "epoch 2 is not over" in missing(world, events(world))
    third = EpochConfirmed(node=office.node_id, epoch=3, certificate_hash=bytes(32))
    assert missing(world, also(world, third)) == ""
    other = replace(third, node=world.hub.node_id)
    assert "epoch 2 is not over" in missing(world, also(world, other))


def test_it_tells_two_books_of_one_number_apart(world: World) -> None:
    """An old copy was put in twice: the first second epoch is gone, the other one runs."""
    office = world.offices[0]
    office.journal.begin_epoch()
    world.people.recount(office)
    world.meetings.gather(3)
    one = lost(world, office, epoch=2)
    one.receipt = replace(one.receipt, journal=bytes(16))
    assert "epoch 2 is not over" in missing(world, events(world))
    one.certificate = bytes(32)
    assert missing(world, events(world)) == ""
    one.epoch = 3
    assert "epoch 3 is not over" in missing(world, events(world))


def test_it_asks_for_the_number_that_counts_no_more(world: World) -> None:
    """What a revocation lets stand must be here; what it ends is named by its number."""
    one = lost(world, world.offices[0], after=5)
    assert "is not over" in missing(world, events(world))
    assert missing(world, also(world, revoked(one, one.receipt.seq - 1))) == ""
    assert "was to stand" in missing(world, also(world, revoked(one, one.receipt.seq)))
    # A journal that the revocation does not list is valid through nothing.
    assert missing(world, also(world, revoked(one, 9_000, bytes(16)))) == ""
    # What stands is named with its hash: another one under its number is not that.
    one.receipt = replace(one.receipt, seq=1)
    named = Named(world.hub, also(world, revoked(one, 9_000)))
    assert (named.lacks(one, None), named.by_mark) == ("", 1)


def test_it_counts_what_the_mark_alone_can_name(world: World) -> None:
    """The old copy had grown again when it was noticed: its number is taken."""
    office = world.offices[0]
    one = lost(world, office, after=0)
    assert "is not over" in missing(world, events(world))
    confirmed = EpochConfirmed(node=office.node_id, epoch=2, certificate_hash=bytes(32))
    named = Named(world.hub, also(world, confirmed))
    assert (named.lacks(one, None), named.by_mark) == ("", 1)
    one.receipt = replace(one.receipt, seq=one.receipt.seq + 1)
    assert (named.lacks(one, None), named.by_mark) == ("", 1)


@pytest.mark.parametrize("is_other", [True, False])
def test_it_asks_in_which_journal_two_histories_are(
    world: World, is_other: bool
) -> None:
    """A fork of one journal names no gap in another, nor one that parts later."""
    office = world.offices[0]
    one = lost(world, office, after=0)
    journal = bytes(16) if is_other else one.receipt.journal
    fork = ForkSeen(
        node=office.node_id, journal=journal, seq=4, ours=bytes(32), theirs=b""
    )
    named = Named(world.hub, also(world, fork))
    assert bool(named.lacks(one, 4)) is is_other
    assert named.lacks(one, 5) != ""
    # Nobody keeps it any more: behind the number seen twice it may be of either history.
    one.receipt = replace(one.receipt, seq=3)
    assert named.lacks(one, None) != ""
    one.receipt = replace(one.receipt, seq=4)
    assert bool(named.lacks(one, None)) is is_other


def test_it_names_what_the_hub_itself_lost(world: World) -> None:
    """Its own next epoch is its word; the one that runs is not over."""
    hub = world.hub
    lost(world, hub)
    assert "epoch 1 is not over" in missing(world, events(world))
    hub.journal.begin_epoch()
    assert missing(world, events(world)) == ""
