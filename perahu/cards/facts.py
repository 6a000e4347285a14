"""What can have happened to a card and to every blank: lane 0, before everything else.

A print right (an order) lives at exactly one office. Blanko, ribbon and film are a
double-entry ledger: each stock fact moves a count from one account to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import CONTROL, Kind

_LAW_CARD = "UU 24/2013 art. 63-64, 79A, 96; kept 10 years"
_LAW_STOCK = "UU 24/2013 art. 96, SE Mendagri 470.13/11176/SJ; kept 10 years"
_SUBJECTS = ("person", "order")

ITEMS = ("blanko", "ribbon", "film")
SOURCES = ("TERIMA_PUSAT", "TERIMA_PROVINSI", "PINJAM_MASUK")
SPOIL_CAUSES = ("GAGAL_CETAK", "GAGAL_ENCODE", "CACAT_PABRIK")
PRINT_KINDS = (
    "PEMULA_17", "BELUM_PERNAH", "HILANG", "RUSAK", "PINDAH_DATANG", "PERUBAHAN_ELEMEN",
    "SUKET_KONVERSI", "LUAR_DOMISILI", "WNA",
)  # fmt: skip
HAND_OVER_MEANS = ("finger", "code")
OUTCOMES = ("printed", "spoiled", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrdered:
    """The centre says PRR: this office, and no other, may print this person's card once.

    Blobs: photo, signature and the two index templates, sealed to the printing office.
    """

    KIND: ClassVar[Kind] = Kind(
        70, 1, CONTROL, _LAW_CARD, hub_only=True, subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    home: bytes
    """The node id of the office that holds the right."""
    recording: bytes
    kind: str
    document: int = 1
    """The version of the person's card; one accepted print for each."""
    pickup: bytes = b""
    """SHA-256 of the pick-up code that is on the proof of recording, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintCancelled:
    """The centre took the order back; an unprinted card is not printed, a printed one is
    held back from hand-over."""

    KIND: ClassVar[Kind] = Kind(
        71, 1, CONTROL, _LAW_CARD, hub_only=True, subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRightSent:
    """The holder gives the right away; from here on it may not print.

    It says of the order what the receiver may not know. Blobs: the parts of the card,
    sealed to the receiver; none where it holds its own already.
    """

    KIND: ClassVar[Kind] = Kind(
        72, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    to: bytes
    kind: str = ""
    document: int = 1
    recording: bytes = b""
    pickup: bytes = b""
    ordered_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRightTaken:
    """The new holder took the right; only now may it print."""

    KIND: ClassVar[Kind] = Kind(
        73, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    sent_by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintIntended:
    """A blank is about to meet the printer; flushed before the printer hears of it."""

    KIND: ClassVar[Kind] = Kind(
        74, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    attempt: int
    printer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPrinted:
    """The card of this attempt is good; one blanko is used."""

    KIND: ClassVar[Kind] = Kind(
        75, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSpoiled:
    """The blanko of this attempt is spoiled, and accounted for; the order is open again."""

    KIND: ClassVar[Kind] = Kind(
        76, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    attempt: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintUncertain:
    """Nobody knows what became of this attempt; a person must look before anything else."""

    KIND: ClassVar[Kind] = Kind(
        77, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    attempt: int
    printer_says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintNeverBegan:
    """The operator looked, or the printer said surely: the blank of this attempt is unused."""

    KIND: ClassVar[Kind] = Kind(
        78, 1, CONTROL, _LAW_CARD, right="print", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHandedOver:
    """The person has the card in hand (CARD_ISSUED); proven by finger or by code."""

    KIND: ClassVar[Kind] = Kind(
        79, 1, CONTROL, _LAW_CARD, right="hand_over", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    means: str
    collector: str
    """Who took it: "self", or the name on the letter of authority."""
    score: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReceived:
    """Stock came from outside the kabupaten's own ledger."""

    KIND: ClassVar[Kind] = Kind(80, 1, CONTROL, _LAW_STOCK, right="stock")
    item: str
    count: int
    source: str
    document: str
    """The number of the delivery note (Berita Acara Serah Terima)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSent:
    """First half of a transfer: it left here and is on the way."""

    KIND: ClassVar[Kind] = Kind(
        81, 1, CONTROL, _LAW_STOCK, right="stock", subjects=("transfer",)
    )
    transfer: bytes
    item: str
    count: int
    to: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StockArrived:
    """Second half: what was counted on arrival; a difference to what was sent stays open."""

    KIND: ClassVar[Kind] = Kind(
        82, 1, CONTROL, _LAW_STOCK, right="stock", subjects=("transfer",)
    )
    transfer: bytes
    item: str
    count: int
    sent_by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSpoiled:
    """Pieces found unusable outside a print attempt."""

    KIND: ClassVar[Kind] = Kind(83, 1, CONTROL, _LAW_STOCK, right="stock")
    item: str
    count: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCounted:
    """A count by hand; the difference to the ledger is posted, with its reason (OPNAME).

    Also what a new epoch must state before it may print (journal.md 2, row 9).
    """

    KIND: ClassVar[Kind] = Kind(84, 1, CONTROL, _LAW_STOCK, right="stock")
    item: str
    counted: int
    expected: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSent:
    """A printed card leaves for another office, which is to hand it over.

    Blobs: as with PrintRightSent. A kind of its own, so that nobody who does not know it
    takes it for a right to print.
    """

    KIND: ClassVar[Kind] = Kind(
        85, 1, CONTROL, _LAW_CARD, right="hand_over", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    to: bytes
    kind: str
    document: int = 1
    recording: bytes = b""
    pickup: bytes = b""
    ordered_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTaken:
    """The printed card lies at this office now; it alone may hand it over."""

    KIND: ClassVar[Kind] = Kind(
        86, 1, CONTROL, _LAW_CARD, right="hand_over", subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    sent_by: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRelayed:
    """The hub tells an office of a right or card that another one sent to it.

    It is the sender's own statement once more, named by its place: heard both ways it is
    heard once. Blobs: those of the sender, sealed to the receiver.
    """

    KIND: ClassVar[Kind] = Kind(
        89, 1, CONTROL, _LAW_CARD, hub_only=True, subjects=_SUBJECTS
    )
    person: bytes
    order: bytes
    to: bytes
    sent_by: bytes
    journal: bytes
    seq: int
    lamport: int
    is_card: bool
    kind: str
    document: int = 1
    recording: bytes = b""
    pickup: bytes = b""
    ordered_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRelayed:
    """The hub tells an office of stock that another one sent to it; moves nothing itself."""

    KIND: ClassVar[Kind] = Kind(
        90, 1, CONTROL, _LAW_STOCK, hub_only=True, subjects=("transfer",)
    )
    transfer: bytes
    item: str
    count: int
    to: bytes
    sent_by: bytes
    journal: bytes
    seq: int
    lamport: int
