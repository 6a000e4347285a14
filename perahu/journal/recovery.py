"""At start: does the book still hold what was promised? If not, the mirror, or a new epoch.

1. The fence names the last promised entry. The book holds it: nothing to do.
2. It does not, or the mirror is further: copy the missing tail of the same chain back.
3. Still not: this book is an old copy. The old journals are never continued; the node
   certifies its own next epoch, and printing waits for a recount of the stock.
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.journal.beside.fence import Fence
from perahu.journal.beside.keyring import NO_SUBJECT
from perahu.journal.beside.mirror import Mirror, Mirrored
from perahu.journal.book import Book
from perahu.journal.entry import Entry, commit_of, decode_header, genesis, link
from perahu.journal.segment import Checked
from perahu.keys import cbor
from perahu.keys.certificates import Chain, open_epoch


@dataclass(frozen=True, slots=True)
class Healing:
    """What was found at start."""

    copied_back: int
    """Entries taken back from the mirror."""
    rolled_back: bool
    """True where the book is older than what was promised, and a new epoch is needed."""


def heal(book: Book, fence: Fence, mirror: Mirror) -> Healing:
    """Compare book, fence and mirror, and copy a missing tail back; under the lock."""
    copied = 0
    if mirror.present() and not mirror_agrees(book, mirror):
        copied = _copy_back(book, mirror)
    mark = fence.read()
    if mark is None or mark.epoch < book.chain.epoch.epoch:
        return Healing(copied, False)
    row = book.journal(mark.journal)
    kept = row is not None and book.hash_at(row, mark.seq) == mark.h
    return Healing(copied, not kept)


def mirror_agrees(book: Book, mirror: Mirror) -> bool:
    """Whether the mirror's last entry lies in the book, and so all before it."""
    last = None
    node, epoch = book.chain.node.node_id, book.chain.epoch.epoch
    for item in mirror.read(node, epoch):
        last = item
    if last is None:
        return True
    row = book.journal(last.journal)
    return row is not None and book.hash_at(row, last.seq) == last.h


def _copy_back(book: Book, mirror: Mirror) -> int:
    """Bring back, journal by journal, the entries that chain onto the book's own heads."""
    node, epoch = book.chain.node.node_id, book.chain.epoch.epoch
    _take_keys(book, mirror)
    copied = 0
    with book.store.transaction():
        for item in mirror.read(node, epoch):
            copied += _take(book, item)
    return copied


def _take_keys(book: Book, mirror: Mirror) -> None:
    """Without the mirror's keyring the bodies it brings would stay closed."""
    assert mirror.folder is not None
    path = mirror.folder / f"{book.chain.node.node_id.hex()[:8]}.keyring"
    if book.ports.disk.exists(path):
        erased = [subject for subject, _ in book.local.items("erased")]
        book.keyring.take_from(path, erased)


def _take(book: Book, item: Mirrored) -> int:
    header = decode_header(item.header)
    row = book.journal(item.journal)
    if row is None:
        if not item.certificate:
            return 0
        chain = Chain.decode(item.certificate, book.root_public)
        h_0 = genesis(item.certificate)
        row = book.add_journal(item.journal, chain, item.lane, item.audience, h_0)
    if item.seq != row.head_seq + 1:
        return 0
    body = book.unseal(header, item.body, item.h)
    if body is None:
        return 0
    h = link(row.head_h, item.header, commit_of(item.salt, body))
    if h != item.h:
        return 0
    book.keyring.ensure([header.subjects[0] if header.subjects else NO_SUBJECT])
    entry = Entry.whole(item.header, item.salt, body)
    book.add_entries(row, [Checked(header, entry, h)], row.knows)
    book.store.run(
        "INSERT INTO asked (op_id, entries) VALUES (?, ?) "
        "ON CONFLICT (op_id) DO UPDATE SET entries = excluded.entries",
        (header.op_id, cbor.encode([[row.id, header.seq]])),
    )
    return 1


def next_epoch(book: Book) -> Chain:
    """The chain of this node's next epoch, citing where its old journals stand here."""
    heads = tuple(
        (row.id, row.head_seq, row.head_h)
        for row in book.journals()
        if row.own and row.epoch == book.chain.epoch.epoch and row.head_seq
    )
    return open_epoch(
        book.keys,
        book.chain.papers,
        epoch=book.chain.epoch.epoch + 1,
        nonce=book.ports.random(16),
        not_before=heads[:64],
    )
