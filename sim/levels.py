"""No level is said before it is so: checked in every world, whenever one was raised.

*Diterima* at any machine means that the hub holds the entry, under this very hash, and
every blob it cites; *aman* that the provinsi holds them too. A blob's own level means the
same of the blob.

A level is a word about the past. It is true where the site holds the thing now, or held it
in a book that a fault took away later (`taken_away`, just before it does): a hub that goes
back to yesterday makes no liar of who told the truth the day before, nor of the stick that
was written then and is read today. It is false where no book of that site ever held it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perahu.journal.book import JournalRow
from perahu.journal.journal import Journal
from perahu.journal.types import Level, Receipt
from sim.checkers import Broken
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import World

Place = tuple[bytes, int, bytes]
"""Journal, number, hash: an entry, byte for byte."""


@dataclass(slots=True)
class _Line:
    """One own journal of one machine, as far as it was looked at."""

    head: int = 0
    acked: tuple[int, int] = (0, 0)
    waiting: dict[int, Level] = field(default_factory=dict)
    """Entries that may rise still, and what was said of each."""
    cited: dict[int, list[bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class _Site:
    """What one place held that it may not hold any more."""

    entries: set[Place] = field(default_factory=set)
    blobs: set[bytes] = field(default_factory=set)


class Levels:
    """What every machine of one world says of its entries, held against hub and provinsi."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said = 0
        """Levels above *tercatat* that were said, and found true."""
        self._lines: dict[tuple[Node, bytes], _Line] = {}
        self._blobs: dict[tuple[Node, bytes], Level] = {}
        self._had: dict[bytes, _Site] = {}

    # -- what a site had --------------------------------------------------------------

    def taken_away(self, node: Node) -> None:
        """A fault is about to take this machine's book, and to put another in its place."""
        for line in [key for key in self._lines if key[0] is node]:
            del self._lines[line]
        if node in (self.world.hub, self.world.provinsi):
            self._remember(node)

    def _remember(self, node: Node) -> None:
        had, journal = self._had.setdefault(node.node_id, _Site()), node.journal
        for row in journal.journals():
            for seq in range(1, row.head_seq + 1):
                h = journal.hash_at(row.id, seq)
                assert h is not None, "no journal has a hole"
                had.entries.add((row.id, seq, h))
            for _, sha in journal.blobs_cited(row.id, 0):
                if journal.blobs.is_whole(sha):
                    had.blobs.add(sha)

    def _sites(self, level: Level) -> list[tuple[str, Node | None]]:
        found: list[tuple[str, Node | None]] = [("hub", self.world.hub)]
        if level is Level.SAFE:
            found.append(("second site", self.world.provinsi))
        return found

    def _holds_entry(self, site: Node | None, place: Place) -> bool:
        if site is None:
            return False
        journal, seq, h = place
        if site.journal.hash_at(journal, seq) == h:
            return True
        had = self._had.get(site.node_id)
        return had is not None and place in had.entries

    def _holds_blob(self, site: Node | None, sha: bytes) -> bool:
        if site is None:
            return False
        if site.journal.blobs.is_whole(sha):
            return True
        had = self._had.get(site.node_id)
        return had is not None and sha in had.blobs

    # -- what is said -----------------------------------------------------------------

    def look(self, *nodes: Node) -> None:
        """Hold what is new at these machines against the sites it is said of. Raises Broken."""
        sites = (self.world.hub, self.world.provinsi)
        for node in nodes:
            if all(one is None or one.is_open for one in (node, *sites)):
                self._look_at(node)

    def receipt(self, node: Node, receipt: Receipt) -> None:
        """The level that stands on a receipt somebody got in hand."""
        if receipt.level is not Level.RECORDED:
            place = (receipt.journal, receipt.seq, receipt.h)
            cited = _cited(node.journal, receipt.journal, receipt.seq - 1)
            self._check(node, receipt.level, place, cited.get(receipt.seq, []))

    def _look_at(self, node: Node) -> None:
        for row in node.journal.journals():
            if row.own and row.head_seq:
                line = self._line(node, row)
                acked = (row.received_seq, row.safe_seq)
                if line.acked != acked:
                    self._look_along(node, row.id, line, list(line.waiting))
                elif line.cited:
                    self._look_along(node, row.id, line, list(line.cited))
                line.acked = acked

    def _line(self, node: Node, row: JournalRow) -> _Line:
        """What was looked at, brought to the head; begun anew where the book is an old one."""
        line = self._lines.setdefault((node, row.id), _Line())
        if row.head_seq < line.head:
            line = self._lines[node, row.id] = _Line()
        if row.head_seq > line.head:
            line.cited |= _cited(node.journal, row.id, line.head)
            new = range(line.head + 1, row.head_seq + 1)
            line.waiting |= dict.fromkeys(new, Level.RECORDED)
            line.head, line.acked = row.head_seq, (-1, -1)
        return line

    def _look_along(
        self, node: Node, journal: bytes, line: _Line, places: list[int]
    ) -> None:
        for seq in places:
            cited = line.cited.get(seq, [])
            for sha in cited:
                self._look_at_blob(node, sha)
            level = node.journal.level_of(journal, seq)
            if level > line.waiting[seq]:
                h = node.journal.hash_at(journal, seq)
                assert h is not None, "an own entry is here"
                self._check(node, level, (journal, seq, h), cited)
                line.waiting[seq] = level
            if level is Level.SAFE:
                del line.waiting[seq]
                line.cited.pop(seq, None)

    def _look_at_blob(self, node: Node, sha: bytes) -> None:
        level = node.journal.blob_level(sha)
        if level > self._blobs.get((node, sha), Level.RECORDED):
            self._check_blobs(node, level, f"blob {sha.hex()[:8]}", [sha])
            self._blobs[node, sha] = level

    # -- whether it is so -------------------------------------------------------------

    def _check(
        self, node: Node, level: Level, place: Place, cited: list[bytes]
    ) -> None:
        journal, seq, h = place
        what = f"{journal.hex()[:8]}/{seq} {h.hex()[:8]}"
        for name, site in self._sites(level):
            if not self._holds_entry(site, place):
                raise Broken(
                    "levels", f"{node.name}: {what} is {level.name}: no {name}"
                )
        self._check_blobs(node, level, what, cited)
        self.said += 1

    def _check_blobs(
        self, node: Node, level: Level, what: str, cited: list[bytes]
    ) -> None:
        for name, site in self._sites(level):
            for sha in cited:
                if not self._holds_blob(site, sha):
                    words = f"{what} is {level.name}, {sha.hex()[:8]} not at the {name}"
                    raise Broken("levels", f"{node.name}: {words}")


def _cited(journal: Journal, journal_id: bytes, after: int) -> dict[int, list[bytes]]:
    """The blobs of each entry beyond `after` that cites any."""
    found: dict[int, list[bytes]] = {}
    for seq, sha in journal.blobs_cited(journal_id, after):
        found.setdefault(seq, []).append(sha)
    return found
