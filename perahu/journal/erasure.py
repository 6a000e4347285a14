"""Erasing a subject's bodies by law (UU 27/2022 art. 42-44) while the chain still verifies.

1. Keep the commit of each body beside it. 2. Destroy the subject's keys, here and on the
mirror. 3. Delete salts and bodies. A crash between the steps is finished by asking again.
The tables still show what was erased: they are noted as stale before the key goes, and
whoever opens them next, after a crash too, makes them anew.
"""

from __future__ import annotations

from perahu.journal.beside.mirror import Mirror
from perahu.journal.book import Book
from perahu.journal.entry import commit_of, decode_header
from perahu.journal.mirroring import take_keys
from perahu.journal.types import Tables

STALE = ("tables", b"stale")
"""The name in `local` that stands there while the tables may show what was erased."""


def erase(book: Book, mirror: Mirror, subject: bytes) -> int:
    """Erase every body whose first subject this is; under the lock. Gives their number."""
    found = _bodies(book, subject)
    book.local.put(*STALE, b"\1")
    with book.store.transaction():
        book.store.run_many(
            "UPDATE entries SET commit_hash = ? WHERE position = ?", found
        )
    book.local.put("erased", subject, b"\1")
    book.keyring.erase(subject)
    if mirror.present():
        # It may have come back this moment, with keys of others that it alone has.
        take_keys(book, mirror)
        book.keyring.copy_to(mirror.keyring_path(book.chain.node.node_id))
    with book.store.transaction():
        book.store.run_many(
            "UPDATE entries SET salt = NULL, body = NULL WHERE position = ?",
            [(position,) for _, position in found],
        )
        book.backlog.forget()  # fewer bytes wait than were counted
    return len(found)


def begin_at(book: Book, tables: Tables) -> tuple[int, bool]:
    """Where the tables stand, and whether they are being made anew after an erasure."""
    at, is_stale = tables.position(), book.local.get(*STALE) is not None
    if is_stale and at:
        tables.rebuild()
        at = 0
    return at, is_stale


def _bodies(book: Book, subject: bytes) -> list[tuple[bytes, int]]:
    """(commit, position) of each entry of the subject that still has its body."""
    found = []
    for position, raw, salt, cipher, h, commit in book.store.rows(
        "SELECT position, header, salt, body, h, commit_hash FROM entries "
        "WHERE body IS NOT NULL"
    ):
        header = decode_header(bytes(raw))
        if header.subjects[:1] == (subject,):
            body = book.unseal(header, bytes(cipher), bytes(h))
            kept = bytes(commit) if body is None else commit_of(bytes(salt), body)
            found.append((kept, position))
    return found
