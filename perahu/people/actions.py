"""What a desk does with residents: import, undo, register, correct, link.

- An import goes in pieces, so that other desks get their turn; broken off, it goes on
  where it stopped when it is asked again with the same file, and nobody comes in twice:
  a NIK that is known keeps its person id, and a row that says nothing new is passed over.
- Each resident goes to every office whose wilayah holds the home desa, in the hub's
  journal for that office; residents outside all of them stay in the hub's own journal.
- Undoing a batch is one fact; nothing is taken out of the book.

Example: `plan = plan_import(path, today=today)`, show it, then
`import_residents(journal, ask, plan, rng=rng)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.ports import Random
from perahu.journal.types import COMMON, Ask, Draft, Receipt
from perahu.journal.writer import Writer
from perahu.keys.authority import Authority
from perahu.keys.certificates import HUB_ROLES
from perahu.people import reads, rules
from perahu.people.facts import (
    Biodata,
    ImportBegun,
    ImportUndone,
    ResidentCorrected,
    ResidentImported,
    ResidentRegistered,
    SamePerson,
)
from perahu.people.rules import Change, ImportPlan, PlannedRow
from perahu.words import Refusal

ROWS_PER_APPEND = 500
PERSON_BYTES = 12
OP_ID_BYTES = 16

Progress = Callable[[int, int], None]
"""Called after each piece with the rows done and all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did; asked again, only what was left to do."""

    batch: bytes
    added: int
    """Persons new to this book."""
    changed: int
    """Known persons whose data the file has newer."""
    known: int
    """Rows that said nothing new."""
    unserved: int
    """Rows of desa that no enrolled office serves; they stay with the hub."""
    receipt: Receipt | None
    """Of the last piece; None where nothing was left to do in a book restored since."""


def plan_import(path: Path, *, today: date, home: str = "") -> ImportPlan:
    """Read a file for the dry run; nothing is written. Refuses a file that is none."""
    try:
        if path.stat().st_size > rules.FILE_BYTES_MAX:
            raise rules.too_big(f"{rules.FILE_BYTES_MAX // 2**20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise Refusal(
            "file_unreadable",
            f"Berkas {path.name} tidak ada atau tidak dapat dibaca; periksa nama dan "
            "medianya. Tidak ada yang diimpor.",
            f"The file {path.name} is missing or cannot be read; check its name and its "
            "medium. Nothing was imported.",
        ) from error
    return rules.read_plan(content, path.name, today=today, home=home)


def import_residents(
    journal: Journal,
    ask: Ask,
    plan: ImportPlan,
    *,
    rng: Random,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Take the residents of a plan in; broken off, the same call goes on.

    1. The batch begins, or the one of this very file goes on.
    2. Piece by piece: rows that are new, or say something new, are stated.
    """
    _check_hub(journal)
    rules.decide_import(plan, skip_bad=skip_bad)
    batch, receipt = _begin(journal, ask, plan, rng)
    added = changed = known = unserved = 0
    total = len(plan.rows)
    for start in range(0, total, ROWS_PER_APPEND):
        rows = plan.rows[start : start + ROWS_PER_APPEND]
        with journal.writing() as book:
            piece = _Piece(batch, rows, _Offices(book.authority, book.node_id), rng)
            if piece.drafts:
                receipt = book.append(_part_of(ask, batch, start), piece.drafts)
        added, changed = added + piece.added, changed + piece.changed
        known, unserved = known + piece.known, unserved + piece.unserved
        if progress is not None:
            progress(start + len(rows), total)
    return ImportResult(
        batch=batch,
        added=added,
        changed=changed,
        known=known,
        unserved=unserved,
        receipt=receipt,
    )


def undo_import(journal: Journal, ask: Ask, *, batch: bytes, reason: str) -> Receipt:
    """Let a whole import count as never made; persons already served stay known."""
    _check_hub(journal)
    text = rules.decide_text(reason, rules.REASON_CHARS_MAX, "alasan", "reason")
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = reads.import_state(batch)
        rules.decide_undo(
            known=state is not None, undone=bool(state and state.is_undone)
        )
        return book.append(
            ask, [Draft(ImportUndone(batch=batch, reason=text), audience=COMMON)]
        )


def send_residents(
    journal: Journal, ask: Ask, *, node: bytes, progress: Progress | None = None
) -> int:
    """State to an office enrolled after the import whom it serves; gives back how many.

    Imported residents only: what desks stated travels by itself. Done twice, it costs the
    bytes once more and changes nothing.
    """
    _check_hub(journal)
    certificate = journal.authority.nodes().get(node)
    persons = reads.imported_within(certificate.wilayah if certificate else ())
    for start in range(0, len(persons), ROWS_PER_APPEND):
        piece = persons[start : start + ROWS_PER_APPEND]
        with journal.writing() as book:
            drafts = [
                Draft(ResidentImported(**one._asdict()), (), node)
                for one in reads.imported(piece)
            ]
            if drafts:
                book.append(_part_of(ask, node, start), drafts)
        if progress is not None:
            progress(start + len(piece), len(persons))
    return len(persons)


def register_resident(
    journal: Journal,
    ask: Ask,
    *,
    person: bytes,
    biodata: Biodata,
    wilayah: str,
    papers: str,
) -> Receipt:
    """A person unknown here came with papers; the asker minted the 12 bytes of the id."""
    assert len(person) == PERSON_BYTES
    with journal.writing(about=(person,)) as book:
        if done := book.done(ask.op_id):
            return done
        known = reads.by_nik(biodata.nik) is not None
        accepted = rules.decide_registration(biodata, papers=papers, known=known)
        fact = ResidentRegistered(
            person=person, biodata=accepted, wilayah=wilayah, papers=papers
        )
        return book.append(ask, _addressed(journal, book, fact, accepted.wilayah))


def correct_biodata(
    journal: Journal,
    ask: Ask,
    *,
    person: bytes,
    changes: Sequence[Change],
    wilayah: str,
) -> Receipt:
    """Correct elements of a person's biodata, each with the paper that proves it."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        before = reads.person(person)
        if before is None:
            raise _unknown_person()
        decided = rules.decide_correction(before.biodata, changes)
        fact = ResidentCorrected(person=before.person, changes=decided, wilayah=wilayah)
        return book.append(ask, _addressed(journal, book, fact, before.biodata.wilayah))


def link_same_person(
    journal: Journal, ask: Ask, *, person: bytes, other: bytes, reason: str
) -> Receipt:
    """The hub found that two ids are one person; `other` follows `person` from here on."""
    _check_hub(journal)
    text = rules.decide_text(reason, rules.REASON_CHARS_MAX, "alasan", "reason")
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        if reads.person(person) is None or reads.person(other) is None:
            raise _unknown_person()
        # Ends are linked to ends, so that no chain of links grows.
        leader, follower = reads.person_of(person), reads.person_of(other)
        rules.decide_link(leader, follower)
        fact = SamePerson(person=leader, other=follower, reason=text)
        return book.append(ask, [Draft(fact, audience=COMMON)])


# --- the import, piece by piece ----------------------------------------------------------


def _begin(
    journal: Journal, ask: Ask, plan: ImportPlan, rng: Random
) -> tuple[bytes, Receipt | None]:
    """The batch of this file, begun now or before, and the receipt of its beginning."""
    with journal.writing() as book:
        state = reads.import_of_file(plan.file_hash)
        if state is not None:
            return state.batch, book.done(state.begun_op)
        if book.done(ask.op_id):
            raise Refusal(
                "import_undone",
                "Impor ini sudah dibatalkan; mulai impor baru bila memang perlu.",
                "This import was undone since; begin a new one if it is wanted.",
            )
        fact = ImportBegun(
            batch=rng(PERSON_BYTES),
            file_name=plan.file_name,
            file_hash=plan.file_hash,
            rows=len(plan.rows),
        )
        return fact.batch, book.append(ask, [Draft(fact)])


class _Piece:
    """The drafts for some rows of a plan, against what the tables hold now."""

    def __init__(
        self,
        batch: bytes,
        rows: Sequence[PlannedRow],
        offices: _Offices,
        rng: Random,
    ) -> None:
        self.drafts: list[Draft] = []
        self.added = self.changed = self.known = self.unserved = 0
        known = reads.known_by_nik([row.biodata.nik for row in rows])
        for row in rows:
            before = known.get(row.biodata.nik)
            if before is not None and before.stated == row.biodata:
                self.known += 1
                continue
            fact = ResidentImported(
                person=before.person if before else rng(PERSON_BYTES),
                biodata=row.biodata,
                batch=batch,
            )
            self.added += before is None
            self.changed += before is not None
            audiences = offices.serving(row.biodata.wilayah)
            self.unserved += not audiences
            if before is not None and before.stated is not None:
                # The office that the person moved away from must hear of it too.
                audiences |= offices.serving(before.stated.wilayah)
            self.drafts += [
                Draft(fact, (), node) for node in sorted(audiences) or [b""]
            ]


class _Offices:
    """Which enrolled nodes serve the residents of which desa."""

    def __init__(self, authority: Authority, own: bytes) -> None:
        self._scopes = [
            (node, certificate.wilayah)
            for node, certificate in authority.nodes().items()
            if node != own
        ]
        self._serving: dict[str, frozenset[bytes]] = {}

    def serving(self, desa: str) -> frozenset[bytes]:
        """The node ids, none where no office serves this desa."""
        found = self._serving.get(desa)
        if found is None:
            nodes = (n for n, scope in self._scopes if rules.serves(desa, scope))
            found = self._serving[desa] = frozenset(nodes)
        return found


def _addressed(
    journal: Journal,
    book: Writer,
    fact: ResidentCorrected | ResidentRegistered,
    desa: str,
) -> list[Draft]:
    """The hub tells the home offices; any other node writes in its own journal."""
    audiences: Iterable[bytes] = ()
    if journal.role in HUB_ROLES:
        audiences = sorted(_Offices(book.authority, book.node_id).serving(desa))
    return [Draft(fact, (), audience) for audience in audiences or (b"",)]


def _part_of(ask: Ask, whole: bytes, start: int) -> Ask:
    """The ask of one piece: the same whenever the same piece is asked for again."""
    name = ask.op_id + whole + start.to_bytes(4, "big")
    return replace(ask, op_id=hashlib.sha256(name).digest()[:OP_ID_BYTES])


def _check_hub(journal: Journal) -> None:
    if journal.role not in HUB_ROLES:
        raise Refusal(
            "hub_only",
            "Hanya kabupaten yang dapat melakukan ini; simpul ini bukan kabupaten.",
            "Only the kabupaten can do this; this node is not the kabupaten.",
        )


def _unknown_person() -> Refusal:
    return Refusal(
        "unknown_person",
        "Orang ini tidak dikenal di simpul ini; cari lagi dengan NIK atau nama.",
        "This person is not known at this node; search again by NIK or name.",
    )
