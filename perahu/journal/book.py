"""The book as rows: journals, entries, events. No rule about what may be written lives here.

`Journal` (journal.py) is the face that rooms use; writer.py, receiver.py and recovery.py
hold the ways in. All of them share one `Book`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from perahu.journal import limits
from perahu.journal.beside.blobs import Blobs
from perahu.journal.beside.keyring import NO_SUBJECT, Keyring
from perahu.journal.codec import Registry, UnknownKind
from perahu.journal.entry import Header, decode_header, decode_known_header
from perahu.journal.ports import CLOCK_QUALITIES, Ports
from perahu.journal.segment import Checked
from perahu.journal.store import Local, Row, Store, disk_words
from perahu.journal.types import COMMON, BlobRef, Event, Level
from perahu.journal.waiting import Backlog
from perahu.keys.authority import Authority, Position
from perahu.keys.certificates import HUB_ROLES, Chain
from perahu.keys.vault import NodeKeys
from perahu.kinds import CONTROL, Fact
from perahu.words import Refusal

_JOURNAL_COLUMNS = (
    "number, id, node, lane, audience, own, epoch, certificate, head_seq, head_h, "
    "sealed_seq, knows_epoch, knows_seq, received_seq, safe_seq"
)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One journal as this book holds it."""

    number: int
    id: bytes
    node: bytes
    lane: int
    audience: bytes
    own: bool
    epoch: int
    certificate: bytes
    head_seq: int
    head_h: bytes
    sealed_seq: int
    knows: Position | None
    """How far the author knew the hub's common control journal at the head."""
    received_seq: int
    safe_seq: int


def _journal_row(row: Row) -> JournalRow:
    number, journal, node, lane, audience, own, epoch, certificate, *rest = row
    head_seq, head_h, sealed_seq, knows_epoch, knows_seq, received, safe = rest
    return JournalRow(
        number,
        bytes(journal),
        bytes(node),
        lane,
        bytes(audience),
        bool(own),
        epoch,
        bytes(certificate),
        head_seq,
        bytes(head_h),
        sealed_seq,
        (knows_epoch, knows_seq) if knows_epoch else None,
        received,
        safe,
    )


@dataclass(frozen=True, slots=True)
class Parked:
    """A stored entry that counts for nothing yet, and why."""

    position: int
    journal: bytes
    seq: int
    code: str
    words: Refusal


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it lies at rest; `body` is ciphertext, None where erased."""

    header: bytes
    salt: bytes | None
    body: bytes | None
    commit: bytes | None
    h: bytes


class Book:
    """What all parts of the journal share: store, keys, ports, and the rows."""

    def __init__(
        self, keys: NodeKeys, chain: Chain, registry: Registry, ports: Ports
    ) -> None:
        self.keys, self.chain = keys, chain
        self.registry, self.ports = registry, ports
        self.authority = Authority()
        self._learned: dict[int, int] = {}
        self.has_news = False
        """Control facts were learned and what is parked was not judged again yet."""

    def attach(self, store: Store, keyring: Keyring, blobs: Blobs, root: bytes) -> None:
        """Take the opened files; called once by Journal.open."""
        self.store, self.keyring, self.blobs = store, keyring, blobs
        self.local = Local(store)
        self.backlog = Backlog(store, with_blobs=not self.is_hub)
        self.root_public = root

    @property
    def is_hub(self) -> bool:
        """Whether this node's word is the hub's."""
        return self.chain.node.role in HUB_ROLES

    @property
    def floor(self) -> Level:
        """The level that lying in this book alone gives."""
        return Level.RECEIVED if self.is_hub else Level.RECORDED

    # -- journals ---------------------------------------------------------------------

    def journals(self) -> list[JournalRow]:
        """Every journal of the book, in the order they became known."""
        sql = f"SELECT {_JOURNAL_COLUMNS} FROM journals ORDER BY number"
        return [_journal_row(row) for row in self.store.rows(sql)]

    def journal(self, journal_id: bytes) -> JournalRow | None:
        """One journal by its 16-byte id."""
        sql = f"SELECT {_JOURNAL_COLUMNS} FROM journals WHERE id = ?"
        found = self.store.rows(sql, (journal_id,))
        return _journal_row(found[0]) if found else None

    def add_journal(
        self, journal: bytes, chain: Chain, lane: int, audience: bytes, h_0: bytes
    ) -> JournalRow:
        """Begin a journal, own or foreign; inside a transaction."""
        own = chain.node.node_id == self.chain.node.node_id
        number = self._scalar("SELECT COALESCE(MAX(number), 0) + 1 FROM journals")
        self.store.run(
            f"INSERT INTO journals ({_JOURNAL_COLUMNS}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, 0, 0)",
            (
                number,
                journal,
                chain.node.node_id,
                lane,
                audience,
                int(own),
                chain.epoch.epoch,
                chain.encode(),
                h_0,
            ),
        )
        found = self.journal(journal)
        assert found is not None
        return found

    def _scalar(self, sql: str, values: Sequence[Any] = ()) -> int:
        return int(self.store.rows(sql, values)[0][0])

    # -- entries ----------------------------------------------------------------------

    def last_position(self) -> int:
        """The position of the newest entry; 0 in an empty book."""
        return self._scalar("SELECT COALESCE(MAX(position), 0) FROM entries")

    def lamport(self) -> int:
        """The greatest Lamport time seen; the next own entry is one more."""
        return int.from_bytes(self.name("lamport"), "big")

    def name(self, name: str) -> bytes:
        """A value of the book itself; b"" where it has none of this name."""
        found = self.store.rows("SELECT value FROM book WHERE name = ?", (name,))
        return bytes(found[0][0]) if found else b""

    def set_name(self, name: str, value: bytes) -> None:
        """Set a value of the book itself; inside a transaction."""
        self.store.run(
            "INSERT INTO book (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def add_entries(
        self, row: JournalRow, checked: Sequence[Checked], knows: Position | None
    ) -> int:
        """Store entries at the head of a journal; gives the first position. In a transaction.

        Bodies are sealed under the key of their first subject, with the entry's own hash
        as nonce: it covers a random salt, so no key ever meets one nonce twice.
        """
        position = self.last_position() + 1
        stored = [self._at_rest(item) for item in checked]
        self.store.run_many(
            "INSERT INTO entries (position, journal, seq, header, salt, body, "
            "commit_hash, h) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(position + i, row.number, *cells) for i, cells in enumerate(stored)],
        )
        if row.own and not row.audience:
            size = sum(
                len(header) + len(body or b"") for _, header, _, body, *_ in stored
            )
            self.backlog.add(row.lane, size, self._first_cited(checked))
        self._cite(row, checked)
        last = checked[-1]
        assert last.header.seq == row.head_seq + len(checked), "a journal has no holes"
        self.store.run(
            "UPDATE journals SET head_seq = ?, head_h = ?, knows_epoch = ?, "
            "knows_seq = ? WHERE number = ?",
            (last.header.seq, last.h, *(knows or (0, 0)), row.number),
        )
        self._advance_lamport([item.header.lamport for item in checked])
        return position

    def _advance_lamport(self, seen: Sequence[int]) -> None:
        """Adopt the greatest Lamport time, but no leap that only an attack would make.

        Otherwise one stolen office could bring every node to the end of the numbers.
        """
        lamport = self.lamport()
        honest = [n for n in seen if n <= lamport + limits.LAMPORT_LEAP_MAX]
        self.set_name("lamport", max([lamport, *honest]).to_bytes(8, "big"))

    def set_knows(self, row: JournalRow, knows: Position | None) -> None:
        """Note how far a journal's author knew the hub's control; in a transaction."""
        self.store.run(
            "UPDATE journals SET knows_epoch = ?, knows_seq = ? WHERE number = ?",
            (*(knows or (0, 0)), row.number),
        )

    def make_keys(self, subjects: Sequence[bytes]) -> None:
        """Keys for subjects that have none, before any entry uses them."""
        with disk_words():
            self.keyring.ensure(subjects)

    def _at_rest(self, item: Checked) -> tuple[Any, ...]:
        entry, body = item.entry, None
        if entry.body is not None:
            body = self.seal(item.header, entry.body, item.h)
        commit = None if entry.salt is not None else entry.commit
        return (item.header.seq, entry.header, entry.salt, body, commit, item.h)

    def _first_cited(self, checked: Sequence[Checked]) -> list[BlobRef]:
        """The blobs of new entries that no entry of this book has cited before."""
        cited = {ref.sha256: ref for item in checked for ref in item.header.blobs}
        return [ref for sha, ref in cited.items() if self.blobs.cited(sha) is None]

    def _cite(self, row: JournalRow, checked: Sequence[Checked]) -> None:
        cited = [(item.header, ref) for item in checked for ref in item.header.blobs]
        self.store.run_many(
            "INSERT INTO citations (journal, seq, sha256, subjects) "
            "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (row.number, header.seq, ref.sha256, b"".join(header.subjects))
                for header, ref in cited
            ],
        )
        self.store.run_many(
            "INSERT INTO blobs (sha256, size, class, present, level) "
            "VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
            [
                (r.sha256, r.size, r.blob_class, int(self.blobs.has(r.sha256)))
                for _, r in cited
            ],
        )

    def seal(self, header: Header, body: bytes, h: bytes) -> bytes:
        """The ciphertext of a body at rest; its subject's key must exist."""
        return self.keyring.seal(_about(header), h[:24], body)

    def unseal(self, header: Header, cipher: bytes, h: bytes) -> bytes | None:
        """The body, or None where its subject's keys were erased."""
        return self.keyring.open(_about(header), h[:24], cipher)

    def stored(self, row: JournalRow, first: int, last: int) -> list[StoredEntry]:
        """Entries first..last of a journal as they lie at rest."""
        found = self.store.rows(
            "SELECT header, salt, body, commit_hash, h FROM entries "
            "WHERE journal = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            (row.number, first, last),
        )
        return [
            StoredEntry(
                bytes(header), _bytes(salt), _bytes(body), _bytes(commit), bytes(h)
            )
            for header, salt, body, commit, h in found
        ]

    def citations(self, row: JournalRow, after: int) -> list[tuple[int, bytes]]:
        """(seq, sha256) of every blob cited beyond `after`, by subject, then by seq.

        Subjects keep the order of their first citation of all, so that a cut in the
        middle of two people never changes who is first.
        """
        found = self.store.rows(
            "SELECT c.seq, c.sha256, (SELECT MIN(o.seq) FROM citations o "
            "WHERE o.journal = c.journal AND o.subjects = c.subjects) AS begun "
            "FROM citations c WHERE c.journal = ? AND c.seq > ? "
            "ORDER BY begun, c.seq, c.sha256",
            (row.number, after),
        )
        return [(seq, bytes(sha)) for seq, sha, _ in found]

    def hash_at(self, row: JournalRow, seq: int) -> bytes | None:
        """The hash of one entry, None where it is not here."""
        found = self.store.rows(
            "SELECT h FROM entries WHERE journal = ? AND seq = ?", (row.number, seq)
        )
        return bytes(found[0][0]) if found else None

    # -- events -----------------------------------------------------------------------

    def scan(self, after: int, limit: int) -> tuple[list[Event], int]:
        """Allowed events after a position, and the position up to which was looked.

        Entries that count passed every check of form when they came, or they would be
        parked; here they are read again and again, and only taken apart. Kinds that only
        a newer program knew, which was here before this one, are parked now.
        """
        rows = self.store.rows(
            "SELECT e.position, e.journal, e.header, e.body, e.h, p.position "
            "FROM entries e LEFT JOIN parked p ON p.position = e.position "
            "WHERE e.position > ? ORDER BY e.position LIMIT ?",
            (after, limit),
        )
        known = {row.number: row for row in self.journals()}
        events, unknown = [], []
        for position, number, raw, cipher, h, parked in rows:
            if parked is not None or cipher is None:
                continue
            header = decode_known_header(raw)
            body = self.unseal(header, cipher, h)
            if body is None:
                continue
            try:
                fact = self.registry.decode_known(
                    header.fact_type, header.version, body, header.subjects
                )
            except UnknownKind as newer:
                unknown.append((position, newer))
                continue
            events.append(_event_of(position, known[number], header, fact, h))
        if unknown:
            with self.store.transaction():
                for position, refusal in unknown:
                    self.park(position, refusal)
        return events, (rows[-1][0] if rows else after)

    def _event(
        self, position: int, row: JournalRow, raw: bytes, cipher: bytes, h: bytes
    ) -> Event | None:
        """One event with every check, or None where the body was erased."""
        header = decode_header(bytes(raw))
        body = self.unseal(header, bytes(cipher), bytes(h))
        return None if body is None else self.event(position, row, header, body, h)

    def event(
        self, position: int, row: JournalRow, header: Header, body: bytes, h: bytes
    ) -> Event:
        """An entry read for its meaning. Raises UnknownKind or Refusal "bad_body"."""
        fact = self.registry.decode(
            header.fact_type, header.version, body, header.subjects
        )
        return _event_of(position, row, header, fact, bytes(h))

    # -- authority --------------------------------------------------------------------

    def learn_control(self) -> None:
        """Feed new entries of the hub's common control journal to the authority.

        Anything new sets `has_news`: then what was parked is judged again.
        """
        rows = {row.number: row for row in self.journals() if is_control(row)}
        # Along the index of each journal: the cost must not grow with the book.
        found = [
            entry
            for row in rows.values()
            if row.head_seq > self._learned.get(row.number, 0)
            for entry in self._control_after(row, self._learned.get(row.number, 0))
        ]
        for position, number, seq, raw, body, h in sorted(found, key=itemgetter(0)):
            row = rows[number]
            try:
                event = self._event(position, row, raw, body, h)
                if event is not None:
                    self.learn(event, row)
            except Refusal as refusal:
                with self.store.transaction():
                    self.park(position, refusal)
            self._learned[number] = seq

    def _control_after(self, row: JournalRow, seq: int) -> list[Row]:
        return self.store.rows(
            "SELECT e.position, e.journal, e.seq, e.header, e.body, e.h FROM entries e "
            "LEFT JOIN parked p ON p.position = e.position "
            "WHERE e.journal = ? AND e.seq > ? AND p.position IS NULL",
            (row.number, seq),
        )

    def learn(self, event: Event, row: JournalRow) -> None:
        """Feed one allowed event to the authority, where it is the hub's control."""
        if is_control(row):
            self.authority.learn(event.fact, (row.epoch, event.seq))
            self.has_news = True

    def unlearn(self) -> None:
        """Begin anew with what counts: some of what was learned does no more."""
        self.authority, self._learned = Authority(), {}
        self.learn_control()

    def control_head(self) -> tuple[JournalRow, Position] | None:
        """The hub's newest common control journal and how far it is known here."""
        rows = [row for row in self.journals() if is_control(row) and row.head_seq]
        newest = max(rows, key=lambda row: row.epoch, default=None)
        return (newest, (newest.epoch, newest.head_seq)) if newest else None

    # -- parking ----------------------------------------------------------------------

    def park(self, position: int, refusal: Refusal) -> None:
        """Note that a stored entry counts for nothing yet; inside a transaction."""
        self.store.run(
            "INSERT INTO parked (position, code, words_id, words_en) "
            "VALUES (?, ?, ?, ?) ON CONFLICT (position) DO UPDATE SET "
            "code = excluded.code, words_id = excluded.words_id, "
            "words_en = excluded.words_en",
            (position, refusal.code, refusal.words.id, refusal.words.en),
        )

    def counted(self, row: JournalRow, after: int) -> list[tuple[int, int, bytes]]:
        """(seq, position, header) of entries of a journal beyond `after` that count."""
        found = self.store.rows(
            "SELECT e.seq, e.position, e.header FROM entries e LEFT JOIN parked p "
            "ON p.position = e.position WHERE e.journal = ? AND e.seq > ? "
            "AND e.body IS NOT NULL AND p.position IS NULL",
            (row.number, after),
        )
        return [(seq, position, bytes(raw)) for seq, position, raw in found]

    def parked(self) -> list[Parked]:
        """Everything parked, oldest first."""
        rows = self.store.rows(
            "SELECT p.position, j.id, e.seq, p.code, p.words_id, p.words_en "
            "FROM parked p JOIN entries e ON e.position = p.position "
            "JOIN journals j ON j.number = e.journal ORDER BY p.position"
        )
        return [
            Parked(
                position, bytes(journal), seq, code, Refusal(code, words_id, words_en)
            )
            for position, journal, seq, code, words_id, words_en in rows
        ]


def is_control(row: JournalRow) -> bool:
    """Whether it is the hub's common control journal, of whatever epoch."""
    return (row.lane, row.audience) == (CONTROL, COMMON)


def _about(header: Header) -> bytes:
    """Under whose key a body lies."""
    return header.subjects[0] if header.subjects else NO_SUBJECT


def _bytes(cell: Any) -> bytes | None:
    return None if cell is None else bytes(cell)


def _event_of(
    position: int, row: JournalRow, header: Header, fact: Fact, h: bytes
) -> Event:
    return Event(
        position=position,
        journal=row.id,
        seq=header.seq,
        h=h,
        node=row.node,
        audience=row.audience,
        lane=row.lane,
        lamport=header.lamport,
        wall_ms=header.wall_ms,
        quality=CLOCK_QUALITIES[header.quality],
        op_id=header.op_id,
        officer=header.officer,
        blobs=header.blobs,
        fact=fact,
        epoch=row.epoch,
    )
