"""A hub that went back to yesterday hears again whose rights it took away meanwhile."""

from __future__ import annotations

import pytest

from perahu.journal.book import Book, JournalRow
from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Draft, Event
from perahu.keys.facts import GrantRevoked, PolicySet
from perahu.kinds import Fact
from tests.cast import RATNA, SARI, carry, corrected, give, grant, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict

pytestmark = BOTH_STORES
TONO = b"tono\0\0\0\0"


def common(audience: bytes) -> bool:
    """What the hub says to all."""
    return audience == COMMON


def own(audience: bytes) -> bool:
    """What a node says of itself."""
    return audience == b""


def says(
    district: StoreDistrict, hub: Journal, *facts: Fact, officer: bytes = b""
) -> None:
    """The hub states control facts to all."""
    for fact in facts:
        with hub.writing() as book:
            book.append(district.ask("Hub", officer), [Draft(fact, audience=COMMON)])


def counting(journal: Journal) -> set[tuple[bytes, int]]:
    """Which entries count in a book."""

    def place(event: Event) -> tuple[bytes, int]:
        return event.journal, event.seq

    return {place(event) for event in journal.events(limit=10_000)}


class Yesterday:
    """The hub took somebody's rights away, told the provinsi, and then lost that day."""

    def __init__(self, district: StoreDistrict, officer: bytes) -> None:
        self.district = district
        hub, self.enggano = with_hub(district)
        self.provinsi = district.open("Provinsi")
        hub.close()
        saved = district.save("Hub")
        hub = district.open("Hub")
        says(district, hub, GrantRevoked(operator=officer, reason="pindah"))
        carry(hub, self.provinsi, audience=common)
        hub.close()
        district.restore(saved)
        self.hub = district.open("Hub")
        self.hub.begin_epoch()
        says(district, self.hub, PolicySet(policy="ONLINE_ONLY", decree="SK 9"))
        give(self.hub, self.enggano)

    def comes_back(self) -> None:
        """The provinsi brings what it was told; then everybody hears everything."""
        for _ in range(2):
            carry(self.provinsi, self.hub, audience=common)
            carry(self.enggano, self.hub, audience=own)
            carry(self.hub, self.provinsi, audience=lambda a: common(a) or own(a))
            give(self.hub, self.enggano)


def test_it_judges_again_what_the_hub_had_forgotten(district: StoreDistrict) -> None:
    """What she wrote in between counts everywhere or nowhere, whoever was heard first."""
    told = Yesterday(district, SARI)
    district.state(told.enggano, corrected())
    carry(told.enggano, told.hub, audience=own)
    assert told.hub.parked() == []
    told.comes_back()
    assert [one.code for one in told.hub.parked()] == ["not_allowed"]
    assert counting(told.hub) == counting(told.provinsi)
    assert told.hub.verify().sound and told.provinsi.verify().sound
    assert told.enggano.verify().sound


def test_it_follows_what_she_did_with_rights_she_no_longer_had(
    district: StoreDistrict,
) -> None:
    """Ratna was no officer any more: whom she granted rights has none, nor whom he did."""
    told = Yesterday(district, RATNA)
    says(district, told.hub, grant(TONO, "tono", "1703"), officer=RATNA)
    says(district, told.hub, grant(b"wati\0\0\0\0", "wati", "170301"), officer=TONO)
    give(told.hub, told.enggano)
    district.state(told.enggano, officer=b"wati\0\0\0\0")
    district.state(told.enggano)
    carry(told.enggano, told.hub, audience=own)
    assert told.hub.parked() == []
    told.comes_back()
    assert len(told.hub.parked()) == 3 and told.hub.authority.grant(TONO) is None
    assert counting(told.hub) == counting(told.provinsi) == counting(told.enggano)
    told.hub.close()
    again = district.open("Hub")
    assert again.authority.grant(TONO) is None and again.verify().sound


def test_it_looks_once(
    district: StoreDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every entry of the book is walked when the news comes, not at every start."""
    told = Yesterday(district, SARI)
    district.state(told.enggano, corrected())
    told.comes_back()
    looked: list[int] = []
    read = Book.counted

    def counted(
        book: Book, row: JournalRow, after: int
    ) -> list[tuple[int, int, bytes]]:
        looked.append(after)
        return read(book, row, after)

    monkeypatch.setattr(Book, "counted", counted)
    says(district, told.hub, grant(TONO, "tono", "1703"))
    told.hub.catch_up()
    assert looked == []
