"""What stands between an append and its receipt: one flush for all who wait (ADR 0007).

1. Under the writer's lock an action is decided, chained, staged in the book and projected;
   the next action sees it at once.
2. The lock is let go, and then its promise is kept: the book's file is flushed, the mirror
   is brought on and flushed, and last the fence moves. Only then is the receipt given.
3. Whoever holds the flush lock keeps the promises of all who appended before it looked; when
   the others get their turn, the fence already stands at their entries, and they go.

The fence is thereby the one record of what was flushed, for all threads and processes of the
node. A crash before step 2 loses nothing; a power cut may lose what nobody was told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perahu.journal.beside.fence import Fence, Mark
from perahu.journal.beside.mirror import Mirror, Mirrored
from perahu.journal.book import Book
from perahu.journal.mirroring import at_rest, bring_on, is_mirrored
from perahu.journal.store import disk_words


@dataclass(frozen=True, slots=True)
class _Head:
    """An own journal of this epoch that has entries, and where its last one lies."""

    journal: bytes
    seq: int
    h: bytes
    position: int


class Promises:
    """Flushes book, mirror and fence, in this order, for everyone who has appended."""

    def __init__(self, book: Book, mirror: Mirror, fence: Fence) -> None:
        self._book, self._mirror, self._fence = book, mirror, fence

    def keep(self) -> bool:
        """Whatever was appended before this call is durable; whether it is mirrored too.

        Raises Refusal where the disk fails: what was appended is then not promised.
        """
        with disk_words(), self._book.ports.flush_lock():
            heads = self._heads()
            mark = self._mark(heads)
            before = self._fence.read()
            if mark is None or (before and mark.order <= before.order):
                return is_mirrored(self._book, self._mirror)
            self._book.store.flush()
            fresh = self._since(before, heads) if self._mirror.present() else []
            mirrored = bring_on(self._book, self._mirror, fresh)
            self._fence.move(mark)
            return mirrored

    def begin(self) -> None:
        """At start: what a crash left staged is flushed, and the mirror fully compared."""
        with disk_words(), self._book.ports.flush_lock():
            mark, before = self._mark(self._heads()), self._fence.read()
            self._book.store.flush()
            bring_on(self._book, self._mirror, ())
            if mark and (before is None or mark.order > before.order):
                self._fence.move(mark)

    def _heads(self) -> list[_Head]:
        """In one statement, so that all of it is of one moment."""
        found = self._book.store.rows(
            "SELECT j.id, j.head_seq, j.head_h, e.position FROM journals j "
            "JOIN entries e ON e.journal = j.number AND e.seq = j.head_seq "
            "WHERE j.own = 1 AND j.epoch = ?",
            (self._book.chain.epoch.epoch,),
        )
        return [_Head(bytes(j), seq, bytes(h), at) for j, seq, h, at in found]

    def _mark(self, heads: Sequence[_Head]) -> Mark | None:
        """The last own entry of all; None in an epoch that has none."""
        if not heads:
            return None
        last = max(heads, key=lambda head: head.position)
        count = sum(head.seq for head in heads)
        return Mark(self._book.chain.epoch.epoch, count, last.journal, last.seq, last.h)

    def _since(self, before: Mark | None, heads: Sequence[_Head]) -> list[Mirrored]:
        """The own entries beyond the last mark, in the order they were stated."""
        promised = self._position(before)
        found = []
        for head in heads:
            row = self._book.journal(head.journal)
            if row is None or head.position <= promised:
                continue
            # Backwards from the end, so that it costs what is fresh and not the book.
            known = self._book.store.rows(
                "SELECT seq FROM entries WHERE journal = ? AND position <= ? "
                "ORDER BY seq DESC LIMIT 1",
                (row.number, promised),
            )
            first = known[0][0] + 1 if known else 1
            found += at_rest(self._book, row, first, head.seq)
        return [item for _, item in sorted(found, key=lambda pair: pair[0])]

    def _position(self, mark: Mark | None) -> int:
        """Where the marked entry lies in the book; 0 where this epoch has none yet."""
        if mark is None or mark.epoch < self._book.chain.epoch.epoch:
            return 0
        found = self._book.store.rows(
            "SELECT e.position FROM entries e JOIN journals j ON j.number = e.journal "
            "WHERE j.id = ? AND e.seq = ?",
            (mark.journal, mark.seq),
        )
        return int(found[0][0]) if found else 0
