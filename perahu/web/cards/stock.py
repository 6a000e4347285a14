"""Stock: what lies here of blanko, ribbon and film, its ledger, and the paper to sign.

Each form states one fact of the ledger; nothing is corrected in silence: a count that
differs asks for its reason, and the difference stays to be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from perahu.cards import actions_stock, reads, reads_desk, reads_district, reads_stock
from perahu.cards.facts import ITEMS, SOURCES, SPOIL_CAUSES
from perahu.cards.reads_desk import Period
from perahu.cards.rules_stock import BLANKO, COUNT_MAX, Transfer
from perahu.keys.certificates import HUB_ROLES, NodeCertificate
from perahu.web.cards import words as card_words
from perahu.web.routes import Route
from perahu.web.templatetags.perahu import number
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal, Words

LEDGER_ROWS = 60
RIBBON_CARDS = 500
"""Cards that one ribbon prints (domain.md 6)."""
_USE_DAYS, _DAY_MS = 30, 86_400_000
_FEW_DAYS = 7
_TRANSFER_BYTES, _NODE_BYTES = 12, 16
_PEOPLE_ROLES = ("kecamatan", "field")


# --- what is shown -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """One item at this office."""

    item: str
    words: Words
    unit: Words
    on_hand: int
    spoiled: int
    is_known: bool
    """Whether the ledger ever heard of it here."""
    days_left: int | None = None
    """At the use of the last month; None where nothing was used."""
    per_day: float = 0.0
    cards_left: int | None = None
    """How many cards it is good for, where that can be said."""

    @property
    def is_low(self) -> bool:
        """Whether somebody should ask for more now."""
        is_short = self.days_left is not None and self.days_left < _FEW_DAYS
        return self.is_known and (self.on_hand == 0 or is_short)


def stock(request: HttpRequest) -> HttpResponse:
    """The balances, what is on its way, the forms, and the ledger of one item."""
    visit, error, failed = visit_of(request), None, ""
    if request.method == "POST":
        failed = request.POST.get("deed", "")
        try:
            item = _do(request, visit)
            return redirect(f"{reverse('stock')}?barang={item}&tercatat={failed}")
        except Refusal as refusal:
            error = refusal.words
    item = _item_of(request.POST.get("item") or request.GET.get("barang", BLANKO))
    shown = _piles_shown(visit) | _ways_shown(visit) | _ledger_shown(visit, item)
    shown |= _choices(visit)
    shown |= {
        "error": error,
        "failed": failed if error else visit.draft.get("deed", ""),
        "typed": request.POST if error else visit.draft,
        "noted": _NOTED.get(request.GET.get("tercatat", "")) if not error else None,
        "month": visit.office.now().today.strftime("%Y-%m"),
    }
    status = 409 if error else 200
    return render(request, "perahu/stock/stock.html", shown, status=status)


_NOTED = {
    "receive": Words("Barang dari luar tercatat.", "Goods from outside are recorded."),
    "send": Words("Kiriman tercatat; barangnya sekarang dalam perjalanan.",
                  "The transfer is recorded; the goods are on the way now."),
    "arrive": Words("Kiriman tercatat diterima.", "The transfer is taken in."),
    "spoil": Words("Barang rusak tercatat. Gunting sudut kanan blanko rusak dan simpan.",
                   "Spoiled goods are recorded. Cut the right corner and keep them."),
    "count": Words("Hitungan tercatat.", "The count is recorded."),
}  # fmt: skip


def _item_of(text: str) -> str:
    return text if text in ITEMS else BLANKO


def _piles_shown(visit: Visit) -> dict[str, Any]:
    node = visit.office.journal.node_id
    halts = visit.office.journal.halts()
    return {
        "piles": [_pile(visit, item) for item in ITEMS],
        "queued": reads.state_counts(node)[reads.QUEUED],
        "must_count": bool(halts),
    }


def _pile(visit: Visit, item: str) -> Pile:
    node, now_ms = visit.office.journal.node_id, visit.office.now().wall_ms
    totals = reads_district.totals_of(node, item)
    on_hand, per_day, days_left = totals["on_hand"], 0.0, None
    if item == BLANKO:
        since = now_ms - _USE_DAYS * _DAY_MS
        use = reads_district.blanko_used_since(since, [node]).get(node)
        if use is not None and use.count > 0:
            days = max(1.0, (now_ms - use.first_ms) / _DAY_MS)
            per_day = use.count / days
            days_left = int(on_hand / per_day)
    return Pile(
        item=item,
        words=card_words.ITEMS[item],
        unit=card_words.UNITS[item],
        on_hand=on_hand,
        spoiled=totals["spoiled"],
        is_known=any(totals.values()) or _was_here(node, item),
        days_left=days_left,
        per_day=per_day,
        cards_left=on_hand * RIBBON_CARDS if item == "ribbon" and on_hand else None,
    )


def _was_here(node: bytes, item: str) -> bool:
    return bool(reads_district.ledger_of(node, item, 1))


def _ways_shown(visit: Visit) -> dict[str, Any]:
    node = visit.office.journal.node_id
    sent = [way for way in reads_district.on_the_way_to_all() if way.sent_by == node]
    return {
        "coming": [_way(visit, one) for one in reads_stock.on_the_way(node)],
        "going": [
            {
                "item": card_words.ITEMS[way.item],
                "unit": card_words.UNITS[way.item],
                "count": way.count,
                "office": card_words.office_name(visit.office, way.to.hex()),
                "sent_ms": way.sent_ms,
            }
            for way in sent
        ],
        "differences": [
            _way(visit, one)
            for one in reads_stock.open_differences()
            if node in (one.to, one.sent_by)
        ],
    }


def _way(visit: Visit, one: Transfer) -> dict[str, Any]:
    return {
        "transfer": one.transfer.hex(),
        "item": card_words.ITEMS.get(one.item, one.item),
        "unit": card_words.UNITS.get(one.item, ""),
        "sent": one.sent,
        "arrived": one.arrived,
        "difference": one.difference,
        "sender": card_words.office_name(visit.office, one.sent_by.hex()),
        "receiver": card_words.office_name(visit.office, one.to.hex()),
    }


def _ledger_shown(visit: Visit, item: str) -> dict[str, Any]:
    office = visit.office
    rows = reads_district.ledger_of(office.journal.node_id, item, LEDGER_ROWS)
    return {
        "item": item,
        "item_words": card_words.ITEMS[item],
        "ledger": [
            {
                "row": row,
                "count": _signed(row.count),
                "deed": card_words.DEEDS.get(row.kind, row.kind),
                "other": card_words.account_words(office, row.other),
                "text": card_words.cause_words(row.text) if row.text else "",
                "officer": card_words.officer_name(office, row.officer),
            }
            for row in rows
        ],
    }


def _signed(count: int) -> str:
    """+20 or −1, grouped as the language does it."""
    return ("+" if count > 0 else "−" if count < 0 else "") + number(abs(count))


def _choices(visit: Visit) -> dict[str, Any]:
    named = card_words.ITEMS
    return {
        "items": [(item, named[item]) for item in ITEMS],
        "sources": [(one, card_words.SOURCES[one]) for one in SOURCES],
        "causes": [(one, card_words.cause_words(one)) for one in SPOIL_CAUSES],
        "addressees": _addressees(visit),
    }


def _addressees(visit: Visit) -> list[NodeCertificate]:
    """From the hub to any office; from an office back to the hub, which hears it first."""
    journal = visit.office.journal
    roles = _PEOPLE_ROLES if visit.office.decides else HUB_ROLES
    nodes = journal.authority.nodes().values()
    found = [
        one for one in nodes if one.role in roles and one.node_id != journal.node_id
    ]
    return sorted(found, key=lambda one: one.name)


# --- what is done ------------------------------------------------------------------------


def _do(request: HttpRequest, visit: Visit) -> str:
    """State one fact of the ledger; gives the item it was about. Raises Refusal."""
    deed = _DEEDS.get(request.POST.get("deed", ""))
    if deed is None:
        raise Refusal(
            "unknown_choice",
            id="Tindakan ini tidak dikenal; tidak ada yang diubah. Muat ulang halaman.",
            en="This deed is not known; nothing was changed. Reload the page.",
        )
    return deed(request, visit)


def _count_of(request: HttpRequest, least: int = 1) -> int:
    return int_of(request.POST.get("count", ""), COUNT_MAX, least)


def _receive(request: HttpRequest, visit: Visit) -> str:
    item = request.POST.get("item", "")
    actions_stock.receive_stock(
        visit.office.journal,
        visit.ask(op_of(request)),
        item=item,
        count=_count_of(request),
        source=request.POST.get("source", ""),
        document=request.POST.get("document", ""),
    )
    return item


def _send(request: HttpRequest, visit: Visit) -> str:
    item = request.POST.get("item", "")
    to = hex_of(request.POST.get("to", ""), _NODE_BYTES)
    if to not in [one.node_id for one in _addressees(visit)]:
        raise Refusal(
            "unknown_office",
            id="Kantor tujuan ini tidak ada di daftar; belum ada yang dikirim.",
            en="This office is not on the list; nothing was sent.",
        )
    actions_stock.send_stock(
        visit.office.journal,
        visit.ask(op_of(request)),
        transfer=visit.office.random(_TRANSFER_BYTES),
        item=item,
        count=_count_of(request),
        to=to,
    )
    visit.office.look_now()
    return item


def _arrive(request: HttpRequest, visit: Visit) -> str:
    transfer = hex_of(request.POST.get("transfer", ""), _TRANSFER_BYTES)
    actions_stock.arrive_stock(
        visit.office.journal,
        visit.ask(op_of(request)),
        transfer=transfer,
        count=_count_of(request, 0),
    )
    known = reads_stock.transfer(transfer)
    return known.item if known else BLANKO


def _spoil(request: HttpRequest, visit: Visit) -> str:
    item = request.POST.get("item", "")
    actions_stock.spoil_stock(
        visit.office.journal,
        visit.ask(op_of(request)),
        item=item,
        count=_count_of(request),
        cause=request.POST.get("cause", ""),
    )
    return item


def _count(request: HttpRequest, visit: Visit) -> str:
    item, counted = request.POST.get("item", ""), _count_of(request, 0)
    reason = request.POST.get("reason", "")
    try:
        actions_stock.count_stock(
            visit.office.journal,
            visit.ask(op_of(request)),
            item=item,
            counted=counted,
            reason=reason,
        )
    except Refusal as refusal:
        if refusal.code != "reason_missing" or reason.strip():
            raise
        expected = reads_stock.on_hand(visit.office.journal.node_id, item)
        raise _needs_reason(expected, counted) from refusal
    return item


def _needs_reason(expected: int, counted: int) -> Refusal:
    found = _signed(counted - expected)
    return Refusal(
        "reason_missing",
        id=f"Menurut buku ada {expected}, Anda menghitung {counted}: selisih {found}. "
        "Belum ada yang dicatat. Hitung sekali lagi; bila tetap, tulis alasannya.",
        en=f"By the ledger there are {expected}, you counted {counted}: a difference of "
        f"{found}. Nothing was recorded yet. Count once more; if it stays, write why.",
    )


_DEEDS: dict[str, Callable[[HttpRequest, Visit], str]] = {
    "receive": _receive,
    "send": _send,
    "arrive": _arrive,
    "spoil": _spoil,
    "count": _count,
}


# --- the paper ---------------------------------------------------------------------------


@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    """Berita acara of one item and one month: it adds up, and people sign it."""
    visit = visit_of(request)
    item = _item_of(request.GET.get("barang", BLANKO))
    year, month = _month_of(request.GET.get("bulan", ""), visit)
    from_ms, until_ms = _bounds(year, month)
    found = reads_desk.period(visit.office.journal.node_id, item, from_ms, until_ms)
    shown = {
        "item": item,
        "item_words": card_words.ITEMS[item],
        "unit": card_words.UNITS[item],
        "items": [(one, card_words.ITEMS[one]) for one in ITEMS],
        "from_ms": from_ms,
        "until_ms": min(until_ms - 1, visit.office.now().wall_ms),
        "month": f"{year:04d}-{month:02d}",
        "period": found,
        "lines": _lines(found),
        "causes": [(card_words.cause_words(c), n) for c, n in found.causes.items()],
        "today": visit.office.now().today,
    }
    return render(request, "perahu/stock/paper.html", shown)


def _lines(found: Period) -> list[tuple[Words, str]]:
    """Every kind of movement in the order of the ledger's words."""
    last = len(card_words.DEEDS)
    order = {kind: place for place, kind in enumerate(card_words.DEEDS)}
    kinds = sorted(found.moved, key=lambda kind: order.get(kind, last))
    return [
        (card_words.DEEDS.get(kind, Words(kind, kind)), _signed(found.moved[kind]))
        for kind in kinds
    ]


def _month_of(text: str, visit: Visit) -> tuple[int, int]:
    """2026-11 as year and month; anything else is this month."""
    today = visit.office.now().today
    year, _, month = text.partition("-")
    is_month = year.isdecimal() and month.isdecimal() and len(text) <= 7
    if is_month and 2000 <= int(year) <= 2200 and 1 <= int(month) <= 12:
        return int(year), int(month)
    return today.year, today.month


def _bounds(year: int, month: int) -> tuple[int, int]:
    """The month's first moment and the next one's, by the site's clock."""
    zone = timezone.get_current_timezone()
    first = datetime(year, month, 1, tzinfo=zone)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return int(first.timestamp() * 1000), int(after.timestamp() * 1000)


ROUTES = (
    Route(path="stok", name="stock", view=stock, rights=("stock",), menu=_("Stok")),
    Route(path="stok/berita-acara", name="stock-paper", view=paper, rights=("stock",)),
)
