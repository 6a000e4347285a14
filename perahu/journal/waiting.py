"""What of this node's own the parent has not acknowledged yet, at hand for every page.

Sums are kept beside the entries, in the same transactions: an append adds to them, an ack
takes away. So a page costs the same whether nothing waits or a year does. Where the sums are
missing (a book of before, an erasure) they are counted once from entries and blobs.

- Own journals count, but not those a hub writes to others.
- A blob counts where an own entry cites it and no ack has raised its level. At a hub none
  does: what lies there has been received.
- A journal of which the parent holds another history is on a **branch**: what it never
  acknowledged of it waits for nothing, and is counted apart. An ack that reaches further
  after all (the hub was lost, and built again from its offices) takes that word back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from perahu.journal.entry import decode_known_header
from perahu.journal.store import Store
from perahu.journal.types import PHOTO, SCAN, THUMBNAIL, BlobRef
from perahu.keys import cbor
from perahu.kinds import TELEMETRY

BRANCH = "branch"
"""In `local`: journals of which the parent holds another history than this book."""
LANES = ("control", "civil", "telemetry")
CLASSES = ("thumbnail", "photo", "part", "scan")
"""The names of lanes and blob classes, by their numbers (classes count from 1)."""
_SUMS_BYTES_MAX = 64 * 1024
_OURS = "j.own = 1 AND j.audience = ?"
_ON_BRANCH = (
    f"EXISTS (SELECT 1 FROM local l WHERE l.space = '{BRANCH}' AND l.name = j.id)"
)
_LAST_SEQ = f"CASE WHEN {_ON_BRANCH} THEN j.received_seq ELSE j.head_seq END"
"""Of a journal: the last entry that the parent has or may still get."""
_CITED_BY_US = (
    "EXISTS (SELECT 1 FROM citations c JOIN journals j ON j.number = c.journal "
    f"WHERE c.sha256 = b.sha256 AND {_OURS} AND c.seq <= {_LAST_SEQ})"
)
_TO_NOBODY = b""
"""The audience of a node's own journals."""
assert (1, 2, len(CLASSES)) == (THUMBNAIL, PHOTO, SCAN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be sent; bytes as they lie here, which the road makes fewer of."""

    entries: int
    blobs: int
    bytes: int
    oldest_ms: int
    """When the oldest of it was stated; 0 where nothing waits."""
    by_class: tuple[tuple[str, int, int], ...]
    """(name, count, bytes) of every lane and every class of blobs, also of empty ones."""
    branched: int
    """Entries, not of lane 2, that the parent will not take: it holds others there."""


class _Sums(NamedTuple):
    """What is kept: bytes of entries a lane, [count, bytes] a class of blobs, cursors."""

    lanes: list[int]
    classes: list[list[int]]
    through: dict[int, int]
    """Journal number → a seq through which every cited blob has arrived."""


class Backlog:
    """Keeps the sums of one book."""

    def __init__(self, store: Store, *, with_blobs: bool) -> None:
        self._store, self._with_blobs = store, with_blobs

    def prepare(self) -> None:
        """At start: count once where the sums are missing."""
        self._sums()

    def count(self) -> Waiting:
        """As of now."""
        sums, rows = self._sums(), self._own_rows()
        counts = [0, 0, 0]
        for _, lane, last_seq, received_seq in rows:
            counts[lane] += last_seq - received_seq
        lanes = zip(LANES, counts, sums.lanes, strict=True)
        classes = zip(CLASSES, sums.classes, strict=True)
        by_class = (*lanes, *((name, n, size) for name, (n, size) in classes))
        return Waiting(
            entries=sum(counts),
            blobs=sum(n for n, _ in sums.classes),
            bytes=sum(size for _, _, size in by_class),
            oldest_ms=self._oldest_ms(rows, sums),
            by_class=by_class,
            branched=self._branched(),
        )

    def _branched(self) -> int:
        found = self._store.rows(
            "SELECT COALESCE(SUM(j.head_seq - j.received_seq), 0) FROM journals j "
            f"WHERE {_OURS} AND j.lane <> ? AND {_ON_BRANCH}",
            (_TO_NOBODY, TELEMETRY),
        )
        return int(found[0][0])

    def branch(self, journal: bytes) -> None:
        """The parent holds another history of this journal; inside a transaction."""
        self._store.run(
            "INSERT INTO local (space, name, value) VALUES (?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (BRANCH, journal, b"\1"),
        )
        self.forget()

    def forget(self) -> None:
        """Count anew when next asked; inside a transaction."""
        self._store.run("DELETE FROM book WHERE name = 'waiting'")

    def add(self, lane: int, entry_bytes: int, blobs: Iterable[BlobRef]) -> None:
        """Own entries were stored, with blobs never cited before; inside a transaction."""
        sums = self._kept()
        if sums is None:
            return
        if self._store.rows("SELECT 1 FROM local WHERE space = ?", (BRANCH,)):
            # A blob that only a branch cited until now begins to wait when it is cited anew.
            self.forget()
            return
        sums.lanes[lane] += entry_bytes
        for ref in blobs if self._with_blobs else ():
            group = sums.classes[ref.blob_class - 1]
            group[0], group[1] = group[0] + 1, group[1] + ref.size
        self._keep(sums)

    def take(
        self, positions: Mapping[bytes, tuple[int, int]], blobs: Iterable[bytes]
    ) -> None:
        """An ack is about to raise these; inside its transaction, before the rows change."""
        self._take_back(positions)
        sums = self._kept()
        if sums is None:
            return
        for journal, (received, _) in positions.items():
            for number, lane, last_seq, before in self._own_rows(journal):
                reached = min(received, last_seq)
                sums.lanes[lane] -= self._entry_bytes(number, before, reached)
        for sha in blobs if self._with_blobs else ():
            for group, size in self._own_unacked(sha):
                kept = sums.classes[group - 1]
                kept[0], kept[1] = kept[0] - 1, kept[1] - size
        self._keep(sums)

    def _take_back(self, positions: Mapping[bytes, tuple[int, int]]) -> None:
        """A journal that an ack brings further is on no branch."""
        for found, before in self._store.rows(
            f"SELECT j.id, j.received_seq FROM journals j WHERE {_ON_BRANCH}"
        ):
            journal = bytes(found)
            if positions.get(journal, (0, 0))[0] > before:
                self._store.run(
                    "DELETE FROM local WHERE space = ? AND name = ?", (BRANCH, journal)
                )
                self.forget()

    def advance(self) -> None:
        """Move the cursors on after an ack; inside its transaction."""
        sums = self._kept()
        if sums is not None:
            self._move_cursors(sums)
            self._keep(sums)

    def _move_cursors(self, sums: _Sums) -> None:
        for number, _, last_seq, _ in self._own_rows() if self._with_blobs else ():
            waits = self._first_waiting(number, sums.through.get(number, 0), last_seq)
            sums.through[number] = last_seq if waits is None else waits - 1

    # -- the sums ---------------------------------------------------------------------

    def _sums(self) -> _Sums:
        sums = self._kept()
        if sums is None:
            with self._store.transaction():
                sums = self._counted()
                self._keep(sums)
        return sums

    def _kept(self) -> _Sums | None:
        found = self._store.rows("SELECT value FROM book WHERE name = 'waiting'")
        if not found:
            return None
        lanes, classes, through = cbor.decode(bytes(found[0][0]), _SUMS_BYTES_MAX)
        return _Sums(lanes, classes, through)

    def _keep(self, sums: _Sums) -> None:
        self._store.run(
            "INSERT INTO book (name, value) VALUES ('waiting', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (cbor.encode(list(sums)),),
        )

    def _counted(self) -> _Sums:
        sums = _Sums([0] * len(LANES), [[0, 0] for _ in CLASSES], {})
        for number, lane, last_seq, received_seq in self._own_rows():
            sums.lanes[lane] += self._entry_bytes(number, received_seq, last_seq)
        if self._with_blobs:
            for group, count, size in self._store.rows(
                "SELECT b.class, COUNT(*), SUM(b.size) FROM blobs b WHERE b.level = 0 "
                f"AND {_CITED_BY_US} GROUP BY b.class",
                (_TO_NOBODY,),
            ):
                sums.classes[group - 1] = [int(count), int(size)]
        self._move_cursors(sums)
        return sums

    # -- what is asked of the rows ----------------------------------------------------

    def _own_rows(self, journal: bytes | None = None) -> Sequence[tuple[int, ...]]:
        """(number, lane, last seq, received_seq) of own journals, or of one if it is own."""
        only, values = ("", ()) if journal is None else (" AND j.id = ?", (journal,))
        return self._store.rows(
            f"SELECT j.number, j.lane, {_LAST_SEQ}, j.received_seq FROM journals j "
            f"WHERE {_OURS}{only}",
            (_TO_NOBODY, *values),
        )

    def _entry_bytes(self, number: int, after: int, last: int) -> int:
        found = self._store.rows(
            "SELECT COALESCE(SUM(LENGTH(header) + COALESCE(LENGTH(body), 0)), 0) "
            "FROM entries WHERE journal = ? AND seq > ? AND seq <= ?",
            (number, after, last),
        )
        return int(found[0][0])

    def _own_unacked(self, sha: bytes) -> Sequence[tuple[int, int]]:
        return self._store.rows(
            "SELECT b.class, b.size FROM blobs b WHERE b.sha256 = ? AND b.level = 0 "
            f"AND {_CITED_BY_US}",
            (sha, _TO_NOBODY),
        )

    def _first_waiting(self, number: int, after: int, last: int) -> int | None:
        """The first seq of after + 1..last that cites a blob no ack has raised."""
        found = self._store.rows(
            "SELECT c.seq FROM citations c JOIN blobs b ON b.sha256 = c.sha256 "
            "WHERE c.journal = ? AND c.seq > ? AND c.seq <= ? AND b.level = 0 "
            "ORDER BY c.seq LIMIT 1",
            (number, after, last),
        )
        return int(found[0][0]) if found else None

    def _oldest_ms(self, rows: Sequence[tuple[int, ...]], sums: _Sums) -> int:
        oldest = []
        for number, _, last_seq, received_seq in rows:
            first = [received_seq + 1] if received_seq < last_seq else []
            if self._with_blobs:
                through = sums.through.get(number, 0)
                cited = self._first_waiting(number, through, last_seq)
                first += [cited] if cited else []
            if first:
                found = self._store.rows(
                    "SELECT header FROM entries WHERE journal = ? AND seq = ?",
                    (number, min(first)),
                )
                oldest.append(decode_known_header(bytes(found[0][0])).wall_ms)
        return min(oldest, default=0)
