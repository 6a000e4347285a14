"""Keeping the second medium at the book's end, and saying truly whether it is there.

The medium may be pulled out, swapped for an older one or be new: then whatever it lacks of
this epoch is brought first. `local` remembers that it was away, for all processes of the
node; each process besides looks once at a medium it has not written to yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from perahu.journal.beside.mirror import Mirror, Mirrored
from perahu.journal.book import Book, JournalRow
from perahu.journal.entry import decode_known_header


def bring_on(book: Book, mirror: Mirror, fresh: Sequence[Mirrored]) -> bool:
    """Bring the mirror to the book's end, `fresh` included; False where it is not there."""
    if mirror.folder is None:
        return False
    node, epoch = book.chain.node.node_id, book.chain.epoch.epoch
    if not mirror.present():
        _note_away(book, True)
        return False
    try:
        if _was_away(book) or not mirror.is_the_one_seen(node, epoch):
            fresh = gap(book, mirror)
            take_keys(book, mirror)
        # The keys go first, as they do in the book: a body without its key is lost.
        book.keyring.copy_to(mirror.keyring_path(node))
        mirror.add(node, epoch, fresh)
    except OSError:
        _note_away(book, True)
        return False
    _note_away(book, False)
    return True


def take_keys(book: Book, mirror: Mirror) -> None:
    """Take the keys that the mirror alone has: where the book is an old copy, there are some.

    Without them the bodies it holds would stay closed, and nothing may be written over them.
    Some may be of subjects for whom this book has made a key itself.
    """
    path = mirror.keyring_path(book.chain.node.node_id)
    if book.ports.disk.exists(path):
        erased = [subject for subject, _ in book.local.items("erased")]
        book.keyring.take_from(path, erased)


def is_mirrored(book: Book, mirror: Mirror) -> bool:
    """Whether all that is in the book is on the second medium too, as far as is known."""
    return mirror.present() and not _was_away(book)


def gap(book: Book, mirror: Mirror) -> list[Mirrored]:
    """Every own entry of this epoch that a mirror lacks, after it was away or is new.

    As they were said, and not journal by journal: where the file's end is torn off, the last
    entry is gone, and by that one the fence tells a lost book that it lacks something.
    """
    epoch = book.chain.epoch.epoch
    there = {(m.journal, m.seq) for m in mirror.read(book.chain.node.node_id, epoch)}
    lacking = [
        (lamport, item)
        for row in book.journals()
        if row.own and row.epoch == epoch
        for lamport, item in at_rest(book, row, 1, row.head_seq)
        if (row.id, item.seq) not in there
    ]
    return [item for _, item in sorted(lacking, key=lambda pair: pair[0])]


def at_rest(
    book: Book, row: JournalRow, first: int, last: int
) -> list[tuple[int, Mirrored]]:
    """(Lamport time, entry) of own entries as they lie in the book.

    What was erased is passed over: it is not written anew.
    """
    return [
        (
            decode_known_header(kept.header).lamport,
            Mirrored(
                journal=row.id,
                lane=row.lane,
                audience=row.audience,
                certificate=row.certificate if seq == 1 else b"",
                seq=seq,
                header=kept.header,
                salt=kept.salt,
                body=kept.body,
                h=kept.h,
            ),
        )
        for seq, kept in enumerate(book.stored(row, first, last), start=first)
        if kept.body is not None and kept.salt is not None
    ]


def _was_away(book: Book) -> bool:
    return book.local.get("mirror", b"away") != b"\0"


def _note_away(book: Book, away: bool) -> None:
    if _was_away(book) != away:
        book.local.put("mirror", b"away", b"\1" if away else b"\0")
