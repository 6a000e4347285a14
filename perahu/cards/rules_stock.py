"""What may happen to the stock: blanko, ribbon and film as a double-entry ledger.

- Every stock fact moves a count from one account to another, so all accounts together
  always make zero. What an account holds is the sum of its rows, nothing else.
- A transfer has two halves; what did not arrive stays in transit until a person decides.
- Nothing is corrected in silence: a count by hand posts its difference with a reason. Who
  holds more of its node's history than the counter did finds another difference
  (`reads_stock`).

Example: `movement_of(fact, node)` says what a fact moves; `decide_send` refuses to send
more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.cards import facts
from perahu.cards.facts import ITEMS, SOURCES, SPOIL_CAUSES
from perahu.kinds import Fact
from perahu.words import Refusal

BLANKO = ITEMS[0]
COUNT_MAX = 1_000_000
"""A kabupaten's stock of a year is below 100,000."""
TEXT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Movement:
    """`count` pieces of `item` leave one account and enter another."""

    item: str
    count: int
    source: str
    target: str


def office(node: bytes) -> str:
    """What lies at an office."""
    return f"office:{node.hex()}"


def transit(transfer: bytes) -> str:
    """What is on its way."""
    return f"transit:{transfer.hex()}"


def used(node: bytes) -> str:
    """What became good cards."""
    return f"used:{node.hex()}"


def spoiled(node: bytes) -> str:
    """What was spoiled, and is kept for destruction."""
    return f"spoiled:{node.hex()}"


def difference(node: bytes) -> str:
    """What a count by hand found too much or too little."""
    return f"difference:{node.hex()}"


def movement_of(fact: Fact, node: bytes) -> Movement | None:
    """What a stock fact stated by `node` moves; None for facts that move nothing.

    A print attempt is posted once, by its last known end (`attempt_movement`).
    """
    here = office(node)
    match fact:
        case facts.StockReceived():
            return Movement(fact.item, fact.count, f"outside:{fact.source}", here)
        case facts.StockSent():
            return Movement(fact.item, fact.count, here, transit(fact.transfer))
        case facts.StockArrived():
            return Movement(fact.item, fact.count, transit(fact.transfer), here)
        case facts.StockSpoiled():
            return Movement(fact.item, fact.count, here, spoiled(node))
        case facts.StockCounted():
            found = fact.counted - fact.expected
            return Movement(fact.item, found, difference(node), here)
    return None


def attempt_movement(state: str, node: bytes) -> Movement | None:
    """What a print attempt in this state did to the blanko; None where it took none."""
    if state == "printed":
        return Movement(BLANKO, 1, office(node), used(node))
    if state == "spoiled":
        return Movement(BLANKO, 1, office(node), spoiled(node))
    return None


# --- decisions ----------------------------------------------------------------------------


def decide_receive(
    item: str, count: int, source: str, document: str
) -> facts.StockReceived:
    """Stock came from outside, with its delivery note."""
    _check_item(item)
    if source not in SOURCES:
        raise _unknown("asal barang", "source")
    return facts.StockReceived(
        item=item, count=_count(count), source=source, document=_text(document)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer as known here; a half that is not known is None."""

    transfer: bytes
    item: str
    sent: int | None
    sent_by: bytes
    to: bytes
    arrived: int | None

    @property
    def difference(self) -> int | None:
        """What was sent and did not arrive; None while a half is missing."""
        if self.sent is None or self.arrived is None:
            return None
        return self.sent - self.arrived


def decide_send(
    transfer: bytes, item: str, count: int, to: bytes, on_hand: int
) -> facts.StockSent:
    """First half of a transfer: never more than there is by the ledger."""
    _check_item(item)
    if _count(count) > on_hand:
        raise Refusal(
            "not_enough",
            id=f"Menurut buku stok hanya ada {on_hand} {item}; belum ada yang dikirim. "
            "Kurangi jumlahnya, atau hitung ulang.",
            en=f"By the ledger there are only {on_hand} {item}; nothing was sent. "
            "Send fewer, or count again.",
        )
    return facts.StockSent(transfer=transfer, item=item, count=count, to=to)


def decide_arrive(
    transfer: Transfer | None, node: bytes, count: int
) -> facts.StockArrived:
    """Second half: what was counted on arrival, also where it is not what was sent."""
    if transfer is None or transfer.sent is None or transfer.to != node:
        raise Refusal(
            "unknown_transfer",
            id="Kiriman ini belum tercatat menuju kantor ini; simpan barangnya dan tunggu "
            "kabar kabupaten.",
            en="No transfer like this to this office is in the book; keep the goods and "
            "wait for the kabupaten.",
        )
    if transfer.arrived is not None:
        raise Refusal(
            "arrived_already",
            id="Kiriman ini sudah diterima; tidak dihitung dua kali.",
            en="This transfer was taken in already; it is not counted twice.",
        )
    if not 0 <= count <= COUNT_MAX:
        raise _bad_count()
    return facts.StockArrived(
        transfer=transfer.transfer,
        item=transfer.item,
        count=count,
        sent_by=transfer.sent_by,
    )


def decide_spoil(item: str, count: int, cause: str, on_hand: int) -> facts.StockSpoiled:
    """Pieces found unusable outside a print attempt."""
    _check_item(item)
    if cause not in SPOIL_CAUSES:
        raise _unknown("sebab rusak", "cause")
    if _count(count) > on_hand:
        raise Refusal(
            "not_enough",
            id=f"Menurut buku stok hanya ada {on_hand} {item}; hitung ulang dahulu.",
            en=f"By the ledger there are only {on_hand} {item}; count again first.",
        )
    return facts.StockSpoiled(item=item, count=count, cause=cause)


def decide_count(
    item: str, counted: int, on_hand: int, reason: str
) -> facts.StockCounted:
    """A count by hand; a difference needs a reason."""
    _check_item(item)
    if not 0 <= counted <= COUNT_MAX:
        raise _bad_count()
    words = reason.strip()
    if counted != on_hand or words:
        words = _text(words)
    return facts.StockCounted(
        item=item, counted=counted, expected=on_hand, reason=words
    )


def _check_item(item: str) -> None:
    if item not in ITEMS:
        raise _unknown("barang", "item")


def _count(count: int) -> int:
    if not 0 < count <= COUNT_MAX:
        raise _bad_count()
    return count


def _text(text: str) -> str:
    words = text.strip()
    if not 0 < len(words) <= TEXT_CHARS_MAX:
        raise Refusal(
            "reason_missing",
            id=f"Tulis nomor surat atau alasannya, paling banyak {TEXT_CHARS_MAX} huruf.",
            en=f"Write the number of the paper or the reason, {TEXT_CHARS_MAX} "
            "characters at most.",
        )
    return words


def _bad_count() -> Refusal:
    return Refusal(
        "bad_count",
        id=f"Jumlah harus bilangan bulat sampai {COUNT_MAX}; tidak ada yang diubah.",
        en=f"The count must be a whole number up to {COUNT_MAX}; nothing was changed.",
    )


def _unknown(what_id: str, what_en: str) -> Refusal:
    return Refusal(
        "unknown_choice",
        id=f"Pilihan {what_id} tidak dikenal; tidak ada yang diubah. Pilih dari daftar.",
        en=f"Unknown {what_en}; nothing was changed. Choose one from the list.",
    )
