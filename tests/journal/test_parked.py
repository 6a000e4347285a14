"""What is stored but does not count yet: shown, in nobody's way, and freed when it may."""

from __future__ import annotations

import dataclasses

import pytest

from perahu.journal.codec import Registry
from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import NodeEnrolled, NodeRevoked, PolicySet
from perahu.people import facts as people_facts
from perahu.words import Refusal
from tests.cast import (
    FACT_MODULES,
    RATNA,
    SARI,
    carry,
    corrected,
    give,
    grant,
    stocked,
    with_hub,
)
from tests.journal.shelf import Shelf, codes
from tests.journal.stores import BOTH_STORES, StoreDistrict

pytestmark = BOTH_STORES
TONO = b"tono\0\0\0\0"


def test_it_works(district: StoreDistrict) -> None:
    """What the tables choke on is parked with the reason; the next fact is shown."""
    shelf = Shelf(choke=True)
    with_hub(district)
    desk = district.open("Enggano", tables=shelf)
    district.state(desk)
    district.state(desk, stocked(7))
    assert codes(desk) == ["projection"] and shelf.facts[-1] == stocked(7)
    assert "no such column" in desk.parked()[0].words.words.en
    assert desk.verify().sound


def test_it_shows_again_what_a_mended_program_can_show(district: StoreDistrict) -> None:
    """The tables are rebuilt by a program that does not choke: nothing is parked."""
    with_hub(district)
    desk = district.open("Enggano", tables=Shelf(choke=True))
    district.state(desk)
    desk.close()
    mended = Shelf()
    desk = district.open("Enggano", tables=mended)
    assert desk.parked() == [] and corrected() in mended.facts


def test_it_keeps_one_that_is_freed_and_cannot_be_shown(
    district: StoreDistrict,
) -> None:
    """Allowed at last, and then the tables choke on it: parked with the new reason."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    shelf = Shelf(choke=True)
    provinsi = district.open("Provinsi", tables=shelf)
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert codes(provinsi) == ["not_allowed"]
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    assert codes(provinsi) == ["projection"]


def test_it_projects_what_is_freed(district: StoreDistrict) -> None:
    """Facts that arrived before their grant are on the shelf once it came, each once."""
    hub, enggano = with_hub(district)
    for count in range(3):
        district.state(enggano, stocked(count + 1))
    shelf = Shelf()
    provinsi = district.open("Provinsi", tables=shelf)
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert shelf.facts == []
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    assert provinsi.parked() == []
    wanted = [stocked(1), stocked(2), stocked(3)]
    assert [f for f in shelf.facts if f in wanted] == wanted


def test_it_frees_also_when_other_news_came_in_between(district: StoreDistrict) -> None:
    """Control first, another segment, and only then the tables: nothing stays behind."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    provinsi = district.open("Provinsi")
    carry(enggano, provinsi, audience=lambda a: a == b"")
    hub.seal()
    for row in hub.journals():
        if row.audience == COMMON:
            provinsi.introduce(row.certificate, row.lane, row.audience)
            for segment in hub.segments(row.id, 0):
                provinsi.receive(segment)
                provinsi.receive(segment)
    provinsi.catch_up()
    assert provinsi.parked() == []


def test_it_knows_what_later_entries_do_not_repeat(district: StoreDistrict) -> None:
    """An author says once how far it knows; who hears of that journal late remembers."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    provinsi = district.open("Provinsi")
    carry(enggano, provinsi, audience=lambda a: a == b"")
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    district.state(enggano)
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert provinsi.parked() == [] and provinsi.verify().sound


def granted_by_ratna(district: StoreDistrict, hub: Journal) -> None:
    """Ratna, by her own right, grants Tono in the same breath as the hub grants her."""
    first = grant(b"wati\0\0\0\0", "wati", "1703")
    with hub.writing() as book:
        book.append(district.ask(), [Draft(first, audience=COMMON)])
    with hub.writing() as book:
        ask = district.ask("Hub", b"wati\0\0\0\0")
        book.append(ask, [Draft(grant(TONO, "tono", "170301"), audience=COMMON)])
    with hub.writing() as book:
        policy = PolicySet(policy="ONLINE_ONLY", decree="SK 3")
        book.append(district.ask(), [Draft(policy, audience=COMMON)])


def test_it_learns_a_control_fact_that_was_freed(district: StoreDistrict) -> None:
    """A grant by an officer whose own grant comes in the same segment counts at once."""
    hub, enggano = with_hub(district)
    granted_by_ratna(district, hub)
    give(hub, enggano)
    assert enggano.parked() == []
    assert enggano.authority.grant(TONO) is not None
    district.state(enggano, officer=TONO)
    carry(enggano, hub, audience=lambda a: a == b"")
    assert hub.parked() == []


def test_it_frees_many_at_once(district: StoreDistrict) -> None:
    """More than one batch of parked facts comes free with one piece of news."""
    hub, enggano = with_hub(district)
    with enggano.writing() as book:
        drafts = [Draft(stocked(n + 1)) for n in range(2_500)]
        book.append(district.ask("Enggano", SARI), drafts)
    shelf = Shelf()
    provinsi = district.open("Provinsi", tables=shelf)
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert len(provinsi.parked()) == 2_500
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    assert provinsi.parked() == [] and len(shelf.facts) >= 2_500


@pytest.mark.damages_book("an office grants itself what no hub did")
def test_it_stops_nobody(district: StoreDistrict) -> None:
    """Parked facts stay parked through restarts, and what may count goes on."""
    hub, enggano = with_hub(district)
    enggano.authority.learn(grant(TONO, "tono", "170301"), (1, 1))
    district.state(enggano, officer=TONO)
    district.state(enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    for _ in range(2):
        assert codes(hub) == ["not_allowed"]
        hub.close()
        hub = district.open("Hub")
    with hub.writing() as book:
        book.append(district.ask("Hub", RATNA), [Draft(stocked())])
    assert hub.verify().sound


def test_it_withdraws_what_a_revocation_came_too_late_for(
    district: StoreDistrict,
) -> None:
    """What counts does not hang on who was heard first, the stolen laptop or the hub."""
    hub, enggano = with_hub(district)
    first, second = stocked(1), stocked(2)
    district.state(enggano, first)
    carry(enggano, hub, audience=lambda a: a == b"")
    row = next(one for one in hub.journals() if one.node == enggano.node_id)
    district.state(enggano, second)
    shelf = Shelf()
    provinsi = district.open("Provinsi", tables=shelf)
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    carry(enggano, provinsi, audience=lambda a: a == b"")
    provinsi.catch_up()
    assert provinsi.parked() == [] and {first, second} <= set(shelf.facts)

    ended = NodeRevoked(
        node=enggano.node_id,
        reason="dicuri",
        valid_through=((row.id, row.head_seq, row.head_h),),
    )
    with hub.writing() as book:
        book.append(district.ask(), [Draft(ended, audience=COMMON)])
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    provinsi.catch_up()
    assert codes(provinsi) == ["not_allowed"]
    assert first in shelf.facts and second not in shelf.facts
    provinsi.close()
    again = district.open("Provinsi", tables=Shelf())
    assert codes(again) == ["not_allowed"] and again.verify().sound


def test_it_leaves_no_room_for_an_own_fact(district: StoreDistrict) -> None:
    """At the desk a fact that may not count is refused, never parked."""
    _, enggano = with_hub(district)
    abroad = dataclasses.replace(corrected(), wilayah="170312")
    with pytest.raises(Refusal, match="not_allowed"):
        district.state(enggano, abroad)
    assert enggano.parked() == []


def test_it_catches_up_where_another_process_made_the_tables_anew(
    district: StoreDistrict,
) -> None:
    """In the middle of an action the tables are empty: they get all, and each fact once."""
    with_hub(district)
    shelf = Shelf()
    desk = district.open("Enggano", tables=shelf)
    district.state(desk, stocked(1))
    before = list(shelf.facts)
    with desk.writing() as book:
        shelf.rebuild()
        book.append(district.ask("Enggano", SARI), [Draft(stocked(2))])
    assert shelf.facts == [*before, stocked(2)]


def test_it_parks_a_node_whose_papers_do_not_read(district: StoreDistrict) -> None:
    """The hub's own word, in good form, names papers that are none: it binds nobody."""
    hub, _ = with_hub(district)
    with hub.writing() as book:
        fact = NodeEnrolled(certificate=b"not a certificate", name="Hantu")
        book.append(district.ask(), [Draft(fact, audience=COMMON)])
    hub.close()
    hub = district.open("Hub")
    assert codes(hub) == ["bad_certificate"] and hub.verify().sound


def test_it_sets_aside_what_only_a_newer_program_knew(district: StoreDistrict) -> None:
    """An update taken back: what it wrote waits, all else counts, until it is there again.

    News of the hub, at which all that is parked is judged again, changes nothing of it.
    """
    hub, enggano = with_hub(district)
    district.state(enggano)
    district.state(enggano, stocked(7))
    enggano.close()
    newer = district.registry
    older = [module for module in FACT_MODULES if module is not people_facts]
    district.registry = Registry(older)
    shelf = Shelf()
    desk = district.open("Enggano", tables=shelf)
    assert codes(desk) == ["unknown_kind"] and stocked(7) in shelf.facts
    with hub.writing() as book:
        policy = PolicySet(policy="ONLINE_ONLY", decree="SK 3")
        book.append(district.ask(), [Draft(policy, audience=COMMON)])
    give(hub, desk)
    assert codes(desk) == ["unknown_kind"] and policy in shelf.facts
    desk.close()
    district.registry, shelf = newer, Shelf()
    desk = district.open("Enggano", tables=shelf)
    assert codes(desk) == [] and corrected() in shelf.facts
