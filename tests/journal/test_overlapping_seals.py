"""A node that lost its seals seals longer runs; whoever holds both kinds hands all of it on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from perahu.journal.journal import Journal
from tests.cast import District, with_hub
from tests.sync.road import TO_PROVINSI, Meeting, record


def _lose_the_book(district: District, office: Journal) -> Journal:
    """The book's file is gone; mirror, certificate and keyring are not."""
    office.close()
    folder = district.members["Enggano"].folder
    for path in folder.glob("book.sqlite3*"):
        path.unlink()
    return district.open("Enggano")


def test_it_hands_on_what_was_sealed_twice(district: District, tmp_path: Path) -> None:
    """The hub brings the provinsi a journal whose seals overlap, and goes on behind them."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    members = district.members
    members["Enggano"] = replace(members["Enggano"], mirror=mirror)
    hub, enggano = with_hub(district)
    for _ in range(3):
        record(district, enggano)
        Meeting(enggano, hub).hold()
    record(district, enggano)  # mirrored, and never sent
    enggano = _lose_the_book(district, enggano)
    Meeting(enggano, hub).hold()
    record(district, enggano)
    Meeting(enggano, hub).hold()
    record(district, enggano)
    Meeting(enggano, hub).hold()
    provinsi = district.open("Provinsi")
    Meeting(hub, provinsi, TO_PROVINSI).hold()
    own = next(row for row in enggano.journals() if row.own and row.lane == 1)
    there = provinsi.journal(own.id)
    assert there is not None and there.sealed_seq == own.head_seq == 6
    assert provinsi.verify().sound
