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
from hashlib import sha256

from perahu.journal.book import Book, JournalRow, is_control
from perahu.journal.entry import decode_header
from perahu.journal.erasure import STALE
from perahu.journal.receiver import Receiver
from perahu.journal.types import Event
from perahu.keys import cbor
from perahu.keys.authority import NODE_REVOKED
from perahu.keys.certificates import Chain
from perahu.keys.facts import GrantRevoked, OperatorGranted
from perahu.kinds import Fact
from perahu.words import Refusal

_JUDGED = ("judged again", b"")
"""The name in `local` of what all was judged by when it was judged again last."""


class Withdrawing:
    """Of one process: another one may have taken something back meanwhile."""

    def __init__(self, book: Book, receiver: Receiver) -> None:
        """When the book is opened, before anything is learned from it."""
        self._book, self._receiver = book, receiver
        self._judged = book.local.get(*_JUDGED) or b""

    def run(self) -> None:
        """Park what counts no more; after any news of the hub's control."""
        book = self._book
        revoked = Refusal("not_allowed", id=NODE_REVOKED.id, en=NODE_REVOKED.en)
        for row in book.journals():
            end = book.authority.valid_through(row.node, row.id)
            if end is not None and end < row.head_seq:
                self._park([(at, revoked) for _, at, _ in book.counted(row, end)])
        state = self._state()
        if (book.local.get(*_JUDGED) or b"") != state:
            self._judge_again()
            state = self._state()
            book.local.put(*_JUDGED, state)
        elif self._judged != state:
            # Another process did: what it took back was learned here before.
            book.unlearn()
        self._judged = state

    def _park(self, found: list[tuple[int, Refusal]]) -> None:
        if found:
            self._book.local.put(*STALE, b"\1")
            with self._book.store.transaction():
                for position, reason in found:
                    self._book.park(position, reason)

    # -- what was forgotten -----------------------------------------------------------

    def _control(self) -> list[JournalRow]:
        return [row for row in self._book.journals() if is_control(row)]

    def _forgotten(self) -> dict[bytes, int]:
        """Control journals of the hub -> behind what they go on that a later epoch took up."""
        rows = [row for row in self._control() if row.head_seq]
        newest = max((row.epoch for row in rows), default=0)
        taken_up: dict[bytes, int] = {}
        for row in rows if len(rows) > 1 else ():
            chain = Chain.decode(row.certificate, self._book.root_public)
            for journal, seq, _ in chain.epoch.not_before:
                taken_up[journal] = min(seq, taken_up.get(journal, seq))
        return {
            row.id: taken_up.get(row.id, 0)
            for row in rows
            if row.epoch < newest and taken_up.get(row.id, 0) < row.head_seq
        }

    def _state(self) -> bytes:
        """What all is to be judged again by; another one, and it is to be judged anew.

        A journal that only now is here says what those knew who cite it.
        """
        forgotten, rows = self._forgotten(), {row.id: row for row in self._control()}
        parked = [p.position for p in self._book.parked() if p.journal in rows]
        if not forgotten and not parked:
            return b""
        reach = [[j, after, rows[j].head_seq] for j, after in forgotten.items()]
        return sha256(cbor.encode([reach, len(rows), parked])).digest()

    # -- judging ----------------------------------------------------------------------

    def _judge_again(self) -> None:
        """All whose rights what was forgotten changes, by what it says.

        Who counts no more may have changed the rights of others: until nobody else falls.
        """
        officers = self._touched()
        while officers:
            refused = [
                found
                for row in self._book.journals()
                for found in self._refused(row, officers)
            ]
            self._park([(event.position, refusal) for event, refusal in refused])
            officers = _officers(event.fact for event, _ in refused)
            if officers:
                self._book.unlearn()

    def _touched(self) -> set[bytes]:
        """Whose rights change by what was forgotten, or by what counts no more.

        By the latter also after a power cut between that it was parked and that those
        were judged who had their rights by it.
        """
        forgotten, parked, officers = self._forgotten(), self._book.parked(), set()
        for row in self._control():
            places = {p.seq: p.position for p in parked if p.journal == row.id}
            if row.id in forgotten:
                found = self._book.counted(row, forgotten[row.id])
                places |= {seq: position for seq, position, _ in found}
            judged = self._receiver.judged(row, places)
            officers |= _officers(event.fact for event, _, _ in judged)
        return officers

    def _refused(
        self, row: JournalRow, officers: set[bytes]
    ) -> list[tuple[Event, Refusal]]:
        """What of these officers counts in a journal and may not, as of what they knew."""
        places = {
            seq: at
            for seq, at, header in self._book.counted(row, 0)
            if decode_header(header).officer in officers
        }
        # Of whom nobody knows yet what she knew was judged at her desk.
        return [
            (event, refusal)
            for event, known, refusal in self._receiver.judged(row, places)
            if refusal is not None and known is not None
        ]


def _officers(facts: Iterable[Fact]) -> set[bytes]:
    """Whose rights these facts change."""
    return {f.operator for f in facts if isinstance(f, OperatorGranted | GrantRevoked)}
