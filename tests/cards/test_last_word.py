"""A count by hand is the last word on a node's stock, whatever of its past comes later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from perahu.cards import actions_stock, facts, reads_stock
from perahu.journal.journal import CLONE, RECOUNT, Journal
from perahu.journal.types import Draft
from perahu.kinds import Fact
from perahu.node.tables import Tables
from perahu.words import Refusal
from tests.cards.world import World
from tests.cast import carry, stocked


def to_hub(world: World, journal: Journal) -> None:
    """The hub hears everything that Enggano's machine holds of its own."""
    carry(journal, world.journals["Hub"], audience=lambda a: a == b"")


def shown(world: World, name: str = "Hub") -> int:
    """What lies at Enggano by the ledger of a node."""
    with world.at(name):
        assert reads_stock.ledger_sum() == 0
        return reads_stock.on_hand(world.journals["Enggano"].node_id)


def count(world: World, counted: int) -> None:
    """Somebody at Enggano counts by hand."""
    with world.at("Enggano") as journal:
        actions_stock.count_stock(
            journal, world.ask(), item="blanko", counted=counted, reason="hitung ulang"
        )


def keep_disk(world: World, name: str) -> None:
    """A copy of Enggano's disk."""
    world.journals["Enggano"].close()
    world.tables["Enggano"].close()
    folder = world.district.members["Enggano"].folder
    shutil.copytree(folder, folder.with_name(name))
    world.start("Enggano")


def put_back(world: World, name: str) -> None:
    """The copy is put in the place of the disk, and nobody has noticed yet."""
    world.journals["Enggano"].close()
    world.tables["Enggano"].close()
    folder = world.district.members["Enggano"].folder
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name(name), folder)
    world.start("Enggano")


def restore(world: World, name: str) -> None:
    """The same, and it was noticed."""
    put_back(world, name)
    world.journals["Enggano"].begin_epoch()


@contextmanager
def twin(world: World, name: str) -> Iterator[Journal]:
    """The copy as a second machine of Enggano, in the next epoch."""
    folder = world.district.members["Enggano"].folder.with_name(name)
    with Tables(folder / "tables", b"k" * 32) as tables, tables.at_work():
        journal = world.district.open("Enggano", tables, folder=folder)
        journal.begin_epoch()
        yield journal
        journal.close()


def test_it_works_for_an_office_that_counts_before_its_past_is_home(
    world: World,
) -> None:
    """55 came, the hub knows it, the office's disk does not: 55 are counted, 55 shown."""
    keep_disk(world, "old")
    world.stock(55)
    to_hub(world, world.journals["Enggano"])
    restore(world, "old")
    count(world, 55)
    assert world.journals["Enggano"].halts() == [] and shown(world, "Enggano") == 55
    to_hub(world, world.journals["Enggano"])
    assert shown(world) == 55
    carry(world.journals["Hub"], world.journals["Enggano"], audience=lambda a: not a)
    assert shown(world, "Enggano") == 55


def test_it_moves_on_from_the_last_count(world: World) -> None:
    """What an earlier epoch counted and spent is over; what came since is added."""
    keep_disk(world, "old")
    for number in range(8):
        world.stock(10 + number)
    count(world, 100)
    to_hub(world, world.journals["Enggano"])
    restore(world, "old")
    count(world, 90)
    world.stock(5)
    to_hub(world, world.journals["Enggano"])
    assert shown(world) == 95
    count(world, 94)
    world.stock(1)
    to_hub(world, world.journals["Enggano"])
    assert shown(world) == 95
    before = world.tables["Hub"].content_hash()
    world.tables["Hub"].rebuild()
    world.journals["Hub"].catch_up()
    assert world.tables["Hub"].content_hash() == before


def test_it_is_the_same_at_a_hub_that_never_had_what_stood_on_a_branch(
    world: World,
) -> None:
    """An old disk writes on before anybody notices: the count is right in both books."""
    keep_disk(world, "old")
    world.stock(55)
    to_hub(world, world.journals["Enggano"])
    put_back(world, "old")
    world.stock(10)
    world.journals["Enggano"].begin_epoch()
    count(world, 65)
    to_hub_of_now(world)
    assert (shown(world), shown(world, "Enggano")) == (65, 65)


def to_hub_of_now(world: World) -> None:
    """The hub hears the running epoch; the branch before it is refused."""
    office, hub = world.journals["Enggano"], world.journals["Hub"]
    office.seal()
    for row in office.journals():
        if (
            row.own
            and row.epoch == office.epoch
            and row.sealed_seq
            and not row.audience
        ):
            hub.introduce(row.certificate, row.lane, row.audience)
            for segment in office.segments(row.id, 0):
                hub.receive(segment)
    hub.catch_up()


def test_it_is_the_machine_that_stays_that_has_the_last_word(world: World) -> None:
    """A twin counted in a later epoch and was put away; both drawers are counted here."""
    world.stock(10)
    keep_disk(world, "second")
    with twin(world, "second") as second:
        with second.writing() as book:
            book.append(world.ask(), [Draft(stocked(7))])
        actions_stock.count_stock(
            second, world.ask(), item="blanko", counted=17, reason="dua lemari"
        )
        to_hub(world, second)
        carry(second, world.journals["Enggano"], audience=lambda a: not a)
    assert world.journals["Enggano"].epoch == 1
    ask = world.ask()
    with world.at("Enggano") as journal:
        for _ in range(2):
            actions_stock.count_stock(
                journal, ask, item="blanko", counted=15, reason="dua hilang"
            )
        assert (journal.epoch, journal.halts()) == (3, [])
    to_hub(world, world.journals["Enggano"])
    assert (shown(world), shown(world, "Enggano")) == (15, 15)


def test_it_leaves_an_epoch_of_which_only_people_know_that_it_is_over(
    world: World,
) -> None:
    """They put a backup back, and nobody else holds more: one count, one epoch."""
    world.stock(10)
    ask = world.ask()
    with world.at("Enggano") as journal:
        with pytest.raises(Refusal, match="reason_missing"):
            actions_stock.count_stock(
                journal, ask, item="blanko", counted=9, is_restored=True
            )
        assert journal.epoch == 1, "nothing is over by a count that was refused"
        for _ in range(2):
            actions_stock.count_stock(
                journal, ask, item="blanko", counted=10, is_restored=True
            )
        assert (journal.epoch, journal.halts()) == (2, [])
    to_hub(world, world.journals["Enggano"])
    assert (shown(world), shown(world, "Enggano")) == (10, 10)


def test_it_takes_an_end_that_is_told_anew(world: World) -> None:
    """A card said to be spoiled was never begun: what was counted afterwards still lay there."""
    state = world.ready(blanko=10)
    person, order = state.person, state.order
    ends: list[Fact] = [
        facts.PrintIntended(person=person, order=order, attempt=1, printer="p"),
        facts.CardSpoiled(person=person, order=order, attempt=1, cause="GAGAL_CETAK"),
    ]
    never = facts.PrintNeverBegan(person=person, order=order, attempt=1)
    with world.at("Enggano") as journal:
        with journal.writing() as book:
            book.append(world.ask(), [Draft(fact) for fact in ends])
        assert shown(world, "Enggano") == 9
        count(world, 10)
        with journal.writing() as book:
            book.append(world.ask(), [Draft(never)])
        assert shown(world, "Enggano") == 10
        assert RECOUNT not in journal.halts()


def test_it_lets_a_node_print_again_whose_twin_was_ended(world: World) -> None:
    """Nobody but a count by hand knows in which drawer the blanko of both machines lie."""
    with world.at("Enggano") as journal:
        journal.halt(CLONE)
        journal.halt(RECOUNT)
    count(world, 0)
    assert world.journals["Enggano"].halts() == []
