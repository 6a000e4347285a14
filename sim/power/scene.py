"""Where an action plays: one node on its disk, and what it has promised so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from perahu.journal.databases import Driver
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, BlobRef, Draft, Receipt
from perahu.kinds import Fact
from perahu.people.facts import ResidentCorrected
from sim.chance import Dice
from sim.disk import SimDisk
from sim.papers import SARI, SteadyClock
from sim.power.promises import (
    Kept,
    Mirrored,
    Promise,
    Sealed,
    Seen,
    Verdict,
    Whole,
    judge,
    kept_now,
)
from sim.power.shelf import Shelf
from sim.power.town import OFFICE, Seat, Town
from sim.vfs import SimDriver

Drive = Callable[[SimDisk], Driver]
BUDI = b"budi-person\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A machine made ready for an action: its disk, and what was promised before."""

    name: str = OFFICE
    disk: SimDisk
    promises: tuple[Promise, ...] = ()
    asked: tuple[tuple[bytes, int], ...] = ()
    parcel: Any = None
    """What comes from elsewhere: segments, chunks, acks."""
    mirrored: bool = False
    shelved: bool = False
    """With tables, which are not flushed."""
    is_closed: bool = False
    """The action opens the book itself."""
    is_old: bool = False
    """A backup that was put back: a new epoch is as it should be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action as it was asked for."""

    ask: Ask
    drafts: tuple[Draft, ...]


@dataclass
class Scene:
    """A node at work; `journal` is open unless the action opens it."""

    town: Town
    start: Start
    disk: SimDisk
    seed: str
    drive: Drive = SimDriver
    promises: list[Promise] = field(default_factory=list)
    asked: dict[bytes, int] = field(default_factory=dict)
    clock: SteadyClock = field(default_factory=SteadyClock)
    opened: Journal | None = None
    refused: list[Asked] = field(default_factory=list)
    """What was asked and got no receipt yet."""

    def __post_init__(self) -> None:
        self.promises = self.promises or list(self.start.promises)
        self.asked = self.asked or dict(self.start.asked)
        self._dice = Dice("asks", self.seed)

    @property
    def journal(self) -> Journal:
        """The open book."""
        assert self.opened is not None, "open it first"
        return self.opened

    def open(self, seed: str = "") -> Journal:
        """Start the node: all of recovery runs here."""
        seat = Seat(
            seed=f"{self.seed}{seed}",
            mirrored=self.start.mirrored,
            tables=self._shelf(),
            driver=self.drive,
            clock=self.clock,
        )
        self.opened = self.town.open(self.start.name, self.disk, seat)
        return self.opened

    def _shelf(self) -> Shelf | None:
        if not self.start.shelved:
            return None
        folder = self.town.machines[self.start.name].folder
        return Shelf(self.disk, folder / "tables")

    def again(self, disk: SimDisk, promises: Sequence[Promise], seed: str) -> Scene:
        """The same node on what a cut left, with what it had promised then."""
        return Scene(
            self.town,
            self.start,
            disk,
            seed,
            self.drive,
            list(promises),
            dict(self.asked),
            replace(self.clock),
        )

    def verdict(self) -> Verdict:
        """Everything that must hold now."""
        found = judge(self.journal, self.disk, self.promises, self.asked)
        if self.journal.healing.rolled_back and not self.start.is_old:
            lost = ("the book was behind the fence or the mirror", *found.lost)
            return replace(found, lost=lost)
        return found

    # -- what actions do --------------------------------------------------------------

    def ask(self, officer: bytes = SARI, count: int = 1) -> Ask:
        """A fresh ask for so many facts."""
        ask = Ask(self._dice(16), officer, self.clock.now())
        self.asked[ask.op_id] = count
        return ask

    def person(self) -> bytes:
        """Somebody nobody knows yet."""
        return self._dice(12)

    def content(self, size: int) -> bytes:
        """What looks like a sealed part."""
        return self._dice(size)

    def state(
        self, *facts: Fact, officer: bytes = SARI, blobs: tuple[BlobRef, ...] = ()
    ) -> Receipt:
        """State facts; when the receipt is there, it is a promise."""
        ask = self.ask(officer, len(facts))
        asked = Asked(ask, tuple(Draft(fact, blobs) for fact in facts))
        return self.append(asked)

    def append(self, asked: Asked, about: Sequence[bytes] = ()) -> Receipt:
        """One action in a writing of its own."""
        self.refused.append(asked)
        with self.journal.writing(about) as book:
            receipt = book.append(asked.ask, asked.drafts)
        self.refused.remove(asked)
        self.keep(receipt, asked.drafts[0].blobs)
        return receipt

    def ask_again(self, refused: Sequence[Asked]) -> None:
        """A person presses the button once more: the same ids, and now it is done."""
        for asked in refused:
            self.append(asked)

    def keep(self, receipt: Receipt, blobs: Sequence[BlobRef] = ()) -> None:
        """A person saw this receipt."""
        seen = Seen(self.journal, self.disk)
        self.promises += [
            kept_now(seen, journal, seq)
            for (journal, seq), one in seen.entries.items()
            if one.header.op_id == receipt.op_id
        ]
        assert (receipt.journal, receipt.seq) in seen.entries
        self.promises += [Whole(ref) for ref in blobs]
        if receipt.mirrored:
            self.promises.append(Mirrored(receipt.h))

    def keep_all_of(self, journal: bytes) -> None:
        """This journal is held to its seal, at the level it has now: a peer knows."""
        row = self.journal.journal(journal)
        assert row is not None
        self.promises.append(Sealed(journal, row.sealed_seq))
        seen = Seen(self.journal, self.disk)
        for seq in range(1, row.sealed_seq + 1):
            self.promises.append(kept_now(seen, journal, seq))

    def let_erase(self, subject: bytes) -> None:
        """From here on the law may take this subject's bodies."""
        self.promises = [
            replace(one, may_be_erased=True) if isinstance(one, Kept) else one
            for one in self.promises
        ]
        assert subject


def corrected(subject: bytes = BUDI, text: str = "surat desa") -> ResidentCorrected:
    """A small civil fact."""
    changes = (("pekerjaan", "3", "11", text),)
    return ResidentCorrected(person=subject, changes=changes, wilayah="170301")


def digest_of(disk: SimDisk, path: Path) -> bytes:
    """The hash of a file as it is seen now."""
    file = disk.find(str(path))
    assert file is not None
    return sha256(bytes(file.data)).digest()
