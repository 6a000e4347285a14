"""What may go into the bag of the field laptop, and when a trip is over.

- A trip names what goes along before anything moves: a trip cut short goes on from there.
- Blanko for every right, and a few more, for a card can spoil far from the next box.
- A trip is over when nothing of it is out any more; otherwise only by a reason in words.

Example: `decide_trip(wanted, view)` gives the `TripBegun` to append, or refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from perahu.cards.facts import ITEMS
from perahu.cards.rules import TEXT_CHARS_MAX
from perahu.trips import facts
from perahu.words import Refusal

ORDERS_MAX = 500
"""Rights and cards of one trip: more than a boat serves in a week."""
SPARE_EVERY = 10
"""One blanko more for every so many rights, and one at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A trip as the operator wants it."""

    trip: bytes
    desa: str
    to: bytes
    orders: tuple[bytes, ...]
    stock: tuple[tuple[str, int], ...]
    carrier: str


def blanko_for(rights: int, on_hand: int) -> int:
    """How many blanko to propose for so many rights."""
    if not rights:
        return 0
    return max(0, min(on_hand, rights + max(1, rights // SPARE_EVERY)))


def decide_trip(wanted: Wanted, on_hand: Mapping[str, int]) -> facts.TripBegun:
    """The trip, or a refusal: too much, more than there is, or nobody to carry it."""
    if len(wanted.orders) > ORDERS_MAX:
        raise Refusal(
            "trip_too_big",
            id=f"Paling banyak {ORDERS_MAX} hak cetak dan kartu untuk satu perjalanan; "
            "belum ada yang dikirim. Bagi menjadi dua perjalanan.",
            en=f"At most {ORDERS_MAX} print rights and cards go on one trip; nothing was "
            "sent. Make it two trips.",
        )
    carrier = wanted.carrier.strip()
    if not 0 < len(carrier) <= TEXT_CHARS_MAX:
        raise Refusal(
            "no_carrier",
            id="Tulis nama petugas yang membawa laptop; belum ada yang dikirim.",
            en="Write the name of who carries the laptop; nothing was sent.",
        )
    stock = tuple((item, count) for item, count in wanted.stock if count)
    for item, count in stock:
        if item not in ITEMS or not 0 < count <= on_hand.get(item, 0):
            raise Refusal(
                "not_enough",
                id=f"Menurut buku stok hanya ada {on_hand.get(item, 0)} {item}; belum ada "
                "yang dikirim. Kurangi jumlahnya, atau hitung ulang.",
                en=f"By the ledger there are only {on_hand.get(item, 0)} {item}; nothing "
                "was sent. Send fewer, or count again.",
            )
    return facts.TripBegun(
        trip=wanted.trip,
        desa=wanted.desa,
        to=wanted.to,
        orders=wanted.orders,
        stock=stock,
        carrier=carrier,
    )


def decide_end(trip: bytes, is_open: bool, out: int, reason: str) -> facts.TripEnded:
    """The end of a trip; with a reason where something of it is still out."""
    words = reason.strip()
    if not is_open:
        raise Refusal(
            "trip_closed",
            id="Perjalanan ini tidak ada atau sudah ditutup; tidak ada yang diubah.",
            en="There is no such trip, or it is closed already; nothing was changed.",
        )
    if out and not 0 < len(words) <= TEXT_CHARS_MAX:
        raise Refusal(
            "reason_missing",
            id=f"Masih ada {out} hal di perjalanan ini yang belum kembali; tulis alasannya, "
            f"paling banyak {TEXT_CHARS_MAX} huruf. Yang di jalan tetap tercatat di jalan.",
            en=f"{out} things of this trip are not back; write the reason, "
            f"{TEXT_CHARS_MAX} characters at most. What is on its way stays so.",
        )
    return facts.TripEnded(trip=trip, reason=words[:TEXT_CHARS_MAX])


def op_of(trip: bytes, step: str) -> bytes:
    """The id of one step of a trip: whoever goes on with it does nothing twice."""
    return sha256(b"PRH1-trip" + trip + step.encode()).digest()[:16]


def transfer_of(trip: bytes, item: str) -> bytes:
    """The id of the stock transfer of a trip, one for each item."""
    return sha256(b"PRH1-trip-stock" + trip + item.encode()).digest()[:12]
