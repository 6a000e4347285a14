"""The one way in for this node's own facts: check, chain, commit, project.

The flush of book, mirror and fence follows when the writer's lock was let go (promises.py),
and before the caller of `journal.writing()` gets its receipt. A crash between any two of
those steps heals at the next start: what is committed is flushed and mirrored, the fence
moves to it, the tables catch up by replay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perahu.journal import limits
from perahu.journal.beside.keyring import NO_SUBJECT
from perahu.journal.beside.mirror import Mirror
from perahu.journal.book import Book, JournalRow
from perahu.journal.entry import Entry, Header, decode_header, genesis, link
from perahu.journal.mirroring import is_mirrored
from perahu.journal.ports import CLOCK_QUALITIES, Instant
from perahu.journal.segment import Checked
from perahu.journal.types import COMMON, Ask, Draft, Event, Level, Receipt
from perahu.keys import cbor
from perahu.keys.authority import Authority, Position
from perahu.keys.certificates import journal_id
from perahu.kinds import CONTROL, Fact
from perahu.words import Refusal


@dataclass(frozen=True, slots=True)
class Written:
    """One entry on its way: where it goes and what it says, before and after chaining."""

    row: JournalRow
    checked: Checked
    fact: Fact


class Writer:
    """What `journal.writing()` gives: the only holder of the right to append."""

    def __init__(
        self,
        book: Book,
        mirror: Mirror,
        now: Instant,
        project: Callable[[Sequence[Event], int], None],
    ) -> None:
        self._book, self._mirror = book, mirror
        self._project = project
        self.now = now
        self.has_appended = False
        self.receipts: list[Receipt] = []
        """What was said and is not true before a flush: the journal sees to that."""

    @property
    def node_id(self) -> bytes:
        """This node."""
        return self._book.chain.node.node_id

    @property
    def authority(self) -> Authority:
        """Who may do what, as this node knows it now."""
        return self._book.authority

    def done(self, op_id: bytes) -> Receipt | None:
        """The receipt of an action already done under this id, else None."""
        mirrored = is_mirrored(self._book, self._mirror)
        receipt = receipt_of(self._book, op_id, mirrored)
        self.receipts += [receipt] if receipt else []
        return receipt

    def append(self, ask: Ask, drafts: Sequence[Draft]) -> Receipt:
        """State facts, all or none; asked twice, the first receipt comes back.

        They are durable, and the receipt may be shown, when `writing()` is left.

        Raises Refusal where the officer may not state one of them (nothing is written),
        "no_space" on a full disk, "body_too_big" over 32 KB.
        """
        if done := self.done(ask.op_id):
            return done
        assert 0 < len(drafts) <= limits.DRAFTS_PER_APPEND_MAX
        assert len(ask.op_id) == limits.OP_ID_BYTES, "16 bytes, minted by the asker"
        encoded = [self._book.registry.encode(draft.fact) for draft in drafts]
        firsts = [s[0] if s else NO_SUBJECT for _, s in encoded]
        self._book.make_keys(firsts)
        with self._book.store.staged():
            first, written = self._write(ask, drafts, encoded)
        self.has_appended = True
        self._project(
            [
                self._book.event(
                    first + i, w.row, w.checked.header, _body(w), w.checked.h
                )
                for i, w in enumerate(written)
            ],
            first + len(written) - 1,
        )
        receipt = self.done(ask.op_id)
        assert receipt is not None, "what was appended has a receipt"
        return receipt

    def _write(
        self,
        ask: Ask,
        drafts: Sequence[Draft],
        encoded: Sequence[tuple[bytes, tuple[bytes, ...]]],
    ) -> tuple[int, list[Written]]:
        """Chain and store every draft in the order given; inside the transaction."""
        rows: dict[tuple[int, bytes], JournalRow] = {}
        pending: dict[int, list[Checked]] = {}
        written: list[Written] = []
        control, lamport = self._book.control_head(), self._book.lamport()
        for draft, (body, subjects) in zip(drafts, encoded, strict=True):
            place = (draft.fact.KIND.lane, draft.audience)
            row = rows.get(place) or self._row(*place)
            before = pending.setdefault(row.number, [])
            knows, parents = _parents(row, control)
            self._allow(ask, draft, row, knows)
            lamport += 1
            header = Header(
                seq=row.head_seq + len(before) + 1,
                fact_type=draft.fact.KIND.type,
                version=draft.fact.KIND.version,
                lamport=lamport,
                wall_ms=ask.at.wall_ms,
                quality=CLOCK_QUALITIES.index(ask.at.quality),
                op_id=ask.op_id,
                subjects=subjects,
                parents=parents if not before else (),
                officer=ask.officer,
                blobs=draft.blobs,
            )
            checked = self._chain(header, body, before[-1].h if before else row.head_h)
            before.append(checked)
            rows[place] = row
            written.append(Written(row, checked, draft.fact))
        first = self._store_in_order(written, rows, control)
        places = [[w.row.id, w.checked.header.seq] for w in written]
        self._book.store.run(
            "INSERT INTO asked (op_id, entries) VALUES (?, ?)",
            (ask.op_id, cbor.encode(places[-limits.EVENTS_PER_BATCH :])),
        )
        return first, written

    def _row(self, lane: int, audience: bytes) -> JournalRow:
        """This epoch's journal of a lane and audience, begun where it is the first entry."""
        certificate = self._book.chain.encode()
        journal = journal_id(certificate, lane, audience)
        assert not audience or self._book.is_hub, "only the hub writes to others"
        return self._book.journal(journal) or self._book.add_journal(
            journal, self._book.chain, lane, audience, genesis(certificate)
        )

    def _allow(
        self, ask: Ask, draft: Draft, row: JournalRow, knows: Position | None
    ) -> None:
        """Ask the authority, as every receiver will, and for the period besides."""
        kind = draft.fact.KIND
        reason = self._book.authority.judge(
            kind=kind,
            fact=draft.fact,
            node=self._book.chain.node,
            journal=row.id,
            seq=row.head_seq + 1,
            officer=ask.officer,
            knows=knows,
            today=ask.at.today,
        )
        if reason is not None:
            raise Refusal("not_allowed", id=reason.id, en=reason.en)
        assert all(self._book.blobs.has(b.sha256) for b in draft.blobs), "blob first"

    def _chain(self, header: Header, body: bytes, previous: bytes) -> Checked:
        raw = header.encode()
        assert decode_header(raw) == header, "every reader would refuse this header"
        entry = Entry.whole(raw, self._book.ports.random(16), body)
        return Checked(header, entry, link(previous, raw, entry.commit))

    def _store_in_order(
        self,
        written: Sequence[Written],
        rows: dict[tuple[int, bytes], JournalRow],
        control: tuple[JournalRow, Position] | None,
    ) -> int:
        """Runs of one journal go in together, so positions keep the order of the drafts."""
        first, heads = 0, {row.number: row for row in rows.values()}
        at = 0
        while at < len(written):
            number, end = written[at].row.number, at
            while end < len(written) and written[end].row.number == number:
                end += 1
            run = [w.checked for w in written[at:end]]
            knows = control[1] if control else None
            position = self._book.add_entries(heads[number], run, knows)
            first = first or position
            found = self._book.journal(heads[number].id)
            assert found is not None
            heads[number], at = found, end
        return first


def _body(written: Written) -> bytes:
    body = written.checked.entry.body
    assert body is not None
    return body


def _parents(
    row: JournalRow, control: tuple[JournalRow, Position] | None
) -> tuple[Position | None, tuple[tuple[bytes, int], ...]]:
    """What the author knows of the hub's common control journal, and how it is said.

    It is said only where it moved since the journal's previous entry; the common control
    journal itself knows all before it.
    """
    if control is None:
        return None, ()
    head, knows = control
    if row.knows == knows or (row.lane, row.audience) == (CONTROL, COMMON):
        return knows, ()
    return knows, ((head.id[:8], head.head_seq),)


def receipt_of(book: Book, op_id: bytes, mirrored: bool) -> Receipt | None:
    """The receipt of what was asked under an id: its last entry, the least of all levels."""
    found = book.store.rows("SELECT entries FROM asked WHERE op_id = ?", (op_id,))
    if not found:
        return None
    places = cbor.decode(bytes(found[0][0]), 64 * 1024)
    known = {row.id: row for row in book.journals()}
    journal, seq = places[-1]
    h = book.hash_at(known[journal], seq)
    assert h is not None
    level = min(level_of(book, known[j], s) for j, s in places)
    return Receipt(journal, seq, h, op_id, level, mirrored)


def level_of(book: Book, row: JournalRow, seq: int) -> Level:
    """How safe one entry is: the entry **and every blob it cites** must stand there."""
    acked = Level.SAFE if seq <= row.safe_seq else Level.RECORDED
    if seq <= row.received_seq:
        acked = max(acked, Level.RECEIVED)
    cited = book.store.rows(
        "SELECT b.level, b.present FROM citations c JOIN blobs b "
        "ON b.sha256 = c.sha256 WHERE c.journal = ? AND c.seq = ?",
        (row.number, seq),
    )
    levels = [Level(level) for level, _ in cited]
    if book.is_hub and all(present for _, present in cited):
        levels, acked = [max(x, book.floor) for x in levels], max(acked, book.floor)
    return min([acked, *levels])
