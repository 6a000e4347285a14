"""Trips of the field laptop: what one would take along, its beginning and its end.

The moves themselves are in `cards.actions_move` and `cards.actions_stock`; the courier file
that carries them is the business of node.
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.cards import reads as cards
from perahu.cards import reads_stock
from perahu.cards.facts import ITEMS
from perahu.cards.rules_stock import BLANKO
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Draft, Receipt
from perahu.keys.certificates import covers
from perahu.trips import reads, reads_visits, rules
from perahu.trips.rules import Wanted
from perahu.words import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class TripPlan:
    """What a trip to a desa would be: counts for the screen, ids for the trip."""

    desa: str
    to: bytes
    residents: int
    to_record: int
    """Of age, or married, and never recorded."""
    called_back: int
    unfinished: int
    rights: tuple[bytes, ...]
    """Print rights that can go along, in the order of the queue."""
    cards: tuple[bytes, ...]
    """Printed cards that wait for their person."""
    without_parts: int
    """Rights and cards left here: their photo has not come from the hub."""
    unclear: int
    """Prints that a person must look at before they can go along."""
    stock: dict[str, int]
    """What lies here, by item."""
    blanko: int
    """How many blanko to propose."""

    @property
    def orders(self) -> tuple[bytes, ...]:
        """Rights and cards."""
        return self.rights + self.cards


def plan_trip(journal: Journal, ask: Ask, *, desa: str, to: bytes) -> TripPlan:
    """What would go along to a desa; changes nothing. Raises Refusal."""
    _check_laptop(journal, to)
    if len(desa) != 10 or not covers(journal.certificate.wilayah, desa):
        raise Refusal(
            "out_of_wilayah",
            id=f"Desa {desa[:10]} bukan wilayah simpul ini; belum ada yang dikirim.",
            en=f"The desa {desa[:10]} is not in this node's wilayah; nothing was sent.",
        )
    policy, node = journal.authority.policy, journal.node_id
    visits = reads_visits.visits(desa, ask.at.today, policy.umur_rekam_min, node)
    movable = [one for one in visits.orders if _has_parts(journal, one)]
    rights = tuple(one for one in movable if not _is_printed(one))
    cards = tuple(one for one in movable if _is_printed(one))
    stock = _on_hand(node)
    return TripPlan(
        desa=desa,
        to=to,
        residents=visits.residents,
        to_record=visits.count(reads_visits.RECORD),
        called_back=visits.count(reads_visits.CALL_BACK),
        unfinished=visits.count(reads_visits.FINISH),
        rights=rights,
        cards=cards,
        without_parts=len(visits.orders) - len(movable),
        unclear=visits.count(reads_visits.LOOK_FIRST),
        stock=stock,
        blanko=rules.blanko_for(len(rights), stock[BLANKO]),
    )


def _is_printed(order: bytes) -> bool:
    state = cards.order(order)
    return state is not None and state.printed


def _has_parts(journal: Journal, order: bytes) -> bool:
    state = cards.order(order)
    sealed = state.sealed.get(journal.node_id, ()) if state else ()
    return bool(sealed) and all(journal.blobs.has(sha) for sha in sealed)


def _check_laptop(journal: Journal, to: bytes) -> None:
    node = journal.authority.nodes().get(to)
    if node is None or to == journal.node_id:
        raise Refusal(
            "unknown_laptop",
            id="Laptop ini tidak dikenal di sini atau sudah dicabut; belum ada yang "
            "dikirim. Muat dahulu berkas dari kabupaten.",
            en="This laptop is not known here, or it is revoked; nothing was sent. Load "
            "the kabupaten's file first.",
        )


def check_trip(journal: Journal, wanted: Wanted) -> None:
    """Whether such a trip could begin now; changes nothing. Raises Refusal."""
    _check_laptop(journal, wanted.to)
    rules.decide_trip(wanted, _on_hand(journal.node_id))


def _on_hand(node: bytes) -> dict[str, int]:
    return {item: reads_stock.on_hand(node, item) for item in ITEMS}


def begin_trip(journal: Journal, ask: Ask, *, wanted: Wanted) -> Receipt:
    """State what is to go along; the asker minted the 12 bytes of the trip's id."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        _check_laptop(journal, wanted.to)
        fact = rules.decide_trip(wanted, _on_hand(book.node_id))
        return book.append(ask, [Draft(fact)])


def end_trip(journal: Journal, ask: Ask, *, trip: bytes, reason: str = "") -> Receipt:
    """Close a trip: all is back, or somebody says why it is closed all the same."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = reads.trip_state(trip)
        is_open = state is not None and state.is_open and state.node == book.node_id
        out = state.out if state is not None else 0
        fact = rules.decide_end(trip, is_open, out, reason)
        return book.append(ask, [Draft(fact)])
