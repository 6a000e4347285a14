"""The work lists: what waits for a hand here, in the order in which it is pressing.

A list shows only to who may do its work, and only where something waits. Each costs a
count and a page of rows by an index: a home page is a dozen short questions, whatever the
book has grown to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from perahu.cards import reads as cards
from perahu.enrolment.reads import BEGUN, RECALLED, UNPROVED
from perahu.enrolment.reads_desk import DUE_COUNTED_MAX
from perahu.web.desk import work_items as rows
from perahu.web.desk.work_items import Count, Item, Items
from perahu.web.visits import Visit

HOME_ROWS, PAGE_ROWS = 5, 25
DUE = "belum-rekam"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One list, or a page of it."""

    key: str
    title: object
    advice: object
    total: int
    items: Sequence[Item]
    tone: str = ""
    is_capped: bool = False
    """There are more than `total`; nobody counted further."""

    @property
    def address(self) -> str:
        """Where all of it stands."""
        return reverse("worklist", args=[self.key])

    @property
    def has_more(self) -> bool:
        """Whether there is more than what is shown."""
        return self.total > len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of list: who sees it, what it counts, and its rows."""

    key: str
    title: object
    advice: object
    rights: tuple[str, ...]
    """Any one of these; () for every operator."""
    count: Count
    items: Items
    tone: str = ""
    at_hub: bool = False
    is_short: bool = False
    """Only its count stands on the home page."""


def open_kinds(visit: Visit) -> list[Kind]:
    """The lists that this node has and who sits here may work on."""
    office = visit.office
    return [
        kind
        for kind in KINDS
        if (not kind.rights or visit.may(*kind.rights))
        and (office.decides if kind.at_hub else office.serves_people or not kind.rights)
    ]


def home_lists(visit: Visit) -> list[WorkList]:
    """Every list in which something waits, with its first rows."""
    found = []
    for kind in open_kinds(visit):
        if total := kind.count(visit):
            first = [] if kind.is_short else kind.items(visit, HOME_ROWS, 0)
            found.append(_list(kind, total, first))
    return found


def whole_list(visit: Visit, key: str, page: int) -> WorkList | None:
    """One page of a list, from 1; None where there is no such list for her."""
    kind = next((one for one in open_kinds(visit) if one.key == key), None)
    if kind is None:
        return None
    total = kind.count(visit)
    return _list(kind, total, kind.items(visit, PAGE_ROWS, (page - 1) * PAGE_ROWS))


def _list(kind: Kind, total: int, items: Sequence[Item]) -> WorkList:
    capped = kind.key == DUE and total > DUE_COUNTED_MAX
    return WorkList(
        key=kind.key,
        title=kind.title,
        advice=kind.advice,
        total=DUE_COUNTED_MAX if capped else total,
        items=items,
        tone=kind.tone,
        is_capped=capped,
    )


KINDS = (
    Kind(
        key="simpul",
        title=_("Simpul ini"),
        advice=_("Soal simpul ini sendiri yang menunggu orang."),
        rights=(),
        count=rows.trouble_count,
        items=rows.troubles,
        tone="is-bad",
    ),
    Kind(
        key="periksa-cetak",
        title=_("Periksa hasil cetak"),
        advice=_("Tidak ada yang dicetak ulang sebelum kartunya dilihat."),
        rights=("print",),
        count=rows.card_count(cards.LOOK),
        items=rows.card_items(cards.LOOK),
        tone="is-bad",
    ),
    Kind(
        key="panggil-ulang",
        title=_("Panggil ulang"),
        advice=_(
            "Ada bagian yang tidak terbaca di pusat. Hanya bagian itu direkam lagi."
        ),
        rights=("record",),
        count=rows.waiting_count(RECALLED),
        items=rows.recordings(RECALLED),
        tone="is-warn",
    ),
    Kind(
        key="lengkapi",
        title=_("Lengkapi perekaman"),
        advice=_("Sudah dimulai dan tersimpan; lanjutkan dari tempat berhenti."),
        rights=("record",),
        count=rows.waiting_count(BEGUN),
        items=rows.recordings(BEGUN),
        tone="is-warn",
    ),
    Kind(
        key="bukti",
        title=_("Berikan bukti perekaman"),
        advice=_("Rekaman sudah lengkap; orangnya belum membawa pulang bukti."),
        rights=("record",),
        count=rows.waiting_count(UNPROVED),
        items=rows.recordings(UNPROVED),
    ),
    Kind(
        key="cetak",
        title=_("Cetak kartu"),
        advice=_(
            "Urut menurut aturan: yang belum pernah punya KTP-el dahulu, lalu yang memesan "
            "lebih dulu."
        ),
        rights=("print",),
        count=rows.card_count(cards.QUEUED),
        items=rows.card_items(cards.QUEUED),
    ),
    Kind(
        key="serahkan",
        title=_("Serahkan kartu"),
        advice=_("Kartu sudah jadi dan menunggu pemiliknya."),
        rights=("hand_over",),
        count=rows.card_count(cards.TO_HAND_OVER),
        items=rows.card_items(cards.TO_HAND_OVER),
        tone="is-good",
    ),
    Kind(
        key="kiriman-stok",
        title=_("Stok yang datang"),
        advice=_("Hitung isinya bersama pembawanya, lalu terima."),
        rights=("stock",),
        count=rows.arriving_count,
        items=rows.arriving,
    ),
    Kind(
        key="kasus",
        title=_("Kasus untuk diputuskan"),
        advice=_("Hanya orang yang bisa memutuskan ini."),
        rights=("verify",),
        count=rows.case_count,
        items=rows.case_items,
        tone="is-warn",
        at_hub=True,
    ),
    Kind(
        key=DUE,
        title=_("Belum pernah direkam"),
        advice=_("Penduduk wilayah ini yang sudah cukup umur dan belum direkam."),
        rights=("record",),
        count=rows.due_count,
        items=rows.due,
        is_short=True,
    ),
)
"""Every list, the most pressing first."""
