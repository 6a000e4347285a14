"""Each check of a world goes red when what it checks is broken on purpose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perahu.cards import facts
from perahu.cards.models import Posting
from perahu.journal.types import Event
from perahu.keys.facts import ForkSeen
from perahu.people.models import Person
from sim import checkers
from sim.auditing import audited
from sim.canaries.book import fence_not_asked
from sim.chance import Dice
from sim.checkers import Broken
from sim.faults import Tally
from sim.gaps import Named, check_receipts
from sim.image import person_of
from sim.node import Node
from sim.world import Issued, Result, World

_EVENTS = 10_000


def events(node: Node) -> list[Event]:
    """All that counts at a node."""
    return node.journal.events(0, _EVENTS)


def test_it_passes_a_quiet_world(world: World) -> None:
    """Nothing went wrong, and every check says so."""
    result = Result(1)
    checkers.check_all(world, result)
    assert (result.lost, result.gaps, result.broken) == (0, 0, [])
    assert world.receipts and world.tally.total == 0


def test_it_misses_a_receipt_that_the_hub_does_not_hold(world: World) -> None:
    """Another hash in somebody's hand is a lost entry, unless its gap has a name."""
    one = world.receipts[0]
    forged = replace(one.receipt, h=bytes(32))
    world.receipts.append(Issued(forged, world.offices[0], world.now_s))
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert gaps == 0 and len(missing) == 1 and "nothing destroyed" in missing[0]
    world.receipts[-1].is_excused = True
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert gaps == 0 and "no name" in missing[0]
    with pytest.raises(Broken):
        checkers.check_all(world, Result(1))


def test_it_takes_a_gap_with_a_name(world: World) -> None:
    """The office went on under a later epoch, and the hub knows it."""
    office = world.offices[0]
    forged = replace(world.receipts[0].receipt, seq=_EVENTS, h=bytes(32))
    world.receipts.append(Issued(forged, office, world.now_s, is_excused=True))
    office.journal.begin_epoch()
    world.people.recount(office)
    world.meetings.gather(2)
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert (gaps, missing) == (1, [])


def test_it_asks_what_the_hub_says_not_what_it_could_know(world: World) -> None:
    """Nothing was said in the later epoch: its name is what the hub states of a greeting."""
    office = world.offices[0]
    forged = replace(world.receipts[0].receipt, seq=_EVENTS, h=bytes(32))
    world.receipts.append(Issued(forged, office, world.now_s, is_excused=True))
    office.journal.begin_epoch()
    world.meetings.call(office)
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert gaps == 0 and "no name" in missing[0]
    world.meetings.hub_day()
    assert check_receipts(world, Named(world.hub, events(world.hub))) == (1, [])


def a_fork_of(world: World, node: Node) -> Event:
    """The hub says that it saw two histories of this node."""
    fork = ForkSeen(
        node=node.node_id, journal=bytes(16), seq=1, ours=bytes(32), theirs=bytes(32)
    )
    return said(world, fork)


def test_it_takes_no_unsent_tail_for_a_branch(world: World) -> None:
    """An old disk under its next epoch: what it said before was due to come, and is not here."""
    office = world.offices[0]
    office.is_old_since_s = 0.0
    world.people._correct(office)
    office.journal.begin_epoch()
    of_hub = [*events(world.hub), a_fork_of(world, office)]
    gaps, missing = check_receipts(world, Named(world.hub, of_hub))
    assert gaps == 0 and len(missing) == 1 and "nothing destroyed" in missing[0]
    world.meetings.gather(2)
    assert check_receipts(world, Named(world.hub, events(world.hub))) == (0, [])


def test_it_asks_a_stolen_machine_for_what_the_hub_had(world: World) -> None:
    """That an old disk was in it excuses nothing that was at the hub when it went."""
    office = world.offices[0]
    office.is_old_since_s = 0.0
    forged = replace(world.receipts[0].receipt, h=bytes(32))
    world.receipts.append(Issued(forged, office, world.now_s))
    office.stop()
    office.is_lost = True
    of_hub = [*events(world.hub), a_fork_of(world, office)]
    gaps, missing = check_receipts(world, Named(world.hub, of_hub))
    assert gaps == 0 and "nothing destroyed" in missing[-1]


def test_it_names_one_of_two_histories(world: World) -> None:
    """A clone and its original say two things in one place: one is at the hub, one a gap."""
    office = world.offices[0]
    world.trouble._cloned()
    for node in (office, world.nodes[-1]):
        world.people._correct(node)
    world.meetings.gather(5)
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert (gaps, missing) == (1, [])


def test_it_excuses_nothing_that_somebody_still_holds(world: World) -> None:
    """The hub goes back to yesterday; the provinsi has its word, so it must come home."""
    hub, trouble = world.hub, world.trouble
    trouble._backups["hub_yesterday"] = (hub, hub.backup())
    world.people._correct(hub)
    world.meetings.gather(3)
    last = world.receipts[-1]
    trouble._goes_back("hub_yesterday", keeps_fence=False)
    assert not _is_at(hub, last) and not last.is_excused
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert gaps == 0 and "nothing destroyed" in missing[-1]
    world.meetings.gather(3)
    assert _is_at(hub, last)


def test_it_follows_the_handbook_when_the_witness_is_gone_too(world: World) -> None:
    """Hub and office go back in turn, each the only one who knew: the hub's gap has a name."""
    hub, office, trouble = world.hub, world.offices[0], world.trouble
    for kind, node in (("hub_yesterday", hub), ("disk_old", office)):
        trouble._backups[kind] = (node, node.backup())
    world.people._grant(office)
    world.meetings.call(office)
    last = world.receipts[-1]
    epochs = []
    for kind in ("hub_yesterday", "disk_old"):
        trouble._goes_back(kind, keeps_fence=False)
        epochs.append((hub.journal.epoch, last.is_excused))
    assert epochs == [(1, False), (2, True)]
    world.meetings.gather(3)
    gaps, missing = check_receipts(world, Named(world.hub, events(world.hub)))
    assert (gaps, missing) == (1, [])


def test_it_goes_on_under_the_next_epoch_behind_its_fence(world: World) -> None:
    """An old book under a fence that knows more is noticed at its start."""
    office = goes_back(world)
    assert office.journal.epoch == 2


@pytest.mark.damages_book("it goes on behind its fence")
def test_it_sees_who_passes_by_its_fence(world: World) -> None:
    """No handbook excuses it."""
    with fence_not_asked.plant(), pytest.raises(Broken) as caught:
        goes_back(world)
    assert caught.value.check == "noticed"


def goes_back(world: World) -> Node:
    """An office whose book is of yesterday, and nothing else of it."""
    office, trouble = world.offices[0], world.trouble
    trouble._backups["book_old"] = (office, office.backup())
    world.people._correct(office)
    trouble._goes_back("book_old", keeps_fence=True)
    return office


@pytest.mark.damages_book("an old copy beside a mirror that knows more")
def test_it_asks_no_mirror_for_a_number_that_an_old_copy_took(world: World) -> None:
    """The mirror lay in a drawer when the old disk was put in, and came back too late."""
    office, trouble = world.offices[0], world.trouble
    mirror, drawer = (office.folder.with_name(name) for name in ("mirror", "drawer"))
    mirror.mkdir()
    office.stop()
    office.mirror = mirror
    world.begin(office)
    trouble._backups["disk_old"] = (office, office.backup())
    world.people._correct(office)
    last = world.receipts[-1]
    assert last.receipt.mirrored and world.meetings.call(office)
    mirror.rename(drawer)
    trouble._goes_back("disk_old", keeps_fence=False)
    world.people._correct(office)
    drawer.rename(mirror)
    world.dies(office, "killed")
    assert office.journal.epoch == 2 and not last.is_excused
    assert _is_at(world.hub, last) and not _is_at(office, last)
    office.is_old_since_s = float("inf")
    with pytest.raises(Broken) as caught:
        checkers.check_mirror(world, office)
    assert caught.value.check == "mirror"


def test_it_starts_again_when_rot_meets_a_full_disk(world: World) -> None:
    """A start needs room for its fence; who is refused makes some, and nobody stays off."""
    for node in world.nodes:
        node.disk.is_full = True
        world.people._correct(node)
    world.trouble._tables_rotten()
    assert world.alive == world.nodes


def _is_at(node: Node, one: Issued) -> bool:
    receipt = one.receipt
    return node.journal.hash_at(receipt.journal, receipt.seq) == receipt.h


@pytest.mark.damages_book("the check must see it")
def test_it_sees_a_body_that_changed(world: World) -> None:
    """One bit of one stored body."""
    store = world.hub.journal._store
    raw = store.rows("SELECT position, h FROM entries ORDER BY position DESC LIMIT 1")
    with store.transaction():
        store.run("UPDATE entries SET h = ? WHERE position = ?", (bytes(32), raw[0][0]))
    with pytest.raises(Broken) as caught:
        checkers.check_book(world.hub)
    assert caught.value.check == "book"


@pytest.mark.damages_book("the check must see it")
def test_it_sees_a_hole_in_a_journal(world: World) -> None:
    """A seal is gone: what lies under it cannot be handed on any more."""
    node = world.hub
    row = max(node.journal.journals(), key=lambda one: one.sealed_seq)
    with node.journal._store.transaction():
        node.journal._store.run(
            "DELETE FROM segments WHERE journal = ? AND a = 1", (row.number,)
        )
    with pytest.raises(Broken) as caught:
        checkers.check_vector(node.name, node.journal)
    assert caught.value.check == "vector"


def test_it_sees_what_is_shown_nowhere(world: World) -> None:
    """An entry that neither counts nor is parked."""
    found = events(world.hub)
    checkers.check_parked(world.hub, found)
    with pytest.raises(Broken) as caught:
        checkers.check_parked(world.hub, found[:-1])
    assert caught.value.check == "parked"


def printed(attempt: int, *, order: bytes = b"order-000001") -> facts.CardPrinted:
    """A good card."""
    return facts.CardPrinted(person=b"person-00001", order=order, attempt=attempt)


def said(world: World, fact: object) -> Event:
    """An event at the hub that says this."""
    return replace(events(world.hub)[-1], fact=fact)  # type: ignore[arg-type]


def test_it_sees_a_blanko_with_two_fates(world: World) -> None:
    """Printed and spoiled in one attempt."""
    spoiled = facts.CardSpoiled(
        person=b"person-00001", order=b"order-000001", attempt=1, cause="GAGAL_CETAK"
    )
    checkers.check_attempts([said(world, printed(1)), said(world, printed(2))])
    with pytest.raises(Broken) as caught:
        checkers.check_attempts([said(world, printed(1)), said(world, spoiled)])
    assert caught.value.check == "attempts"


def test_it_sees_a_card_printed_twice_without_a_case(world: World) -> None:
    """Two good cards of one version, and nobody is asked."""
    checkers.check_prints(world.hub, [said(world, printed(1))])
    with pytest.raises(Broken) as caught:
        checkers.check_prints(
            world.hub, [said(world, printed(1)), said(world, printed(2))]
        )
    assert caught.value.check == "prints"


@pytest.mark.parametrize("count", [1, 0])
def test_it_sees_a_ledger_that_does_not_close(world: World, count: int) -> None:
    """A row without its other half, also where the sum stays zero."""
    node = world.offices[0]
    with node.at_work():
        Posting.objects.create(
            posting="x+", movement="x", account="office:x", item="blanko", count=count,
            kind="StockReceived", node="", officer="", at_ms=0,
        )  # fmt: skip
    with pytest.raises(Broken) as caught:
        checkers.check_ledger(node)
    assert caught.value.check == "ledger"


def test_it_sees_a_drawer_that_is_not_what_the_hub_shows(world: World) -> None:
    """One blanko went away after the last count."""
    checkers.check_drawers(world)
    world.people.drawer(world.offices[0]).blanko -= 1
    with pytest.raises(Broken) as caught:
        checkers.check_drawers(world)
    assert caught.value.check == "drawers"


def test_it_sees_tables_that_are_not_the_books(world: World) -> None:
    """One row that no fact ever said."""
    checkers.check_rebuilt(world.hub, world)
    with world.hub.at_work():
        Person.objects.filter(person=person_of("170301", 1).hex()).update(wilayah="99")
    with pytest.raises(Broken) as caught:
        checkers.check_rebuilt(world.hub, world)
    assert caught.value.check == "rebuilt"


def test_it_sees_two_that_hold_the_same_and_show_otherwise(world: World) -> None:
    """Hub and provinsi hold one vector after the last contact."""
    provinsi = world.provinsi
    assert provinsi is not None
    assert provinsi.journal.vector() == world.hub.journal.vector()
    checkers.check_equal(world.alive)
    with provinsi.at_work():
        Person.objects.filter(person=person_of("170301", 1).hex()).delete()
    with pytest.raises(Broken) as caught:
        checkers.check_equal(world.alive)
    assert caught.value.check == "equal"


def test_it_sees_what_should_be_erased(world: World) -> None:
    """A name that some table still shows."""
    checkers.check_erased(world)
    world.erased[person_of("170301", 1)] = "WARGA UJI B"
    with pytest.raises(Broken) as caught:
        checkers.check_erased(world)
    assert caught.value.check == "erased"


def test_it_counts_only_kinds_it_knows() -> None:
    """A fault without a name is a mistake of the simulator."""
    tally = Tally()
    tally.add("cut", 2)
    assert tally.total == 2
    with pytest.raises(AssertionError):
        tally.add("meteor")
    assert Dice("a")(4) == Dice("a")(4) != Dice("b")(4)


def test_it_lets_the_second_reader_read_every_book(world: World) -> None:
    """The auditor finds nothing in a quiet world, and a book whose keys are gone."""
    for node in world.nodes:
        node.stop()
    assert audited(world.nodes) == (3, [])
    (world.nodes[1].folder / "keyring").unlink()
    books, wrong = audited(world.nodes)
    assert books == 3 and wrong and all(one.startswith("Enggano") for one in wrong)
