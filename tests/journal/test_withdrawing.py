"""A hub that went back to yesterday hears again whose rights it took away meanwhile."""

from __future__ import annotations

import pytest

from perahu.journal.book import Book, JournalRow
from tests.cast import RATNA, SARI, carry, corrected, give, grant
from tests.journal.lost_days import TONO, WATI, Days, counting, left, own
from tests.journal.shelf import codes
from tests.journal.stores import BOTH_STORES, StoreDistrict

pytestmark = BOTH_STORES


def test_it_judges_again_what_the_hub_had_forgotten(district: StoreDistrict) -> None:
    """What she wrote in between counts everywhere or nowhere, whoever was heard first."""
    days = Days(district)
    days.lost((b"", left(SARI)))
    days.sari_works()
    days.all_is_told()
    assert codes(days.hub) == ["not_allowed"]
    days.assert_the_same_everywhere()


def test_it_follows_what_she_did_with_rights_she_no_longer_had(
    district: StoreDistrict,
) -> None:
    """Ratna was no officer any more: whom she granted rights has none, nor whom he did."""
    days = Days(district)
    days.lost((b"", left(RATNA)))
    days.day(
        (RATNA, grant(TONO, "tono", "1703")), (TONO, grant(WATI, "wati", "170301"))
    )
    give(days.hub, days.enggano)
    district.state(days.enggano, officer=WATI)
    district.state(days.enggano)
    carry(days.enggano, days.hub, audience=own)
    assert days.hub.parked() == []
    days.all_is_told()
    assert len(days.hub.parked()) == 3 and days.hub.authority.grant(TONO) is None
    assert counting(days.hub) == counting(days.enggano)
    days.assert_the_same_everywhere()
    days.hub.close()
    again = district.open("Hub")
    assert again.authority.grant(TONO) is None and again.verify().sound


def test_it_looks_once(
    district: StoreDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every entry of the book is walked when the news comes, not at every start."""
    days = Days(district)
    days.lost((b"", left(SARI)))
    district.state(days.enggano, corrected())
    looked: list[int] = []
    read = Book.counted

    def counted(
        book: Book, row: JournalRow, after: int
    ) -> list[tuple[int, int, bytes]]:
        looked.append(after)
        return read(book, row, after)

    monkeypatch.setattr(Book, "counted", counted)
    days.all_is_told()
    assert looked
    looked.clear()
    days.day((b"", grant(TONO, "tono", "1703")))
    days.hub.catch_up()
    assert looked == []
