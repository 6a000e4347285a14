"""Own entries under seals, and any journal's segments, ready for the road."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nacl.signing import SigningKey

from perahu.journal import limits
from perahu.journal.book import Book, JournalRow, StoredEntry
from perahu.journal.entry import Entry, decode_header
from perahu.journal.segment import Segment, close_segment
from perahu.journal.types import Level
from perahu.keys.certificates import Chain


def close_open_segments(book: Book) -> None:
    """Seal what own journals hold beyond their last seal; under the lock.

    An earlier epoch's too: what it holds was promised, and without a seal it would stay.
    """
    for row in book.journals():
        if not row.own or row.sealed_seq == row.head_seq:
            continue
        key = _key_of(book, row)
        first = row.sealed_seq + 1
        while first <= row.head_seq:
            entries, h = _load(book, row, first)
            store_seal(book, row, close_segment(row.id, first, h, entries, key))
            first += len(entries)


def _key_of(book: Book, row: JournalRow) -> SigningKey:
    return Chain.decode(row.certificate, book.root_public).sign_key(book.keys)


def store_seal(book: Book, row: JournalRow, segment: Segment) -> None:
    """Keep a segment's seal and move the journal's sealed position; flushed by the caller."""
    with book.store.staged():
        note_seal(book, row, segment)


def note_seal(book: Book, row: JournalRow, segment: Segment) -> None:
    """As store_seal, inside a transaction that is open."""
    s = segment
    book.store.run(
        "INSERT INTO segments (journal, a, b, h_b, lamport, wall_ms, seal) "
        # A node that lost its seals but no entries seals a longer run from the same place.
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (journal, a) DO UPDATE SET "
        "b = excluded.b, h_b = excluded.h_b, lamport = excluded.lamport, "
        "wall_ms = excluded.wall_ms, seal = excluded.seal",
        (row.number, s.a, s.b, s.h_b, s.lamport, s.wall_ms, s.seal),
    )
    assert s.b > row.sealed_seq, "a seal only ever reaches further"
    book.store.run(
        "UPDATE journals SET sealed_seq = ? WHERE number = ?", (s.b, row.number)
    )


def _load(book: Book, row: JournalRow, first: int) -> tuple[tuple[Entry, ...], bytes]:
    """Entries from `first` on, as many as one segment may hold, and the last one's hash."""
    last = min(row.head_seq, first + limits.SEGMENT_ENTRIES_MAX - 1)
    entries: list[Entry] = []
    size, h = 0, b""
    for item in book.stored(row, first, last):
        entry = _entry(book, item)
        size += entry.size
        if entries and size > limits.SEGMENT_BYTES_MAX:
            break
        entries.append(entry)
        h = item.h
    return tuple(entries), h


def _entry(book: Book, item: StoredEntry) -> Entry:
    """An entry with its body in the clear, or its commit alone where that was erased."""
    if item.body is not None and item.salt is not None:
        body = book.unseal(decode_header(item.header), item.body, item.h)
        if body is not None:
            return Entry.whole(item.header, item.salt, body)
    assert item.commit is not None, "a key is erased only after the commit was kept"
    return Entry(item.header, item.commit, None, None)


def read_segments(book: Book, row: JournalRow, after: int) -> Iterator[Segment]:
    """The sealed segments of a journal that reach beyond `after`, in order.

    Seals may overlap: a node that lost its seals seals a longer run, and who has both goes
    on behind the longer one.
    """
    found = book.store.rows(
        "SELECT a, b, h_b, lamport, wall_ms, seal FROM segments "
        "WHERE journal = ? AND b > ? ORDER BY a",
        (row.number, after),
    )
    for a, b, h_b, lamport, wall_ms, seal in found:
        if b <= after:
            continue
        after = b
        entries = tuple(_entry(book, item) for item in book.stored(row, a, b))
        yield Segment(row.id, a, b, bytes(h_b), lamport, wall_ms, bytes(seal), entries)


def note_ack(
    book: Book,
    positions: Mapping[bytes, tuple[int, int]],
    blobs: Mapping[bytes, Level],
) -> None:
    """Raise levels to what a peer's ack says; they never fall. Flushed by the caller."""
    rise = "CASE WHEN {0} > ? THEN {0} ELSE ? END"
    sql = (
        f"UPDATE journals SET received_seq = {rise.format('received_seq')}, "
        f"safe_seq = {rise.format('safe_seq')} WHERE id = ?"
    )
    with book.store.staged():
        book.backlog.take(positions, blobs)
        for journal, (received, safe) in positions.items():
            book.store.run(sql, (received, received, safe, safe, journal))
        book.store.run_many(
            "UPDATE blobs SET level = ? WHERE sha256 = ? AND level < ?",
            [(int(level), sha, int(level)) for sha, level in blobs.items()],
        )
        book.backlog.advance()
