"""`perahu print`: the queue of this office, its prints, and what a person saw at the printer."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field

from perahu.cards import actions, reads
from perahu.cards.facts import OUTCOMES, SPOIL_CAUSES
from perahu.cards.rules import (
    NEVER_BEGAN,
    SPOILED,
    AttemptState,
    OrderState,
    check_known,
)
from perahu.devices.ipp import IppPrinter
from perahu.node.cli import Call, Say
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    may_ask,
    sign_in_officer,
    typed,
)
from perahu.node.desk_devices import printer_of, wait_until_ready
from perahu.node.office import Office
from perahu.node.web_printing import STOPS, print_one
from perahu.people import reads as people
from perahu.words import Refusal, Words

NAME = "print"
HELP = Words(
    "antrean cetak kartu; mencetak; mencatat hasil yang dilihat orang",
    "the queue of cards; print them; note what a person saw",
)

QUEUE_MAX = 100_000

_ORDER = Words("pesanan ini; boleh berulang", "this order; may be repeated")
_ALL = Words("seluruh antrean, menurut aturan", "the whole queue, by its rule")
_LIMIT = Words("paling banyak sekian kartu", "at most so many cards")
_AGAIN = Words(
    "kartu rusak dicetak sekali lagi setelah printer siap (menunggu)",
    "print a spoiled card once more, when the printer is ready again (waits)",
)
_RESOLVE = Words(
    "pesanan yang hasilnya sudah dilihat di printer",
    "order whose outcome was seen at the printer",
)
_OUTCOME = Words("yang terlihat; nothing: belum mulai", "what was seen")
_CAUSE = Words("sebab rusak", "why it is spoiled")

_QUEUED = Words(
    "{place}. {order}  {nik} {name}  ({kind}: {rule})",
    "{place}. {order}  {nik} {name}  ({kind}: {rule})",
)
_EMPTY = Words("Antrean cetak kosong.", "The print queue is empty.")
_LOOK = Words(
    "Lihat printer: pesanan {order} ({nik} {name}), percobaan {attempt} belum jelas; tidak "
    "diulang sendiri. Catat dengan --resolve. {says}",
    "Look at the printer: order {order} ({nik} {name}), attempt {attempt} is not known; it "
    "is not repeated by itself. Note it with --resolve. {says}",
)
_OUTCOMES = {
    "printed": Words("Tercetak: {nik} {name}.", "Printed: {nik} {name}."),
    "spoiled": Words(
        "RUSAK: {nik} {name}, percobaan {attempt}; blanko tercatat rusak. {says}",
        "SPOILED: {nik} {name}, attempt {attempt}; the blanko is noted. {says}",
    ),
    "uncertain": Words(
        "BELUM JELAS: {nik} {name}, percobaan {attempt}; lihat printer. {says}",
        "UNCERTAIN: {nik} {name}, attempt {attempt}; look at the printer. {says}",
    ),
    "never_began": Words(
        "Belum mulai: {nik} {name}; blanko tidak terpakai. {says}",
        "Never began: {nik} {name}; no blanko was used. {says}",
    ),
}
_WAITING = Words(
    "Menunggu printer diperbaiki …", "Waiting for the printer to be mended …"
)
_DONE = Words(
    "Selesai: {printed} tercetak, {spoiled} rusak, {uncertain} belum jelas, {refused} "
    "ditolak; masih antre {left}.",
    "Done: {printed} printed, {spoiled} spoiled, {uncertain} uncertain, {refused} refused; "
    "{left} still queued.",
)
_ASK_AGAIN = Words("Cetak ulang kartu ini? [y/t] ", "Print this card again? [y/n] ")
_ASK_SEEN = Words(
    "Yang terlihat? [t]ercetak [r]usak [b]elum mulai, Enter: nanti ",
    "What was seen? [p]rinted [s]poiled [n]othing, Enter: later ",
)
_SEEN = {
    "t": "printed", "p": "printed", "r": "spoiled", "s": "spoiled",
    "b": "nothing", "n": "nothing",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--order", action="append", metavar="HEX", help=say(_ORDER))
    what.add_argument("--all", action="store_true", help=say(_ALL))
    what.add_argument("--resolve", metavar="HEX", help=say(_RESOLVE))
    parser.add_argument("--limit", type=int, default=QUEUE_MAX, help=say(_LIMIT))
    parser.add_argument("--again-after-spoiled", action="store_true", help=say(_AGAIN))
    parser.add_argument("--outcome", choices=OUTCOMES, help=say(_OUTCOME))
    parser.add_argument("--cause", choices=SPOIL_CAUSES, help=say(_CAUSE))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Show the queue, print from it, or note what was seen."""
    if (call.resolve is None) != (call.outcome is None) or call.limit < 1:
        raise Refusal(
            "usage",
            id="--resolve dan --outcome diberikan bersama, --limit paling sedikit 1; tidak "
            "ada yang dicetak.",
            en="--resolve and --outcome are given together, --limit is at least 1; nothing "
            "was printed.",
        )
    with call.open() as office:
        officer = sign_in_officer(call, office, "print")
        desk = _Desk(call, office, officer, Teller(call))
        if call.resolve is not None:
            _resolve(desk, hex_id(call.resolve), call.outcome, call.cause or "")
        elif call.order or call.all:
            _print(desk, [hex_id(one) for one in call.order or ()])
        else:
            _show_queue(desk)


@dataclass(slots=True)
class _Desk:
    """One run at one office."""

    call: Call
    office: Office
    officer: bytes
    teller: Teller
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def node(self) -> bytes:
        """Whose queue it is."""
        return self.office.journal.node_id


def _who(order: bytes, person: bytes) -> dict[str, object]:
    """What every event tells of an order; the name is for people's screens only."""
    biodata = people.biodata(person)
    return {
        "order": order.hex(),
        "person": person.hex(),
        "nik": biodata.nik if biodata else "",
    }


def _name(person: bytes) -> str:
    biodata = people.biodata(person)
    return biodata.nama if biodata else ""


# --- the queue ---------------------------------------------------------------------------


def _show_queue(desk: _Desk) -> None:
    queue = reads.print_queue(desk.node, desk.call.limit)
    for place, one in enumerate(queue, 1):
        told = _who(one.order, one.person)
        told |= {"place": place, "kind": one.kind, "rule": one.rule}
        words = fill(_QUEUED, name=_name(one.person), **told)
        desk.teller.tell("queued", words, **told)
    if not queue and not desk.teller.is_json:
        desk.teller.tell("empty", _EMPTY)
    _list_unclear(desk)


def _list_unclear(desk: _Desk) -> None:
    """The attempts that a person must look at; whoever sits here is asked about them."""
    for order, attempt in reads.to_look_at(desk.node):
        told = _who(order.order, order.person)
        told |= {"attempt": attempt.attempt, "says": attempt.says}
        words = fill(_LOOK, name=_name(order.person), **told)
        desk.teller.tell("look", words, **told)
        if may_ask(desk.call):
            key = (typed(_ASK_SEEN, desk.call.lang) or "").lower()[:1]
            if key in _SEEN:
                _resolve(desk, order.order, _SEEN[key], SPOIL_CAUSES[0])


# --- printing ----------------------------------------------------------------------------


def _print(desk: _Desk, orders: list[bytes]) -> None:
    printer = printer_of(desk.office)
    limit = desk.call.limit
    queued = orders or [one.order for one in reads.print_queue(desk.node, limit)]
    for order in queued[:limit]:
        try:
            _print_one(desk, printer, order)
        except Refusal as refusal:
            if orders or refusal.code in STOPS:
                raise
            state = check_known(reads.order(order))
            told = _who(order, state.person)
            desk.counts["refused"] += 1
            about = Words(f"{told['nik']}", f"{told['nik']}")
            desk.teller.refused(refusal, about, **told)
    _list_unclear(desk)
    names = ("printed", "spoiled", "uncertain", "never_began", "refused")
    told = {name: desk.counts[name] for name in names}
    told["left"] = len(reads.print_queue(desk.node, QUEUE_MAX))
    desk.teller.tell("done", fill(_DONE, **told), **told)


def _print_one(desk: _Desk, printer: IppPrinter, order: bytes) -> None:
    """One attempt; after a spoiled card one more, if the operator says so."""
    outcome = _attempt(desk, printer, order)
    if outcome == SPOILED and _again(desk):
        desk.teller.tell("waiting_for_printer", _WAITING, order=order)
        if wait_until_ready(printer):
            _attempt(desk, printer, order)


def _attempt(desk: _Desk, printer: IppPrinter, order: bytes) -> str:
    answer = print_one(desk.office, desk.office.ask(desk.officer), printer, order)
    state = check_known(reads.order(order))
    attempt = state.attempt(desk.node, answer.attempt)
    assert attempt is not None
    _tell_outcome(desk, state, attempt)
    return answer.outcome


def _tell_outcome(desk: _Desk, order: OrderState, attempt: AttemptState) -> None:
    told = _who(order.order, order.person)
    told |= {"attempt": attempt.attempt, "says": attempt.says}
    desk.counts[attempt.state] += 1
    words = fill(_OUTCOMES[attempt.state], name=_name(order.person), **told)
    words = Words(words.id.rstrip(), words.en.rstrip())
    desk.teller.tell(attempt.state, words, **told)


def _again(desk: _Desk) -> bool:
    if desk.call.again_after_spoiled or not may_ask(desk.call):
        return bool(desk.call.again_after_spoiled)
    return (typed(_ASK_AGAIN, desk.call.lang) or "").lower()[:1] == "y"


# --- what a person saw -------------------------------------------------------------------


def _resolve(desk: _Desk, order: bytes, outcome: str, cause: str) -> None:
    state = check_known(reads.order(order))
    waiting = [a for a in state.attempts if a.node == desk.node and a.unresolved]
    if not waiting:
        raise Refusal(
            "known_already",
            id="Tidak ada percobaan cetak yang belum jelas pada pesanan ini; tidak ada yang "
            "diubah.",
            en="No attempt of this order is unclear; nothing was changed.",
        )
    number = waiting[0].attempt
    actions.resolve_attempt(
        desk.office.journal,
        desk.office.ask(desk.officer),
        order=order,
        attempt=number,
        outcome=NEVER_BEGAN if outcome == "nothing" else outcome,
        cause=cause,
    )
    after = check_known(reads.order(order))
    attempt = after.attempt(desk.node, number)
    assert attempt is not None
    _tell_outcome(desk, after, attempt)
