"""A level that is said before it is so is seen, and one that was so is let be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perahu.journal.types import PART, BlobRef, Draft, Level, Receipt
from perahu.people.facts import ResidentCorrected
from sim.canaries.road import stick_says_safe
from sim.checkers import Broken
from sim.image import person_of
from sim.levels import Levels
from sim.node import Node
from sim.world import World


def correct(world: World, node: Node) -> Receipt:
    """The office states something, and tells nobody."""
    world.people._correct(node)
    one = world.receipts[-1]
    assert one.node is node and one.receipt.level is Level.RECORDED
    return one.receipt


def with_part(node: Node) -> tuple[Receipt, BlobRef]:
    """An entry of the office that cites a sealed part."""
    ref = node.journal.blobs.put(b"sealed", PART)
    changes = (("foto", "", "", "rekam"),)
    fact = ResidentCorrected(
        person=person_of("170301", 1), changes=changes, wilayah="170301"
    )
    with node.at_work() as journal, journal.writing() as book:
        receipt = book.append(node.ask(node.papers.officer), [Draft(fact, (ref,))])
    return receipt, ref


def claims(node: Node, receipt: Receipt, *, safe: bool = False) -> None:
    """The book says that an ack has come."""
    place = (receipt.seq, receipt.seq if safe else 0)
    node.journal.note_ack(bytes(16), {receipt.journal: place}, {})


def refused(world: World, node: Node) -> str:
    """What the check says of a node."""
    with pytest.raises(Broken) as caught:
        world.levels.look(node)
    assert caught.value.check == "levels"
    return caught.value.words


def test_it_finds_every_level_of_a_quiet_world_true(world: World) -> None:
    """And there are some: without them it would prove nothing."""
    before = world.levels.said
    assert before > 10
    office = world.offices[0]
    receipt = correct(world, office)
    world.meetings.gather(3)
    assert office.journal.level_of(receipt.journal, receipt.seq) is Level.SAFE
    assert world.levels.said > before


@pytest.mark.parametrize("safe", [False, True])
def test_it_sees_an_entry_that_the_hub_does_not_hold(world: World, safe: bool) -> None:
    """Nobody took it there."""
    office = world.offices[0]
    claims(office, correct(world, office), safe=safe)
    assert "no hub" in refused(world, office)


def test_it_sees_an_entry_that_no_second_site_holds(world: World) -> None:
    """The hub has it, the provinsi was not told."""
    office = world.offices[0]
    receipt = correct(world, office)
    world.meetings.call(office)
    claims(office, receipt, safe=True)
    assert "no second site" in refused(world, office)


def test_it_sees_a_blob_that_only_its_office_holds(world: World) -> None:
    """The word of a blob counts by itself, the entry's waits for it."""
    office = world.offices[0]
    _, ref = with_part(office)
    world.levels.look(office)
    office.journal.note_ack(bytes(16), {}, {ref.sha256: Level.RECEIVED})
    assert "not at the hub" in refused(world, office)


def test_it_sees_an_entry_whose_blob_never_came(world: World) -> None:
    """The entry is at the hub; what it cites is not, and the book says so of both."""
    office, hub = world.offices[0], world.hub
    receipt, ref = with_part(office)
    world.meetings.call(office)
    assert hub.journal.blobs.has(ref.sha256)
    hub.journal.blobs.remove(ref.sha256)
    world.levels = Levels(world)
    assert "not at the hub" in refused(world, office)
    assert office.journal.level_of(receipt.journal, receipt.seq) is Level.RECEIVED


def test_it_sees_a_stick_that_calls_every_blob_safe(world: World) -> None:
    """The hub has the part from a stick, and the provinsi has nothing of it yet."""
    office = world.offices[0]
    with_part(office)
    with stick_says_safe.plant(), pytest.raises(Broken) as caught:
        world.meetings.by_stick(office)
    assert "SAFE" in str(caught.value) and "not at the second site" in str(caught.value)


def test_it_lets_be_what_was_true_when_it_was_said(world: World) -> None:
    """The hub goes back to yesterday; what it said before was no lie."""
    hub, office, trouble = world.hub, world.offices[0], world.trouble
    trouble._backups["hub_yesterday"] = (hub, hub.backup())
    receipt, ref = with_part(office)
    stick = world.meetings.call(office)
    assert stick and hub.journal.blobs.has(ref.sha256)
    trouble._goes_back("hub_yesterday", keeps_fence=False)
    assert hub.journal.hash_at(receipt.journal, receipt.seq) is None
    world.levels._lines.clear()
    world.levels._blobs.clear()
    world.levels.look(office)
    # Whoever did not see what the hub had would call it a lie.
    world.levels = Levels(world)
    assert "not at the hub" in refused(world, office)


def test_it_looks_at_an_old_book_anew(world: World) -> None:
    """The same numbers, and other entries under them."""
    office, trouble = world.offices[0], world.trouble
    trouble._backups["disk_old"] = (office, office.backup())
    correct(world, office)
    world.meetings.gather(3)
    trouble._goes_back("disk_old", keeps_fence=False)
    receipt = correct(world, office)
    claims(office, receipt)
    assert "no hub" in refused(world, office)


def test_it_holds_a_receipt_to_what_stands_on_it(world: World) -> None:
    """The level that somebody has in hand."""
    office = world.offices[0]
    receipt = correct(world, office)
    world.levels.receipt(office, receipt)
    with pytest.raises(Broken):
        world.levels.receipt(office, replace(receipt, level=Level.RECEIVED))
    world.meetings.call(office)
    world.levels.receipt(office, replace(receipt, level=Level.RECEIVED))


def test_it_knows_no_second_site_where_there_is_none(world: World) -> None:
    """Who has only a hub never says aman."""
    office = world.offices[0]
    receipt = correct(world, office)
    world.meetings.gather(3)
    claims(office, receipt, safe=True)
    provinsi = world.nodes.pop()
    assert world.provinsi is None
    world.levels = Levels(world)
    try:
        assert "no second site" in refused(world, office)
    finally:
        world.nodes.append(provinsi)
