"""The one way in for other nodes' facts: verify, store as it came, judge, and park.

- Bytes whose hash, chain or seal does not check are no facts: nothing is stored.
- A fact with a good seal is always stored and the journal moves on; if its kind is not
  known, or its author may not state it, it is parked and shown, in nobody's way.
- What is parked is judged again whenever the hub's control facts bring news.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from perahu.journal import limits
from perahu.journal.beside.keyring import NO_SUBJECT
from perahu.journal.book import Book, JournalRow
from perahu.journal.entry import Header, decode_header, genesis
from perahu.journal.outgoing import note_seal
from perahu.journal.segment import Checked, Segment, bad_segment, check_chain
from perahu.journal.types import COMMON, Event
from perahu.keys.authority import Position
from perahu.keys.certificates import HUB_ROLES, Chain, journal_id
from perahu.kinds import CONTROL
from perahu.words import Refusal


class Received(Enum):
    """What became of a segment."""

    STORED = "stored"
    KNOWN = "known"
    """Nothing new in it: a repetition, which is no fault."""
    GAP = "gap"
    """It begins after a hole; it was not kept and will be sent again in order."""
    FORK = "fork"
    """A good seal over other content than this book holds: evidence, kept by the caller."""


class Receiver:
    """Takes in segments of journals that other nodes write."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def introduce(self, certificate: bytes, lane: int, audience: bytes) -> JournalRow:
        """Make a journal known by its certificate chain. Raises Refusal "bad_certificate".

        Only a hub writes for others, and only nodes of our own kabupaten are heard: else a
        stolen office, or a neighbour under the same root, could pose as our hub.
        """
        if lane not in (0, 1, 2) or (
            len(audience) not in (0, 16) and audience != COMMON
        ):
            raise bad_segment("lane or audience")
        chain = Chain.decode(certificate, self._book.root_public)
        if audience and chain.node.role not in HUB_ROLES:
            raise bad_segment("audience of a hub")
        if chain.issuing.kabupaten != self._book.chain.issuing.kabupaten:
            raise bad_segment("another kabupaten")
        journal = journal_id(certificate, lane, audience)
        known = self._book.journal(journal)
        if known is not None:
            return known
        with self._book.store.transaction():
            h_0 = genesis(certificate)
            row = self._book.add_journal(journal, chain, lane, audience, h_0)
            if (lane, audience) == (CONTROL, COMMON):
                self._recall()
        return row

    def _recall(self) -> None:
        """A control journal of the hub became known after others that cite it.

        What their authors knew is read from them again; later entries do not repeat it.
        """
        for row in self._book.journals():
            stored = self._book.stored(row, 1, row.head_seq)
            headers = [decode_header(item.header) for item in stored]
            known = self._knows_each(replace(row, knows=None), headers)
            if known:
                self._book.set_knows(row, known[-1])

    def receive(self, segment: Segment) -> Received:
        """Verify and store a segment of a known journal; under the writer's lock.

        Raises Refusal "bad_segment" where it does not verify or the journal is unknown.
        """
        row = self._book.journal(segment.journal)
        if row is None:
            raise bad_segment("unknown journal")
        if segment.a > row.head_seq + 1:
            return Received.GAP
        chain = Chain.decode(row.certificate, self._book.root_public)
        previous = self._book.hash_at(row, segment.a - 1) or genesis(row.certificate)
        try:
            checked = check_chain(segment, previous, VerifyKey(chain.epoch.public))
        except Refusal:
            if self._is_fork(row, segment, chain):
                return Received.FORK
            raise
        # Only what is about somebody may be erased: a missing body hides nothing else.
        if any(c.entry.body is None and not c.header.subjects for c in checked):
            raise bad_segment("erased, and about nobody")
        for item in checked:
            here = self._book.hash_at(row, item.header.seq)
            if here is not None and here != item.h:
                return Received.FORK
        fresh = [item for item in checked if item.header.seq > row.head_seq]
        if not fresh:
            return Received.KNOWN
        if row.own and row.certificate == self._book.chain.encode():
            raise bad_segment("our own journal from elsewhere")
        self._store(row, segment, fresh, chain)
        return Received.STORED

    def _is_fork(self, row: JournalRow, segment: Segment, chain: Chain) -> bool:
        """Whether its seal proves another hash for a place that this book holds.

        Entries that merely do not match their own seal prove nothing: whoever carried them
        may have changed them, and must not be able to accuse their author.
        """
        here = self._book.hash_at(row, segment.b)
        if here is None or here == segment.h_b:
            return False
        try:
            VerifyKey(chain.epoch.public).verify(segment.signed_bytes(), segment.seal)
        except (BadSignatureError, ValueError):
            return False
        return True

    def _store(
        self, row: JournalRow, segment: Segment, fresh: list[Checked], chain: Chain
    ) -> None:
        firsts = [
            c.header.subjects[0] if c.header.subjects else NO_SUBJECT
            for c in fresh
            if c.entry.body is not None
        ]
        self._book.make_keys(firsts)
        with self._book.store.transaction():
            knows = self._knows_each(row, [item.header for item in fresh])
            first = self._book.add_entries(row, fresh, knows[-1])
            note_seal(self._book, row, segment)
            for i, (item, known) in enumerate(zip(fresh, knows, strict=True)):
                self._judge(first + i, row, item, known, chain)

    def _knows_each(
        self, row: JournalRow, headers: Sequence[Header]
    ) -> list[Position | None]:
        """How far the author knew the hub's control journal, entry by entry."""
        found, known = [], row.knows
        for header in headers:
            known = self.knows(row, known, header)
            found.append(known)
        return found

    def knows(
        self, row: JournalRow, before: Position | None, header: Header
    ) -> Position | None:
        """How far the author of an entry knew the hub's common control journal.

        An entry says so only where it moved; that journal itself knows all before it.
        """
        if (row.lane, row.audience) == (CONTROL, COMMON):
            return (row.epoch, header.seq - 1)
        known = before
        for journal8, seq in header.parents:
            if (epoch := self._control_epoch(journal8)) is not None:
                known = max(known or (0, 0), (epoch, seq))
        return known

    def _control_epoch(self, journal8: bytes) -> int | None:
        for row in self._book.journals():
            if row.id[:8] == journal8 and (row.lane, row.audience) == (CONTROL, COMMON):
                return row.epoch
        return None

    def _judge(
        self,
        position: int,
        row: JournalRow,
        item: Checked,
        knows: Position | None,
        chain: Chain,
    ) -> None:
        """Park the entry if it may not count; inside the transaction that stores it."""
        if item.entry.body is None:
            return
        try:
            event = self._book.event(
                position, row, item.header, item.entry.body, item.h
            )
            self.allow(event, knows, chain)
        except Refusal as refusal:
            self._book.park(position, refusal)

    def allow(self, event: Event, knows: Position | None, chain: Chain) -> None:
        """Ask the authority as of what the author knew. Raises Refusal "not_allowed"."""
        reason = self._book.authority.judge(
            kind=event.fact.KIND,
            fact=event.fact,
            node=chain.node,
            journal=event.journal,
            seq=event.seq,
            officer=event.officer,
            knows=knows,
            today=None,
        )
        if event.fact.KIND.lane != event.lane:
            raise bad_segment("fact in another lane")
        if reason is not None:
            raise Refusal("not_allowed", id=reason.id, en=reason.en)

    def reconsider(self) -> list[tuple[Event, JournalRow]]:
        """Judge what is parked once more; gives the events that may count now.

        The caller projects them and then calls `release`: a crash in between repeats it.
        """
        # What does not read as papers never will; the tables say when they can show more.
        never = ("projection", "bad_certificate")
        parked = [p for p in self._book.parked() if p.code not in never]
        rows = {row.id: row for row in self._book.journals()}
        freed = []
        for journal in dict.fromkeys(p.journal for p in parked):
            places = {p.seq: p.position for p in parked if p.journal == journal}
            row = rows[journal]
            freed += [(e, row) for e, _, no in self.judged(row, places) if no is None]
        freed.sort(key=lambda pair: pair[0].position)
        return freed[: limits.EVENTS_PER_BATCH]

    def judged(
        self, row: JournalRow, places: dict[int, int]
    ) -> Iterator[tuple[Event, Position | None, Refusal | None]]:
        """Some entries of a journal (seq -> position), with why they may not count.

        Walks it once: what its author knew grows from entry to entry. What does not read,
        or was erased, is left out.
        """
        chain = Chain.decode(row.certificate, self._book.root_public)
        known: Position | None = None
        stored = self._book.stored(row, 1, max(places, default=0))
        for seq, item in enumerate(stored, start=1):
            header = decode_header(item.header)
            known = self.knows(row, known, header)
            if seq not in places or item.body is None:
                continue
            try:
                body = self._book.unseal(header, item.body, item.h)
                if body is None:
                    continue
                event = self._book.event(places[seq], row, header, body, item.h)
            except Refusal:
                continue
            try:
                self.allow(event, known, chain)
            except Refusal as refusal:
                yield event, known, refusal
            else:
                yield event, known, None

    def retry_projection(self) -> None:
        """The tables begin anew: what could not be shown may be shown by this program."""
        if any(p.code == "projection" for p in self._book.parked()):
            with self._book.store.transaction():
                self._book.store.run("DELETE FROM parked WHERE code = 'projection'")

    def release(self, positions: Sequence[int]) -> None:
        """These count now: take them off the list."""
        with self._book.store.transaction():
            self._book.store.run_many(
                "DELETE FROM parked WHERE position = ?", [(p,) for p in positions]
            )
