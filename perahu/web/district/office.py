"""One office as the kabupaten sees it: backlog, cards, ledger of stock, cases, contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from perahu.cards import reads as orders
from perahu.cards import reads_stock as stock
from perahu.cards.facts import ITEMS
from perahu.cards.reads import HANDED_OVER, STATE_WORDS, UNKNOWN
from perahu.cards.reads_district import LedgerRow, ledger_of, totals_of
from perahu.cards.rules import AttemptState, OrderState
from perahu.cases.rules_words import KIND_WORDS
from perahu.enrolment.facts import UNIQUE_STATUSES
from perahu.enrolment.reads_hub import Backlog, Heap
from perahu.journal.book import Parked
from perahu.people.rules.codes import path_of
from perahu.web.district.figures import OfficeSeen, look
from perahu.web.district.map import Look
from perahu.web.district.network import office_links
from perahu.web.links import link
from perahu.web.ports import Office
from perahu.web.status_words import STATUS_WORDS, StatusWords, Turn
from perahu.web.templatetags.perahu import day
from perahu.web.visits import Visit, hex_of, visit_of
from perahu.words import Refusal, Words

LEDGER_ROWS = 300
PARKED_SHOWN = 20
UNCERTAIN_SHOWN = 50
NODE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One line of the backlog: what it is, whose turn, how many, since when."""

    words: StatusWords
    code: str
    heap: Heap


@require_safe
def office_page(request: HttpRequest, node: str) -> HttpResponse:
    """One office: its backlog, cards, ledger, cases and contacts."""
    visit = visit_of(request)
    node_id = hex_of(node, NODE_BYTES)
    seen = look(visit.office).office(node_id)
    if seen is None:
        raise _NO_SUCH_OFFICE
    item = request.GET.get("barang", "")
    item = item if item in ITEMS else ITEMS[0]
    shown = {
        "seen": seen,
        "look": Look.of(seen.level),
        "backlog": waiting_rows(seen.backlog),
        "unique": unique_rows(seen.backlog),
        "cards": _card_rows(seen),
        "uncertain": uncertain_prints(visit, node_id),
        "item": item,
        "stock_items": [(one, one == item, _sums(node_id, one)) for one in ITEMS],
        "ledger": by_day(
            [
                Moved.of(row, visit.office)
                for row in ledger_of(node_id, item, LEDGER_ROWS)
            ]
        ),
        "cases": [(one, KIND_WORDS[one.kind]) for one in seen.cases],
        "places": [path_of(code) for code in seen.node.wilayah],
        "parked": _parked_of(visit.office, node_id)[:PARKED_SHOWN],
        "may_decide": visit.may("verify"),
        "links": office_links(
            seen.node, visit.office.parts, visit.office.now().wall_ms
        ),
    }
    return render(request, "perahu/district/office.html", shown)


def waiting_rows(backlog: Backlog) -> list[Waiting]:
    """The recordings that wait for somebody, in the order a recording goes its way."""
    own = (
        (_BEGUN, backlog.begun),
        (_RECALLED, backlog.recalled),
        (_TO_HAND, backlog.to_hand),
    )
    rows = [Waiting(words=words, code="", heap=heap) for words, heap in own]
    rows += [row for row in _centre_rows(backlog) if row.code not in UNIQUE_STATUSES]
    return [row for row in rows if row.heap.count]


def unique_rows(backlog: Backlog) -> list[Waiting]:
    """What the centre found unique: their cards are the office's own business."""
    return [row for row in _centre_rows(backlog) if row.code in UNIQUE_STATUSES]


def _centre_rows(backlog: Backlog) -> list[Waiting]:
    return [
        Waiting(words=words, code=status, heap=backlog.at_centre[status])
        for status, words in STATUS_WORDS.items()
        if status in backlog.at_centre
    ]


def _card_rows(seen: OfficeSeen) -> list[tuple[Words, Heap]]:
    return [
        (STATE_WORDS[state], seen.cards[state])
        for state in STATE_WORDS
        if state in seen.cards and state not in (UNKNOWN, HANDED_OVER)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """One print whose card somebody must look at, and its person's page if open to her."""

    order: OrderState
    attempt: AttemptState
    person: str


def uncertain_prints(visit: Visit, node_id: bytes) -> list[Uncertain]:
    """The prints at an office that may hold a blanko nobody has accounted for."""
    return [
        Uncertain(
            order=order, attempt=attempt, person=link(visit, "person", order.person)
        )
        for order, attempt in orders.to_look_at(node_id)[:UNCERTAIN_SHOWN]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One line of the ledger in words."""

    row: LedgerRow
    """The newest of them."""
    words: Words
    where: Words
    """The office or the source on the other side."""
    text: Words
    officer: str
    count: int

    @classmethod
    def of(cls, row: LedgerRow, office: Office) -> Moved:
        """Say what moved, and who wrote it down."""
        kind, _, about = row.other.partition(":")
        where = Words("", "")
        if kind == "transit":
            where = _other_office(bytes.fromhex(about), row.count < 0, office)
        elif kind == "outside":
            where = _SOURCES.get(about, where)
        grant = office.journal.authority.grant(row.officer)
        return cls(
            row=row,
            words=_MOVES.get(row.kind, _MOVES["StockCounted"]),
            where=where,
            text=_CAUSES.get(row.text, Words(row.text, row.text)),
            officer=grant.name if grant else row.officer.hex()[:8],
            count=row.count,
        )

    @property
    def alike(self) -> tuple[object, ...]:
        """What one line has in common."""
        return (day(self.row.at_ms), self.words, self.where, self.text, self.officer)


def by_day(moves: Sequence[Moved]) -> list[Moved]:
    """Neighbours of one day that say the same become one line with their sum."""
    return [
        replace(first, count=first.count + sum(one.count for one in rest))
        for _, (first, *rest) in groupby(moves, key=lambda one: one.alike)
    ]


def _other_office(transfer: bytes, is_out: bool, office: Office) -> Words:
    found = stock.transfer(transfer)
    node_id = b"" if found is None else found.to if is_out else found.sent_by
    node = office.journal.authority.node(node_id)
    name = node.name if node else node_id.hex()[:8]
    return (
        Words(f"ke {name}", f"to {name}")
        if is_out
        else Words(f"dari {name}", f"from {name}")
    )


def _sums(node_id: bytes, item: str) -> dict[str, int]:
    """Where an item went; a difference counts as found too many or too few."""
    found = totals_of(node_id, item)
    return {**found, "miscounted": -found["difference"]}


def _parked_of(office: Office, node_id: bytes) -> list[Parked]:
    own = {row.id for row in office.journal.journals() if row.node == node_id}
    return [one for one in office.journal.parked() if one.journal in own]


_MOVES = {
    "CardPrinted": Words("menjadi kartu", "became a card"),
    "CardSpoiled": Words("rusak waktu dicetak", "spoiled in printing"),
    "StockSpoiled": Words("rusak", "spoiled"),
    "StockSent": Words("dikirim", "sent"),
    "StockArrived": Words("tiba", "arrived"),
    "StockReceived": Words("diterima", "received"),
    "StockCounted": Words("hitung ulang", "count by hand"),
}
_CAUSES = {
    "GAGAL_CETAK": Words("gagal cetak", "printing failed"),
    "GAGAL_ENCODE": Words("gagal mengisi cip", "writing the chip failed"),
    "CACAT_PABRIK": Words("cacat pabrik", "faulty from the factory"),
}
_SOURCES = {
    "TERIMA_PUSAT": Words("dari pusat", "from the centre"),
    "TERIMA_PROVINSI": Words("dari provinsi", "from the provinsi"),
    "PINJAM_MASUK": Words("pinjaman", "a loan"),
}
_BEGUN = StatusWords(
    short="",
    name=Words("Sedang direkam di kantor", "Being recorded at the office"),
    meaning=Words("Perekaman dibuka dan belum ditutup.", "Opened and not closed yet."),
    turn=Turn.OFFICE,
    deed=Words("Lanjutkan perekamannya.", "Go on with the recording."),
)
_RECALLED = StatusWords(
    short="",
    name=Words("Dipanggil ulang", "Called back"),
    meaning=Words(
        "Ada bagian yang tidak terbaca di pusat; orangnya perlu datang sekali lagi.",
        "The centre could not read a part; the person has to come once more.",
    ),
    turn=Turn.OFFICE,
    deed=Words(
        "Panggil orangnya; rekam ulang hanya bagian itu.",
        "Call the person; record only that part again.",
    ),
)
_TO_HAND = StatusWords(
    short="",
    name=Words("Selesai direkam, belum masuk ke pusat", "Recorded, not at the centre"),
    meaning=Words(
        "Menunggu bagian yang belum tiba, putusan kabupaten, atau jalur ke pusat.",
        "Waits for a part still on its way, a decision here, or the road to the centre.",
    ),
    turn=Turn.KABUPATEN,
    deed=Words(
        "Periksa kontak kantor dan kasusnya.", "Look at its contact and its cases."
    ),
)
_NO_SUCH_OFFICE = Refusal(
    "unknown_office",
    id="Kantor ini tidak ada di buku kabupaten; tidak ada yang diubah. Kembali ke "
    "halaman kabupaten.",
    en="This office is not in the kabupaten's book; nothing was changed. Go back to the "
    "kabupaten's page.",
)
