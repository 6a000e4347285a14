"""Taking back what counted here before news came that stands earlier: parked, never lost.

What counts must not hang on who was heard first. Two kinds of news come late:

- a node was revoked, and what it wrote behind its last valid entry is here already;
- a hub that went back to yesterday hears from others what it forgot of its own control
  journal. Whoever cites its later epoch is judged by that too (docs/journal-format.md,
  "Who may state what"), so that what was judged without it is judged again.

The tables still show what is taken back, and are made anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from perahu.journal.book import Book, JournalRow, is_control
from perahu.journal.entry import decode_header
from perahu.journal.erasure import STALE
from perahu.journal.receiver import Receiver
from perahu.journal.types import Event
from perahu.keys.authority import NODE_REVOKED
from perahu.keys.certificates import Chain
from perahu.keys.facts import GrantRevoked, OperatorGranted
from perahu.kinds import Fact
from perahu.words import Refusal

_JUDGED = "judged again"
"""In `local`: journal of the hub -> (from, to) of what it forgot, when all was judged by it."""


def withdraw(book: Book, receiver: Receiver) -> None:
    """Park what counts no more; after any news of the hub's control."""
    revoked = Refusal("not_allowed", id=NODE_REVOKED.id, en=NODE_REVOKED.en)
    for row in book.journals():
        end = book.authority.valid_through(row.node, row.id)
        if end is not None and end < row.head_seq:
            _park(book, [(at, revoked) for _, at, _ in book.counted(row, end)])
    for row, after in _forgotten(book):
        seen = after.to_bytes(8, "big") + row.head_seq.to_bytes(8, "big")
        if book.local.get(_JUDGED, row.id) != seen:
            _judge_again(book, receiver, row, after)
            book.local.put(_JUDGED, row.id, seen)


def _park(book: Book, found: list[tuple[int, Refusal]]) -> None:
    if found:
        book.local.put(*STALE, b"\1")
        with book.store.transaction():
            for position, reason in found:
                book.park(position, reason)


def _forgotten(book: Book) -> list[tuple[JournalRow, int]]:
    """Control journals of the hub that go on behind where a later epoch took them up."""
    rows = [row for row in book.journals() if is_control(row) and row.head_seq]
    if len(rows) < 2:
        return []
    newest = max(row.epoch for row in rows)
    chains = [Chain.decode(row.certificate, book.root_public) for row in rows]
    taken_up: dict[bytes, int] = {}
    for chain in chains:
        for journal, seq, _ in chain.epoch.not_before:
            taken_up[journal] = min(seq, taken_up.get(journal, seq))
    found = [(row, taken_up.get(row.id, 0)) for row in rows if row.epoch < newest]
    return [(row, after) for row, after in found if after < row.head_seq]


def _officers(facts: Iterable[Fact]) -> set[bytes]:
    """Whose rights these facts change."""
    return {f.operator for f in facts if isinstance(f, OperatorGranted | GrantRevoked)}


def _judge_again(book: Book, receiver: Receiver, row: JournalRow, after: int) -> None:
    """By what a control journal says behind `after`, all whose rights it changes there.

    Who counts no more may have changed the rights of others: until nobody else falls.
    """
    places = {seq: at for seq, at, _ in book.counted(row, after)}
    officers = _officers(event.fact for event, _, _ in receiver.judged(row, places))
    while officers:
        refused = [
            found
            for one in book.journals()
            for found in _refused(book, receiver, one, officers)
        ]
        _park(book, [(event.position, refusal) for event, refusal in refused])
        officers = _officers(event.fact for event, _ in refused)
        if officers:
            book.unlearn()


def _refused(
    book: Book, receiver: Receiver, row: JournalRow, officers: set[bytes]
) -> list[tuple[Event, Refusal]]:
    """What of these officers counts in a journal and may not, as of what they knew."""
    places = {
        seq: at
        for seq, at, header in book.counted(row, 0)
        if decode_header(header).officer in officers
    }
    # Of whom nobody knows yet what she knew was judged at her desk.
    return [
        (event, refusal)
        for event, known, refusal in receiver.judged(row, places)
        if refusal is not None and known is not None
    ]
