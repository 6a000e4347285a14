"""`perahu verify`: is every byte of this book what its authors sealed, and theirs to state?

Nothing is believed that was computed before: certificates, hashes, commits, seals,
authority, the fence, the mirror and the blobs are all checked anew, from the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from perahu.journal.beside.fence import Fence
from perahu.journal.beside.mirror import Mirror
from perahu.journal.book import Book, JournalRow, StoredEntry
from perahu.journal.entry import (
    Header,
    commit_of,
    decode_header,
    genesis,
    link,
)
from perahu.journal.receiver import Receiver
from perahu.journal.recovery import fence_agrees, mirror_agrees
from perahu.journal.segment import seal_bytes
from perahu.keys.authority import Position
from perahu.keys.certificates import Chain, journal_id
from perahu.words import Refusal, Words

_STEP = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_370_764_800_000
"""The beginning of the year 9999."""


@dataclass(slots=True)
class Report:
    """What was checked, and in words what was found."""

    journals: int = 0
    entries: int = 0
    seals: int = 0
    blobs: int = 0
    blobs_awaited: int = 0
    """Cited and not here yet: no fault, they are on their way."""
    parked: int = 0
    erased: int = 0
    unsealed: int = 0
    """Own entries not yet under a seal: they get one at the next exchange."""
    flagged: int = 0
    """Entries dated outside the period of their author's grant: they stand, a person looks."""
    faults: list[Words] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.faults

    def words(self) -> Words:
        """The finding in one sentence."""
        counts = (self.entries, self.journals, self.seals, self.blobs)
        if self.sound:
            return Words(
                "Buku utuh: {} catatan dalam {} jurnal, {} segel dan {} berkas diperiksa "
                "ulang; tidak ada yang hilang atau berubah.".format(*counts),
                "The book is sound: {} entries in {} journals, {} seals and {} blobs were "
                "checked again; nothing is missing or changed.".format(*counts),
            )
        return Words(
            f"Buku TIDAK utuh: {len(self.faults)} hal ditemukan. Jangan dihapus; "
            "hubungi kabupaten.",
            f"The book is NOT sound: {len(self.faults)} findings. Do not delete it; call "
            "the kabupaten.",
        )


def verify_book(book: Book, fence: Fence, mirror: Mirror) -> Report:
    """Check everything again; reads only. Damage is reported, never raised."""
    report = Report(parked=len(book.parked()))
    parked = {(p.journal, p.seq) for p in book.parked()}
    for row in book.journals():
        report.journals += 1
        try:
            _Walk(book, row, report, parked).run()
        except Refusal as refusal:
            _say(report, row, 0, refusal.words)
    _check_beside(book, fence, mirror, report)
    _check_blobs(book, report)
    return report


class _Walk:
    """One journal from its first entry to its head."""

    def __init__(
        self,
        book: Book,
        row: JournalRow,
        report: Report,
        parked: set[tuple[bytes, int]],
    ) -> None:
        self._book, self._row, self._report = book, row, report
        self._parked = parked
        self._chain = Chain.decode(row.certificate, book.root_public)
        self._receiver = Receiver(book)
        self._knows: Position | None = None
        self._cited: set[tuple[int, bytes, int, int]] = set()

    def run(self) -> None:
        """Certificate and id, then entry by entry, then the seals."""
        row, chain = self._row, self._chain
        if journal_id(row.certificate, row.lane, row.audience) != row.id:
            self._say(0, _ID)
        own = chain.node.node_id == self._book.chain.node.node_id
        noted = (row.node, row.epoch, row.own)
        if noted != (chain.node.node_id, chain.epoch.epoch, own):
            self._say(0, _ROW)
        h = genesis(row.certificate)
        for first in range(1, row.head_seq + 1, _STEP):
            last = min(first + _STEP - 1, row.head_seq)
            stored = self._book.stored(row, first, last)
            if len(stored) != last - first + 1:
                self._say(first, _HOLE)
                return
            h = self._entries(first, stored, h)
        if h != row.head_h or self._book.hash_at(row, row.head_seq + 1) is not None:
            self._say(row.head_seq, _CHAIN)
        self._check_citations()
        self._seals()

    def _entries(self, first: int, stored: Sequence[StoredEntry], h: bytes) -> bytes:
        for seq, item in enumerate(stored, start=first):
            self._report.entries += 1
            header, body, commit = self._open(seq, item)
            h = link(h, item.header, commit)
            if h != item.h or header.seq != seq:
                self._say(seq, _CHAIN)
                h = item.h
            self._knows = self._receiver.knows(self._row, self._knows, header)
            self._cited |= {(seq, b.sha256, b.size, b.blob_class) for b in header.blobs}
            if body is None:
                self._report.erased += 1
            elif (self._row.id, seq) not in self._parked:
                self._judge(seq, header, body, h)
        return h

    def _open(self, seq: int, item: StoredEntry) -> tuple[Header, bytes | None, bytes]:
        """Header, body and commit as the bytes say, not as the row says."""
        header = decode_header(item.header)
        body = None
        if item.body is not None and item.salt is not None:
            try:
                body = self._book.unseal(header, item.body, item.h)
            except Refusal:
                self._say(seq, _BODY)
        if body is None:
            return header, None, item.commit or b""
        commit = commit_of(item.salt or b"", body)
        if item.commit not in (None, commit):
            self._say(seq, _BODY)
        return header, body, commit

    def _judge(self, seq: int, header: Header, body: bytes, h: bytes) -> None:
        try:
            event = self._book.event(0, self._row, header, body, h)
            self._receiver.allow(event, self._knows, self._chain)
        except Refusal as refusal:
            self._say(seq, refusal.words)
            return
        flags = self._book.authority.flags(
            officer=event.officer, knows=self._knows, day=self._day(event.wall_ms)
        )
        self._report.flagged += bool(flags)

    def _day(self, wall_ms: int) -> date:
        """The date at the site that an entry's own clock showed."""
        zone = ZoneInfo(self._book.authority.policy.timezone)
        # An entry may bear any number; what no calendar has lies outside every period.
        passed = timedelta(milliseconds=min(max(wall_ms, 0), _LAST_MS))
        return (_EPOCH + passed).astimezone(zone).date()

    def _check_citations(self) -> None:
        noted = self._book.store.rows(
            "SELECT c.seq, c.sha256, b.size, b.class FROM citations c "
            "LEFT JOIN blobs b ON b.sha256 = c.sha256 WHERE c.journal = ?",
            (self._row.number,),
        )
        if {(seq, bytes(sha), size, group) for seq, sha, size, group in noted} != (
            self._cited
        ):
            self._say(0, _CITED)

    def _seals(self) -> None:
        row, public = self._row, VerifyKey(self._chain.epoch.public)
        reached = 0
        for a, b, h_b, lamport, wall_ms, seal in self._book.store.rows(
            "SELECT a, b, h_b, lamport, wall_ms, seal FROM segments "
            "WHERE journal = ? ORDER BY a",
            (row.number,),
        ):
            self._report.seals += 1
            message = seal_bytes(row.id, a, b, bytes(h_b), lamport, wall_ms)
            try:
                public.verify(message, bytes(seal))
            except (BadSignatureError, ValueError):
                self._say(b, _SEAL)
            if self._book.hash_at(row, b) != bytes(h_b) or a > reached + 1:
                self._say(b, _SEAL)
            reached = max(reached, b)
        if reached != row.sealed_seq or (not row.own and reached != row.head_seq):
            self._say(row.head_seq, _SEAL)
        if row.own:
            self._report.unsealed += row.head_seq - reached

    def _say(self, seq: int, words: Words) -> None:
        _say(self._report, self._row, seq, words)


def _say(report: Report, row: JournalRow, seq: int, words: Words) -> None:
    where = f"{row.id.hex()[:8]}/{seq}"
    report.faults.append(
        Words(f"Jurnal {where}: {words.id}", f"Journal {where}: {words.en}")
    )


def _check_beside(book: Book, fence: Fence, mirror: Mirror, report: Report) -> None:
    if not fence_agrees(book, fence):
        report.faults.append(_FENCE)
    if not mirror_agrees(book, mirror):
        report.faults.append(_MIRROR)


def _check_blobs(book: Book, report: Report) -> None:
    report.blobs_awaited = len(book.blobs.missing())
    for sha in _present(book):
        report.blobs += 1
        if not book.blobs.is_whole(sha):
            name = sha.hex()[:8]
            report.faults.append(
                Words(f"Berkas {name}: {_BLOB.id}", f"Blob {name}: {_BLOB.en}")
            )


def _present(book: Book) -> Iterator[bytes]:
    found = book.store.rows("SELECT sha256 FROM blobs WHERE present = 1")
    yield from (bytes(row[0]) for row in found)


_ID = Words("nama jurnal tidak sesuai sertifikatnya", "its id is not its certificate's")
_HOLE = Words("ada catatan yang hilang", "entries are missing")
_CHAIN = Words(
    "rantai putus: catatan ini atau sebelumnya berubah",
    "the chain is broken: this entry or one before it was changed",
)
_BODY = Words("isi catatan ini rusak", "the body of this entry is damaged")
_BLOB = Words("hilang atau rusak", "missing or damaged")
_ROW = Words(
    "keterangan jurnal tidak sesuai sertifikatnya",
    "what is noted of it is not what its certificate says",
)
_CITED = Words(
    "daftar berkas yang dikutip tidak sesuai catatannya",
    "the list of cited blobs is not what its entries say",
)
_SEAL = Words("segel tidak sah", "the seal is not valid")
_FENCE = Words(
    "Buku ini lebih tua daripada yang pernah dijanjikan (pemulihan dari cadangan lama?).",
    "This book is older than what was promised (restored from an old backup?).",
)
_MIRROR = Words(
    "Cermin menyimpan catatan yang tidak ada di buku ini.",
    "The mirror holds entries that this book lacks.",
)
