"""At start: does the book still hold what was promised? If not, the mirror, or a new epoch.

1. The fence names the last promised entry. The book holds it: nothing to do.
2. It does not, or the mirror is further, or has epochs that are over and were never looked
   into: copy the missing tail of the same chain back.
3. Still not: this book is an old copy. The old journals are never continued; the node
   certifies its own next epoch, and printing waits for a recount of the stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perahu.journal import limits
from perahu.journal.beside.fence import Fence
from perahu.journal.beside.mirror import Mirror, Mirrored
from perahu.journal.book import Book, JournalRow
from perahu.journal.entry import Entry, Header, commit_of, decode_header, genesis, link
from perahu.journal.mirroring import take_keys
from perahu.journal.receiver import Receiver
from perahu.journal.segment import Checked
from perahu.journal.store import broken_book
from perahu.journal.types import Tables
from perahu.keys import cbor
from perahu.keys.certificates import Chain, journal_id, open_epoch
from perahu.words import Refusal

_READ = "mirror read"
"""In `local`: epochs that are over, and how big their file was when it was read."""


@dataclass(frozen=True, slots=True)
class Healing:
    """What was found at start."""

    copied_back: int
    """Entries taken back from the mirror."""
    rolled_back: bool
    """True where the book is older than what was promised, and a new epoch is needed."""


def heal(book: Book, fence: Fence, mirror: Mirror) -> Healing:
    """Compare book, fence and mirror, and copy a missing tail back; under the lock."""
    _bring_keyring(book, mirror)
    copied, epoch = 0, book.chain.epoch.epoch
    # A new book, or one with an old certificate, lacks what earlier epochs mirrored too.
    lacks_epochs = mirror.last_epoch(book.chain.node.node_id) > epoch
    unread = _unread(book, mirror)
    is_lacking = not book.last_position() or lacks_epochs or unread
    if mirror.present() and (is_lacking or not mirror_agrees(book, mirror)):
        copied = _copy_back(book, mirror)
        for name, size in unread.items():
            book.local.put(_READ, name, size)
    kept = (
        fence_agrees(book, fence)
        and mirror_agrees(book, mirror)
        # A mirror with a later epoch: book, fence and certificate are all an old copy.
        and mirror.last_epoch(book.chain.node.node_id) <= epoch
        and _follows(book)
    )
    return Healing(copied, not kept)


def _follows(book: Book) -> bool:
    """Whether nothing stands where the running epoch said that something else had stood.

    An old copy that went on while its mirror lay in a drawer, and was then lost: the mirror
    gives back the entries from before it, and what the copy had said in their place is gone.

    To hold less is no sign of an old copy: the numbers are named gaps, and a rebuilt office
    whose first contact was cut holds a part of what will come.
    """
    rows = {row.id: row for row in book.journals()}
    return all(
        book.hash_at(rows[journal], seq) in (None, h)
        for journal, seq, h in book.chain.epoch.not_before
        if journal in rows
    )


def check_tables(book: Book, tables: Tables | None) -> None:
    """Tables that are not this book's own are made anew.

    They are not flushed with it: after a power cut they may be ahead, and show what nobody
    was told of. Or they are of the book that was here before, where the same positions were
    other entries.
    """
    if tables is None:
        return
    tables.belong_to(book.name("created"))
    if tables.position() > book.last_position():
        tables.rebuild()


def _unread(book: Book, mirror: Mirror) -> dict[bytes, bytes]:
    """Files of epochs that are over, by number, with their size, that nobody looked into.

    An old copy goes on under its next epoch while the stick lies in a drawer; plugged in
    later it still brings what it holds. Its files grow no more, so each is read once.
    """
    node, now = book.chain.node.node_id, book.chain.epoch.epoch
    sizes = {
        epoch.to_bytes(4, "big"): mirror.size(node, epoch).to_bytes(8, "big")
        for epoch in mirror.epochs(node)
        if epoch < now
    }
    return {n: s for n, s in sizes.items() if book.local.get(_READ, n) != s}


def _bring_keyring(book: Book, mirror: Mirror) -> None:
    """A lost keyring comes back from the mirror; without one the book is not opened."""
    if book.keyring.exists() or not book.last_position():
        return
    if mirror.present():
        take_keys(book, mirror)
    if not book.keyring.exists():
        raise broken_book("keyring")


def fence_agrees(book: Book, fence: Fence) -> bool:
    """Whether the last promised entry lies in the book, or was of an earlier epoch."""
    mark = fence.read()
    if mark is None or mark.epoch < book.chain.epoch.epoch:
        return True
    row = book.journal(mark.journal)
    return row is not None and book.hash_at(row, mark.seq) == mark.h


def mirror_agrees(book: Book, mirror: Mirror) -> bool:
    """Whether the last entry the mirror has of each journal lies in the book."""
    last: dict[bytes, Mirrored] = {}
    for item in mirror.read(book.chain.node.node_id, book.chain.epoch.epoch):
        known = last.get(item.journal)
        if known is None or known.seq < item.seq:
            last[item.journal] = item
    rows = {row.id: row for row in book.journals()}
    return all(
        item.journal in rows and book.hash_at(rows[item.journal], item.seq) == item.h
        for item in last.values()
    )


def _copy_back(book: Book, mirror: Mirror) -> int:
    """Bring back the entries that chain onto the book's own heads, as they were written.

    Of every epoch: what an earlier one mirrored may never have reached the hub.
    """
    node = book.chain.node.node_id
    take_keys(book, mirror)
    found = []
    for item in (one for e in mirror.epochs(node) for one in mirror.read(node, e)):
        try:
            found.append((decode_header(item.header), item))
        except Refusal:
            continue  # not an entry, whoever wrote it there
    # A node's own Lamport times only rise; a gap filled late lies late in the file.
    found.sort(key=lambda pair: pair[0].lamport)
    asked: dict[bytes, list[list[Any]]] = {}
    with book.store.transaction():
        for header, item in found:
            if _take(book, header, item):
                asked.setdefault(header.op_id, []).append([item.journal, item.seq])
        for op_id, places in asked.items():
            _note_asked(book, op_id, places)
    return sum(map(len, asked.values()))


def _note_asked(book: Book, op_id: bytes, places: list[list[Any]]) -> None:
    """Which entries an action has: its receipt is worth what the least of them is."""
    found = book.store.rows("SELECT entries FROM asked WHERE op_id = ?", (op_id,))
    before = cbor.decode_known(bytes(found[0][0])) if found else []
    kept = [*before, *places][-limits.EVENTS_PER_BATCH :]
    book.store.run(
        "INSERT INTO asked (op_id, entries) VALUES (?, ?) "
        "ON CONFLICT (op_id) DO UPDATE SET entries = excluded.entries",
        (op_id, cbor.encode(kept)),
    )


def _take(book: Book, header: Header, item: Mirrored) -> bool:
    """Store one entry if it follows; whether it did."""
    row = book.journal(item.journal) or _begin(book, item)
    if row is None or header.seq != item.seq or item.seq != row.head_seq + 1:
        return False
    try:
        body = book.unseal(header, item.body, item.h)
    except Refusal:
        return False
    if body is None:
        return False
    h = link(row.head_h, item.header, commit_of(item.salt, body))
    if h != item.h:
        return False
    entry = Entry.whole(item.header, item.salt, body)
    knows = Receiver(book).knows(row, row.knows, header)
    book.add_entries(row, [Checked(header, entry, h)], knows)
    return True


def _begin(book: Book, item: Mirrored) -> JournalRow | None:
    """A journal of ours that the book does not know yet; None where it is not ours."""
    try:
        chain = Chain.decode(item.certificate, book.root_public)
    except Refusal:
        return None
    named = journal_id(item.certificate, item.lane, item.audience)
    if chain.node != book.chain.node or named != item.journal:
        return None
    h_0 = genesis(item.certificate)
    return book.add_journal(item.journal, chain, item.lane, item.audience, h_0)


def next_epoch(book: Book, fence: Fence, mirror: Mirror) -> Chain:
    """The chain of this node's next epoch, citing where its old journals stand here.

    It is later than any that fence and mirror have seen: they stay ahead of an old copy.
    So do the hub's confirmations, and journals of this node that came home from peers.

    The book is another one from here on: what a peer was told of it counts no more. Its
    entries may be here again by another way, without the blobs it acknowledged.
    """
    with book.store.transaction():
        book.set_name("incarnation", book.ports.random(16))
    mark, node = fence.read(), book.chain.node.node_id
    last = max(
        book.chain.epoch.epoch,
        mark.epoch if mark else 0,
        mirror.last_epoch(node),
        *book.authority.confirmed_epochs(node),
        *(row.epoch for row in book.journals() if row.own),
    )
    heads = tuple(
        (row.id, row.head_seq, row.head_h)
        for row in book.journals()
        if row.own and row.epoch == book.chain.epoch.epoch and row.head_seq
    )
    return open_epoch(
        book.keys,
        book.chain.papers,
        epoch=last + 1,
        nonce=book.ports.random(16),
        not_before=heads[:64],
    )
