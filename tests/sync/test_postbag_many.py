"""Many boats, cut links and chance: whatever the order, the hub ends with every fact once."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from perahu.journal.types import Level, Receipt
from perahu.sync.courier.reading import read
from perahu.sync.postbag import index
from perahu.sync.postbag.tidy import tidy
from perahu.sync.session import Side
from tests.cast import District
from tests.sync.bags import Post
from tests.sync.road import TO_HUB, offer_for, record, record_part

BOATS = ("Kapal", "Ketahun")
STEPS = 40


class _Voyages:
    """Boats that come and go as the dice say."""

    def __init__(self, district: District, folder: Path, seed: int) -> None:
        self.post, self.chance = Post(district, folder), Random(seed)
        self.receipts: list[Receipt] = []
        self.post.at("Enggano")

    def step(self) -> None:
        """Something happens somewhere."""
        chance = self.chance
        what = chance.choice(
            ("record", "write", "island", "island", "harbour", "boats")
        )
        boat = chance.choice(BOATS)
        cut = chance.choice((None, chance.randrange(200, 120_000)))
        if what == "record":
            self.record()
        elif what == "write":
            self.post.send("Enggano", "Hub", 60_000 + chance.randrange(200_000))
        elif what == "island":
            pair = [boat, "Enggano"]
            chance.shuffle(pair)
            self.post.meet(pair[0], pair[1], cut=cut, piece=4096)
        elif what == "harbour":
            self.post.meet(boat, "Hub", TO_HUB, cut=cut, piece=4096)
        else:
            self.post.meet(*BOATS, cut=cut, piece=4096)
        for name in (*BOATS, "Enggano", "Hub"):
            tidy(self.post.bag(name))
        if chance.random() < 0.5:
            self.deliver()

    def record(self) -> None:
        """A fact at Enggano, with a part or without."""
        post = self.post
        if self.chance.random() < 0.5:
            self.receipts.append(record(post.district, post.at("Enggano")))
        else:
            size = self.chance.randrange(1000, 90_000)
            self.receipts.append(
                record_part(post.district, post.at("Enggano"), size)[0]
            )

    def deliver(self) -> None:
        """The hub and Enggano read what came for them; the hub answers."""
        post, done = self.post, dict[bytes, int]()
        for parcel in post.bag("Hub").for_us():
            path = post.bag("Hub").path_of(parcel.sha)
            got = read(Side(post.at("Hub")), path, offer_for)
            assert got.is_whole and not got.refused
            done.update(got.done)
            post.bag("Hub").drop(parcel, index.IMPORTED, b"")
        if done:
            post.send("Hub", "Enggano", answering=tuple(sorted(done.items())))
        for parcel in post.bag("Enggano").for_us():
            path = post.bag("Enggano").path_of(parcel.sha)
            assert read(Side(post.at("Enggano")), path, lambda _: TO_HUB).is_whole
            post.bag("Enggano").drop(parcel, index.IMPORTED, b"")

    def come_home(self) -> None:
        """The sea is calm: one round without a cut."""
        self.post.send("Enggano", "Hub")
        for boat in BOATS:
            self.post.meet(boat, "Enggano")
            self.post.meet(boat, "Hub", TO_HUB)
            self.deliver()
        for boat in BOATS:
            self.post.meet(boat, "Hub", TO_HUB)
            self.post.meet(boat, "Enggano")
        self.deliver()


@pytest.mark.parametrize("seed", range(4))
def test_it_comes_home(district: District, tmp_path: Path, seed: int) -> None:
    """Forty steps of chance and one calm round: all is there, every receipt has risen."""
    voyages = _Voyages(district, tmp_path, seed)
    voyages.record()
    for _ in range(STEPS):
        voyages.step()
    voyages.come_home()
    post = voyages.post
    hub, enggano = post.at("Hub"), post.at("Enggano")
    for receipt in voyages.receipts:
        assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    theirs = {row.id: row.head_seq for row in hub.journals()}
    for row in enggano.journals():
        if row.own:
            assert theirs[row.id] == row.head_seq
    assert not hub.blobs.missing() and hub.verify().sound
