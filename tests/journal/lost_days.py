"""A hub that went back to yesterday, and what was said on the days it lost."""

from __future__ import annotations

from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import GrantRevoked, PolicySet
from perahu.kinds import Fact
from tests.cast import carry, corrected, give, with_hub
from tests.journal.stores import StoreDistrict

TONO, WATI = b"tono\0\0\0\0", b"wati\0\0\0\0"


def common(audience: bytes) -> bool:
    """What the hub says to all."""
    return audience == COMMON


def own(audience: bytes) -> bool:
    """What a node says of itself."""
    return audience == b""


def counting(journal: Journal) -> set[tuple[bytes, int]]:
    """Which entries count in a book."""
    return {(event.journal, event.seq) for event in journal.events(limit=10_000)}


def left(operator: bytes) -> GrantRevoked:
    """She left her post."""
    return GrantRevoked(operator=operator, reason="pindah")


def to_all(audience: bytes) -> bool:
    """What a hub and its offices say to everybody."""
    return common(audience) or own(audience)


class Days:
    """The hub loses days; the provinsi was told of them and keeps what it heard."""

    def __init__(self, district: StoreDistrict) -> None:
        self.district = district
        self.hub, self.enggano = with_hub(district)
        self.provinsi = district.open("Provinsi")

    def lost(self, *said: tuple[bytes, Fact]) -> None:
        """A day on which the hub's officers say this; then the hub is as it was before it."""
        self.hub.close()
        saved = self.district.save("Hub")
        self.hub = self.district.open("Hub")
        self.day(*said)
        carry(self.hub, self.provinsi, audience=common)
        self.hub.close()
        self.district.restore(saved)
        self.hub = self.district.open("Hub")
        self.hub.begin_epoch()
        self.day((b"", PolicySet(policy="ONLINE_ONLY", decree="SK 9")))
        give(self.hub, self.enggano)

    def day(self, *said: tuple[bytes, Fact]) -> None:
        """The hub's officers say this to all."""
        for officer, fact in said:
            with self.hub.writing() as book:
                ask = self.district.ask("Hub", officer)
                book.append(ask, [Draft(fact, audience=COMMON)])

    def sari_works(self) -> None:
        """In good faith; the hub, which forgot, counts it."""
        self.district.state(self.enggano, corrected())
        carry(self.enggano, self.hub, audience=own)
        assert self.hub.parked() == []

    def all_is_told(self) -> None:
        """The provinsi brings what it was told; then everybody hears everything."""
        for _ in range(2):
            carry(self.provinsi, self.hub, audience=common)
            carry(self.enggano, self.hub, audience=own)
            carry(self.hub, self.provinsi, audience=to_all)
            give(self.hub, self.enggano)

    def assert_the_same_everywhere(self) -> None:
        """What counts hangs on nobody's luck of who was heard first."""
        assert counting(self.hub) == counting(self.provinsi)
        for journal in (self.hub, self.enggano, self.provinsi):
            assert journal.verify().sound
