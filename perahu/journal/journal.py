"""The journal of a node: the face that rooms, sync and node use.

- `writing()` is the only way to state facts; `receive()` the only way in for others'.
- Whatever left `writing()` with a receipt is chained, flushed and, where the medium is there,
  mirrored; desks that save at the same moment share the flush (promises.py).
- Tables are projected after the commit; a crash in between heals by replay.

    with journal.writing() as book:
        receipt = book.append(ask, [Draft(CardPrinted(...))])

It does not know what facts mean, whom to send them to, or what a table looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perahu.journal import erasure, limits, outgoing, recovery
from perahu.journal.beside.blobs import Blobs
from perahu.journal.beside.fence import Fence
from perahu.journal.beside.keyring import Keyring
from perahu.journal.beside.mirror import Mirror
from perahu.journal.book import Book, JournalRow, Parked
from perahu.journal.codec import Registry
from perahu.journal.databases import Driver, open_store
from perahu.journal.ports import Ports
from perahu.journal.promises import Promises
from perahu.journal.receiver import Received, Receiver
from perahu.journal.segment import Segment
from perahu.journal.store import Local, disk_words
from perahu.journal.types import Event, Level, Receipt, Tables, settle
from perahu.journal.verify import Report, verify_book
from perahu.journal.waiting import BRANCH, Waiting
from perahu.journal.withdrawing import Withdrawing
from perahu.journal.writer import Writer, level_of, receipt_of
from perahu.keys.authority import Authority
from perahu.keys.certificates import Chain, NodeCertificate
from perahu.keys.vault import NodeKeys
from perahu.words import Refusal

FORMAT = b"\1"
"""The number of the form of the book's tables (journal-format, "The book")."""
RECOUNT = b"recount"
"""Halt: printing waits until the stock was counted by hand (a new epoch)."""
CLONE = b"clone"
"""Halt: printing waits for the hub's decision about two nodes with one key."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a node's files are and what it is; the arguments of `Journal.open`."""

    folder: Path
    """Holds `certificate`, `book.sqlite3`, `keyring`, `fence` and `blobs/`."""
    keys: NodeKeys
    root_public: bytes
    registry: Registry
    ports: Ports
    book_url: str | None = None
    """postgresql://… at a hub; None is the node's own encrypted file."""
    mirror: Path | None = None
    tables: Tables | None = None
    driver: Driver | None = None
    """What opens the node's file; None is sqlcipher3."""


class Journal:
    """One node's book; many processes of the node may have it open at once."""

    def __init__(self, opening: Opening) -> None:
        """Open, heal and catch up. Raises Refusal "broken_book" or "no_certificate"."""
        folder, ports = opening.folder, opening.ports
        self._folder, self._ports = folder, ports
        self.mark = 0  # grows whenever something was recorded here: cheap to look at
        self._tables = opening.tables
        chain = self._read_chain(opening)
        self._book = Book(opening.keys, chain, opening.registry, ports)
        self._mirror = Mirror(opening.mirror, ports.disk)
        self._fence = Fence(folder / "fence", ports.disk)
        self._promises = Promises(self._book, self._mirror, self._fence)
        with self._locked(), disk_words():
            path, key = folder / "book.sqlite3", opening.keys.book_key
            store = open_store(path, key, opening.book_url, ports, opening.driver)
            keyring = Keyring(folder / "keyring", opening.keys.wrap_key, ports)
            self._fence.prepare()
            blobs = Blobs(folder / "blobs", store, ports.disk)
            self._book.attach(store, keyring, blobs, opening.root_public)
            self._store = store
            self._receiver = Receiver(self._book)
            self._withdrawing = Withdrawing(self._book, self._receiver)
            self._found_incarnation()
            blobs.mend()
            recovery.check_tables(self._book, self._tables)
            self.healing = recovery.heal(self._book, self._fence, self._mirror)
            if self.healing.rolled_back:
                self._next_epoch()
            self._promises.begin()
            self._book.backlog.prepare()
            self._catch_up()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_words(), self._ports.lock():
            yield

    @contextmanager
    def _flushed_after(self) -> Iterator[None]:
        """What is staged within is durable afterwards; nobody waits for it at the lock."""
        yield
        with disk_words():
            self._store.flush()

    def _read_chain(self, opening: Opening) -> Chain:
        path = self._folder / "certificate"
        with disk_words():
            raw = self._ports.disk.read(path) if self._ports.disk.exists(path) else b""
        if not raw:
            raise Refusal(
                "no_certificate",
                f"Folder {self._folder} belum menjadi simpul: jalankan `perahu init` dulu.",
                f"Folder {self._folder} is not a node yet: run `perahu init` first.",
            )
        return Chain.decode(raw, opening.root_public)

    def _found_incarnation(self) -> None:
        """Sixteen random bytes, new whenever a book is created; and its form's number.

        A book of another form is refused before anything in it is read or written.
        """
        if not self._store.rows("SELECT 1 FROM book WHERE name = 'incarnation'"):
            with self._store.transaction():
                self._book.set_name("format", FORMAT)
                self._book.set_name("incarnation", self._ports.random(16))
        found = self._store.rows("SELECT value FROM book WHERE name = 'format'")
        if [bytes(row[0]) for row in found] != [FORMAT]:
            raise Refusal(
                "book_format",
                "Buku ini dibuat oleh versi program yang lain dan tidak diubah. Perbarui "
                "program, atau pakai versi yang membuatnya.",
                "This book was made by another version of the program and was not "
                "changed. Update the program, or use the version that made it.",
            )
        if not self._book.name("created"):
            # A book of an earlier program has none: it is known from now on.
            with self._store.transaction():
                self._book.set_name("created", self.incarnation)

    # -- who we are -------------------------------------------------------------------

    @property
    def chain(self) -> Chain:
        """This node's certificates, down to the epoch's key."""
        return self._book.chain

    @property
    def certificate(self) -> NodeCertificate:
        """This node's own certificate."""
        return self._book.chain.node

    @property
    def node_id(self) -> bytes:
        """This node's 16-byte id."""
        return self._book.chain.node.node_id

    @property
    def role(self) -> str:
        """The role in the certificate; what it means is a row in node/roles.py."""
        return self._book.chain.node.role

    @property
    def epoch(self) -> int:
        """The number of the running epoch; 1 until a restore or a clone was seen."""
        return self._book.chain.epoch.epoch

    @property
    def keys(self) -> NodeKeys:
        """This node's keys."""
        return self._book.keys

    @property
    def root_public(self) -> bytes:
        """The root under which every certificate must stand."""
        return self._book.root_public

    @property
    def incarnation(self) -> bytes:
        """Which book this is, anew in each epoch; a peer that sees a new one rewinds."""
        return self._book.name("incarnation")

    @property
    def authority(self) -> Authority:
        """Who may do what, as of the last `writing`, `receive` or `catch_up`."""
        return self._book.authority

    @property
    def local(self) -> Local:
        """What only this node knows and nobody can rebuild."""
        return self._book.local

    @property
    def blobs(self) -> Blobs:
        """The sealed blobs beside the book."""
        return self._book.blobs

    @property
    def ports(self) -> Ports:
        """Clock, randomness, disk and lock, as handed in."""
        return self._ports

    def mirror_present(self) -> bool:
        """Whether the second medium is there now."""
        return self._mirror.present()

    def sign(self, domain: bytes, message: bytes) -> bytes:
        """A signature of the running epoch's key outside the chain (`Chain.sign`)."""
        return self.chain.sign(self._book.keys, domain, message)

    # -- own facts --------------------------------------------------------------------

    @contextmanager
    def writing(self, about: Sequence[bytes] = ()) -> Iterator[Writer]:
        """Be the one writer: tables at the head, then load, decide, append.

        `about` names new subjects whose first fact this will be: their keys are flushed
        before the lock, together with other desks', and not one by one under it.
        When it is left, what was appended is flushed; also where the action failed later.
        """
        self._book.make_keys(about)
        writer = None
        try:
            with self._locked():
                self._join_epoch()
                self._catch_up()
                now = self._ports.clock.now()
                writer = Writer(self._book, self._mirror, now, self._project)
                yield writer
        finally:
            if writer is not None and (writer.has_appended or writer.receipts):
                self.mark += 1
                mirrored = self._promises.keep()
                for receipt in writer.receipts:
                    settle(receipt, mirrored=mirrored)

    def _project(self, events: Sequence[Event], position: int) -> None:
        """What was just appended goes into the tables; anything skipped is caught up."""
        self._learn_control()
        if self._tables is None:
            return
        if events and self._tables.position() == events[0].position - 1:
            self._apply(events, position)
        else:
            self._catch_up()

    def receipt(self, op_id: bytes) -> Receipt | None:
        """The receipt of an action, with its level as of now."""
        if receipt_of(self._book, op_id, mirrored=False) is None:
            return None
        return receipt_of(self._book, op_id, mirrored=self._promises.keep())

    def level_of(self, journal: bytes, seq: int) -> Level:
        """How safe one entry is, its blobs included."""
        row = self._book.journal(journal)
        return Level.RECORDED if row is None else level_of(self._book, row, seq)

    def waiting(self) -> Waiting:
        """What the parent has not acknowledged yet; cheap enough for every page."""
        return self._book.backlog.count()

    # -- the tables -------------------------------------------------------------------

    def catch_up(self) -> None:
        """Project everything the tables do not know yet."""
        with self._locked():
            self._catch_up()

    def _catch_up(self) -> None:
        self._book.keyring.refresh()
        self._learn_control()
        if self._tables is None:
            return
        at, is_stale = erasure.begin_at(self._book, self._tables)
        head = self._book.last_position()
        if at == 0:
            self._receiver.retry_projection()
        while at < head:
            events, reached = self._book.scan(at, limits.REPLAY_EVENTS_PER_BATCH)
            self._apply(events, reached)
            at = reached
        if is_stale:
            self.local.delete(*erasure.STALE)

    def _apply(self, events: Sequence[Event], position: int) -> set[int]:
        """Project; gives the positions of those that could not be and were parked."""
        assert self._tables is not None
        refused = self._tables.apply(events, position)
        if refused:
            with self._store.transaction():
                for event, reason in refused:
                    self._book.park(event.position, _not_projected(reason))
        return {event.position for event, _ in refused}

    def _learn_control(self) -> None:
        """Hear the hub's control facts; after any news, what was parked may count."""
        self._book.learn_control()
        while self._book.has_news:
            self._book.has_news = False
            while freed := self._receiver.reconsider():
                self._free([event for event, _ in freed])
                for event, row in freed:
                    self._book.learn(event, row)
            self._withdrawing.run()

    def _free(self, events: Sequence[Event]) -> None:
        """Project what the tables passed over, then take it off the list."""
        refused: set[int] = set()
        if self._tables is not None:
            at = self._tables.position()
            refused = self._apply([e for e in events if e.position <= at], at)
        self._receiver.release(
            [e.position for e in events if e.position not in refused]
        )

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """Allowed events after a position, oldest first; for reads and reports."""
        return self._book.scan(after, limit)[0]

    def parked(self) -> list[Parked]:
        """What is stored but counts for nothing yet, and why."""
        return self._book.parked()

    # -- others' facts ----------------------------------------------------------------

    def introduce(self, certificate: bytes, lane: int, audience: bytes) -> JournalRow:
        """Make a foreign journal known. Raises Refusal "bad_certificate"."""
        with self._locked():
            return self._receiver.introduce(certificate, lane, audience)

    def receive(self, segment: Segment) -> Received:
        """Verify and store a segment; durable on return. Raises Refusal "bad_segment"."""
        with self._locked():
            self._book.learn_control()
            return self._receiver.receive(segment)

    # -- for the road -----------------------------------------------------------------

    def journals(self) -> list[JournalRow]:
        """Every journal in the book, own and foreign."""
        return self._book.journals()

    def journal(self, journal_id: bytes) -> JournalRow | None:
        """One journal by its id."""
        return self._book.journal(journal_id)

    def vector(self) -> dict[bytes, tuple[int, bytes]]:
        """Journal id's first 8 bytes → (contiguous seq under a seal, h's first 8 bytes)."""
        found = {}
        for row in self._book.journals():
            h = self._book.hash_at(row, row.sealed_seq) if row.sealed_seq else None
            if h is not None:
                found[row.id[:8]] = (row.sealed_seq, h[:8])
        return found

    def hash_at(self, journal: bytes, seq: int) -> bytes | None:
        """The hash of one entry, to compare with a peer's; None where it is not here."""
        row = self._book.journal(journal)
        return None if row is None else self._book.hash_at(row, seq)

    def seal(self) -> None:
        """Close the open segments of own journals (at an exchange, at a print)."""
        self._promises.keep()
        with self._flushed_after(), self._locked():
            self._join_epoch()
            # What is sealed may be sent, and what was sent must never be lost here: what
            # was appended since that other flush is promised now, before the seal.
            self._promises.keep()
            outgoing.close_open_segments(self._book)

    def segments(self, journal: bytes, after: int) -> Iterator[Segment]:
        """The sealed segments of a journal that reach beyond `after`, in order."""
        row = self._book.journal(journal)
        if row is not None:
            yield from outgoing.read_segments(self._book, row, after)

    def note_ack(
        self,
        peer: bytes,
        positions: Mapping[bytes, tuple[int, int]],
        blobs: Mapping[bytes, Level],
    ) -> None:
        """A peer's signed ack: per journal (received, safe) positions, and blob levels.

        Levels only rise; an ack of a restored hub is handled by sending again.
        """
        assert len(peer) == 16
        with self._flushed_after(), self._locked():
            outgoing.note_ack(self._book, positions, blobs)

    def note_branch(self, journal: bytes) -> None:
        """The parent holds another history of it: what it never took waits for nothing."""
        if self.local.get(BRANCH, journal) is None:
            with self._flushed_after(), self._locked(), self._store.staged():
                self._book.backlog.branch(journal)

    def blob_level(self, sha: bytes) -> Level:
        """How safe a cited blob is."""
        found = self._store.rows(
            "SELECT level, present FROM blobs WHERE sha256 = ?", (sha,)
        )
        if not found:
            return Level.RECORDED
        level, present = found[0]
        return max(Level(level), self._book.floor if present else Level.RECORDED)

    def blobs_cited(self, journal: bytes, after: int) -> list[tuple[int, bytes]]:
        """(seq, sha256) of the blobs cited by a journal's entries beyond `after`.

        Blobs about one subject stand together, subjects in the order they were first
        cited: two desks at once then do not make each other's packets late (ADR 0006).
        """
        row = self._book.journal(journal)
        return [] if row is None else self._book.citations(row, after)

    # -- what went wrong --------------------------------------------------------------

    def begin_epoch(self) -> None:
        """Leave the old journals as they are and go on under a new epoch.

        Called where a peer shows our own journal further or different than we hold it.
        """
        with self._locked(), disk_words():
            if not self._join_epoch():
                self._next_epoch()

    def _next_epoch(self) -> None:
        chain = recovery.next_epoch(self._book, self._fence, self._mirror)
        # First the halt: after a power cut between the two, the epoch is opened again.
        self.local.put("halt", RECOUNT, b"\1")
        path = self._folder / "certificate"
        self._ports.disk.replace_durable(path, chain.encode())
        # A promise is kept in its own epoch: the old journals are not looked at again. Not
        # sooner: it moves fence and mirror, by which an old copy is noticed, to its end.
        self._promises.keep()
        self._book.chain = chain

    def _join_epoch(self) -> bool:
        """Go over to an epoch that another process of this node opened; True if so."""
        raw = self._ports.disk.read(self._folder / "certificate")
        if raw == self._book.chain.encode():
            return False
        self._book.chain = Chain.decode(raw, self._book.root_public)
        return True

    def halts(self) -> list[bytes]:
        """Why printing must wait (RECOUNT, CLONE); empty where it need not."""
        return [name for name, _ in self.local.items("halt")]

    def halt(self, reason: bytes) -> None:
        """Stop printing until `resume`; recording and receiving go on."""
        self.local.put("halt", reason, b"\1")

    def resume(self, reason: bytes) -> None:
        """The reason is gone."""
        self.local.delete("halt", reason)

    def erase(self, subject: bytes) -> int:
        """Erase every body of a subject here, by law: keys first, bodies then.

        The chain still verifies. Gives how many bodies; `catch_up` makes the tables anew.
        """
        with self._locked():
            self._promises.keep()
            with self._ports.flush_lock():  # it writes to the mirror too
                return erasure.erase(self._book, self._mirror, subject)

    def verify(self) -> Report:
        """Check every hash, seal and authority again (verify.py)."""
        with self._locked():
            self._promises.keep()
            return verify_book(self._book, self._fence, self._mirror)

    def close(self) -> None:
        """Let go of the book's connections."""
        self._store.close()


def _not_projected(reason: str) -> Refusal:
    return Refusal(
        "projection",
        f"Catatan tersimpan, tetapi belum dapat ditampilkan ({reason[:200]}); "
        "laporkan kepada pengembang.",
        f"The entry is kept but cannot be shown yet ({reason[:200]}); report it.",
    )
