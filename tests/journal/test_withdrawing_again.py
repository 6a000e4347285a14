"""A hub that lost days hears them again: late, in pieces, over power cuts, in any order."""

from __future__ import annotations

import pytest

from perahu.journal.journal import Journal
from perahu.journal.store import Local
from perahu.journal.types import COMMON
from perahu.keys.facts import PolicySet
from perahu.kinds import CONTROL
from tests.cast import BUDI, MADE, RATNA, SARI, carry, corrected, give, grant, stocked
from tests.journal.lost_days import (
    TONO,
    WATI,
    Days,
    common,
    counting,
    left,
    own,
    to_all,
)
from tests.journal.shelf import Shelf, codes
from tests.journal.stores import BOTH_STORES, StoreDistrict, with_mirror

pytestmark = BOTH_STORES


def test_it_hears_two_lost_days(district: StoreDistrict) -> None:
    """Three epochs: on each lost day somebody left; what both wrote since is parked."""
    days = Days(district)
    ketahun = district.open("Ketahun")
    days.lost((b"", left(SARI)))
    days.lost((b"", left(MADE)))
    give(days.hub, ketahun)
    days.sari_works()
    district.state(ketahun, stocked(), name="Ketahun", officer=MADE)
    carry(ketahun, days.hub, audience=own)
    assert days.hub.epoch == 3 and days.hub.parked() == []
    days.all_is_told()
    assert codes(days.hub) == ["not_allowed"] * 2
    days.assert_the_same_everywhere()


def test_it_hears_an_epoch_that_nobody_took_up(district: StoreDistrict) -> None:
    """The copy was from before the hub's second epoch: all of that one was forgotten."""
    days = Days(district)
    days.hub.close()
    saved = district.save("Hub")
    days.hub = district.open("Hub")
    days.hub.begin_epoch()
    days.day((b"", left(SARI)))
    carry(days.hub, days.provinsi, audience=common)
    days.hub.close()
    district.restore(saved, keep=("fence",))
    days.hub = district.open("Hub")
    days.day((b"", PolicySet(policy="ONLINE_ONLY", decree="SK 9")))
    give(days.hub, days.enggano)
    assert days.hub.epoch == 3
    days.sari_works()
    days.all_is_told()
    assert codes(days.hub) == ["not_allowed"]
    days.assert_the_same_everywhere()


def test_it_leaves_alone_whose_rights_came_back(district: StoreDistrict) -> None:
    """Taken away and given again on the lost day: what she wrote since counts."""
    days = Days(district)
    days.lost((b"", left(SARI)), (b"", grant(SARI, "sari", "170301")))
    days.sari_works()
    days.all_is_told()
    assert days.hub.parked() == []
    days.assert_the_same_everywhere()


def test_it_leaves_alone_what_touches_nobodys_rights(district: StoreDistrict) -> None:
    """On the lost day the policy was another one: nothing that was written falls."""
    days = Days(district)
    days.lost((b"", PolicySet(policy="STORE_AND_FORWARD", decree="SK 5")))
    days.sari_works()
    days.all_is_told()
    assert days.hub.parked() == []
    days.assert_the_same_everywhere()


def test_it_shows_no_more_what_fell(district: StoreDistrict) -> None:
    """The tables of the hub's pages are made anew without it."""
    days = Days(district)
    days.lost((b"", left(SARI)))
    days.hub.close()
    shelf = Shelf()
    days.hub = district.open("Hub", tables=shelf)
    days.sari_works()
    assert corrected() in shelf.facts
    days.all_is_told()
    assert corrected() not in shelf.facts and shelf.facts
    days.assert_the_same_everywhere()


def test_it_passes_over_what_the_law_erased(district: StoreDistrict) -> None:
    """What she wrote about Budi is gone from the hub: there is nothing left to park."""
    days = Days(district)
    days.lost((b"", left(SARI)))
    days.sari_works()
    assert days.hub.erase(BUDI) == 1
    days.all_is_told()
    assert days.hub.parked() == [] and days.hub.verify().sound


def test_it_hears_who_was_revoked_by_an_officer_of_that_day(
    district: StoreDistrict,
) -> None:
    """Wati was made officer and revoked Sari within one segment: nobody knew Wati yet."""
    days = Days(district)
    days.lost((b"", grant(WATI, "wati", "1703")), (WATI, left(SARI)))
    days.sari_works()
    days.all_is_told()
    assert codes(days.hub) == ["not_allowed"]
    days.assert_the_same_everywhere()


class PowerCut(Exception):
    """The machine is off."""


def cut_at(monkeypatch: pytest.MonkeyPatch, space: str, count: int) -> None:
    """The power goes just before the value number `count` of this space is noted."""
    put, seen = Local.put, iter(range(1, 1_000))

    def stopped(local: Local, into: str, name: bytes, value: bytes) -> None:
        if into == space and next(seen) == count:
            raise PowerCut
        put(local, into, name, value)

    monkeypatch.setattr(Local, "put", stopped)


@pytest.mark.parametrize(
    ("space", "count", "parked"),
    [("tables", 1, 0), ("tables", 2, 2), ("tables", 3, 3), ("judged again", 1, 4)],
)
def test_it_goes_on_after_a_power_cut(
    district: StoreDistrict,
    monkeypatch: pytest.MonkeyPatch,
    space: str,
    count: int,
    parked: int,
) -> None:
    """Ratna had left: whom she gave rights falls, and whom he did; cut anywhere between."""
    days = Days(district)
    days.lost((b"", left(RATNA)))
    days.day((RATNA, grant(TONO, "tono", "1703")), (RATNA, grant(MADE, "made", "1703")))
    days.day((TONO, grant(WATI, "wati", "170301")))
    give(days.hub, days.enggano)
    district.state(days.enggano, officer=WATI)
    district.state(days.enggano)
    carry(days.enggano, days.hub, audience=own)
    assert days.hub.parked() == []
    cut_at(monkeypatch, space, count)
    with pytest.raises(PowerCut):
        days.all_is_told()
    assert len(days.hub.parked()) == parked
    monkeypatch.undo()
    days.hub = district.open("Hub")
    days.all_is_told()
    assert len(days.hub.parked()) == 4
    granted = {one.operator for one in days.hub.authority.operators()}
    assert granted.isdisjoint({RATNA, TONO, WATI}) and SARI in granted
    days.assert_the_same_everywhere()


def test_it_tells_every_process_of_the_node(district: StoreDistrict) -> None:
    """A desk's process runs beside the one that heard: there too Tono has no rights now."""
    days = Days(district)
    days.lost((b"", left(RATNA)))
    days.day((RATNA, grant(TONO, "tono", "1703")))
    desk = district.open("Hub")
    assert desk.authority.grant(TONO) is not None
    days.all_is_told()
    desk.catch_up()
    assert desk.authority.grant(TONO) is None
    assert counting(desk) == counting(days.hub) and desk.verify().sound


def bring(source: Journal, target: Journal, epoch: int) -> None:
    """One control journal of the hub, as a stick that has no room for the others."""
    source.seal()
    for row in source.journals():
        if (row.lane, row.audience, row.epoch) == (CONTROL, COMMON, epoch):
            target.introduce(row.certificate, row.lane, row.audience)
            for segment in source.segments(row.id, 0):
                target.receive(segment)
    target.catch_up()


def lose_book(district: StoreDistrict, name: str) -> None:
    """The disk of a closed node's book died; what lies beside it is there."""
    member = district.members[name]
    for path in member.folder.glob("book.sqlite3*"):
        path.unlink()
    member.book_url = None


def test_it_waits_until_it_knows_what_an_author_knew(district: StoreDistrict) -> None:
    """Enggano's disk died, its mirror did not; then the hub's epochs come out of order.

    What Sari wrote was judged at her desk, and counts until it is known here which epoch
    she cites; then it falls as it fell everywhere else.
    """
    days = Days(district)
    days.enggano.close()
    with_mirror(district)
    days.enggano = district.open("Enggano")
    days.lost((b"", left(SARI)))
    for decree in ("SK 10", "SK 11"):
        days.hub.begin_epoch()
        days.day((b"", PolicySet(policy="ONLINE_ONLY", decree=decree)))
        if decree == "SK 10":
            give(days.hub, days.enggano)
            days.sari_works()
    carry(days.provinsi, days.hub, audience=common)
    carry(days.hub, days.provinsi, audience=to_all)
    days.enggano.close()
    lose_book(district, "Enggano")
    days.enggano = district.open("Enggano")
    assert days.enggano.healing.copied_back == 1
    for epoch in (4, 2, 1):
        bring(days.hub, days.enggano, epoch)
    assert days.enggano.parked() == [] and len(days.hub.parked()) == 1
    bring(days.hub, days.enggano, 3)
    assert codes(days.enggano) == ["not_allowed"]
    days.assert_the_same_everywhere()
