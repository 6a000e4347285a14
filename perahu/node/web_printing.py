"""Printing: what the command and the pages both do at this office.

A run of the pages is one thread at a time: it prints its cards in their order and stops
where a person is needed. Every card of a run has an operation of its own, derived from
the run's; so a form sent twice, or once more after a power cut, prints nothing twice.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import replace

from perahu.cards import actions, reads
from perahu.cards.actions import PrintAnswer
from perahu.cards.rules import SPOILED, check_known
from perahu.cards.rules_card import face_of
from perahu.devices.ipp import IppPrinter
from perahu.devices.printer_ports import UNCERTAIN, PrinterState
from perahu.journal.types import Ask
from perahu.keys import cbor
from perahu.keys.sealing import open_blob
from perahu.node.cli import DEBUG_VARIABLE, sentence_or_mistake
from perahu.node.desk_devices import printer_of
from perahu.node.office import Office
from perahu.people import reads as people
from perahu.web.cards.ports import (
    AT_PRINTER,
    BACK,
    LEFT,
    REFUSED,
    WAITING,
    Run,
    RunCard,
)
from perahu.words import Refusal, Words

STOPS = frozenset({"printer_not_ready", "no_blanko", "recount_first"})
"""Refusals that hold for every order of the queue: a run over all of them ends there."""
RUN_CARDS_MAX = 50
STATE_S = 2.0
"""So long a printer's word is taken for its state: pages ask more often than it moves."""
STATE_ANSWER_S = 3.0
"""A page does not wait longer for a printer that is switched off."""
_RUNS = "print_run"
"""The space of `local` with the orders of a run, by its operation."""
_RUNS_KEPT, _BYTES_MAX = 20, 4096


# --- printing ----------------------------------------------------------------------------


def print_one(
    office: Office, ask: Ask, printer: IppPrinter, order: bytes
) -> PrintAnswer:
    """One attempt at one card, with the parts of this office. Raises Refusal."""
    # 40 MB of Pillow and numpy, for those who print only.
    from perahu.devices.card_image import render

    identity = office.keys.age_identity
    return actions.print_card(
        office.journal,
        ask,
        printer,
        order=order,
        open_blob=lambda cipher: open_blob(cipher, identity),
        draw=render,
    )


class WebPrinting:
    """The printer and the run of the pages; one per node process."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self._run: Run | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._state: PrinterState | None = None
        self._fresh_until_s = 0.0

    def printer(self) -> PrinterState | None:
        """What the printer says; while one page asks it, others get the last word."""
        if not self._office.settings.printer:
            return None
        now_s = self._office.clock.monotonic_s()
        is_fresh = now_s < self._fresh_until_s and self._state is not None
        if not is_fresh and self._asking.acquire(blocking=self._state is None):
            try:
                self._state = _state_of(self._office)
                # One that answers slowly, or not at all, is asked less often.
                took_s = self._office.clock.monotonic_s() - now_s
                self._fresh_until_s = now_s + max(STATE_S, 4 * took_s)
            finally:
                self._asking.release()
        return self._state

    def run(self) -> Run | None:
        """The run that is on, or the last one."""
        return self._run

    def begin(self, ask: Ask, orders: Sequence[bytes]) -> None:
        """Print these cards in a thread of their own; the same ask begins nothing more."""
        printer = printer_of(self._office)
        with self._lock:
            if self._run is not None and self._run.op_id == ask.op_id:
                return
            if self._run is not None and self._run.is_running:
                raise _run_under_way()
            cards = tuple(map(RunCard, self._remembered(ask, orders)))
            self._run = Run(ask.op_id, ask.at.wall_ms, cards)
        # A daemon: who stops the node does not wait for a printer; the intent stands in
        # the book, and a person looks at the card.
        self._thread = threading.Thread(
            target=self._print_all, args=(ask, printer), name="printing", daemon=True
        )
        self._thread.start()

    def close(self, wait_s: float) -> None:
        """End the run after the card it is at, and wait so long for that."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.join(wait_s)

    def picture(self, order: bytes, side: str) -> bytes:
        """A JPEG of one side of the card as it is to be printed today."""
        from perahu.devices import card_image

        if side == BACK:
            return card_image.preview(card_image.render_back())
        state = check_known(reads.order(order))
        biodata = people.biodata(people.person_of(state.person))
        if biodata is None:
            raise _no_biodata()
        identity = self._office.keys.age_identity
        parts = actions.parts_of(
            self._office.journal,
            order=order,
            open_blob=lambda cipher: open_blob(cipher, identity),
        )
        kabupaten = self._office.journal.chain.issuing.kabupaten
        face = face_of(biodata, kabupaten, self._office.now().today)
        front = card_image.render(face, photo=parts.photo, signature=parts.signature)
        return card_image.preview(front)

    def _remembered(self, ask: Ask, orders: Sequence[bytes]) -> list[bytes]:
        """The orders of this operation: those it was first asked with, also after a crash."""
        local = self._office.journal.local
        kept = local.get(_RUNS, ask.op_id)
        if kept is not None:
            return list(cbor.decode(kept, _BYTES_MAX)[1])
        old = sorted((cbor.decode(v, _BYTES_MAX)[0], k) for k, v in local.items(_RUNS))
        for _, op_id in old[: max(0, len(old) - _RUNS_KEPT + 1)]:
            local.delete(_RUNS, op_id)
        chosen = list(dict.fromkeys(orders))[:RUN_CARDS_MAX]
        local.put(_RUNS, ask.op_id, cbor.encode([ask.at.wall_ms, chosen]))
        return chosen

    def _print_all(self, ask: Ask, printer: IppPrinter) -> None:
        stopped: Words | None = None
        try:
            with self._office.at_work():
                assert self._run is not None
                for card in self._run.cards:
                    if self._is_closed:
                        break
                    stopped = self._print(ask, printer, card.order)
                    if stopped is not None:
                        break
        except Exception as error:  # noqa: BLE001 - said on the page, in words
            if os.environ.get(DEBUG_VARIABLE):
                traceback.print_exc(file=sys.stderr)
            stopped = sentence_or_mistake(error)
        finally:
            self._office.tables.release_thread()
            self._ended(stopped)

    def _print(self, ask: Ask, printer: IppPrinter, order: bytes) -> Words | None:
        """One card of the run; words where nobody should go on by himself."""
        self._note(RunCard(order, AT_PRINTER))
        one = self._office.ask(ask.officer, ask.step(order.hex()).op_id)
        try:
            answer = print_one(self._office, one, printer, order)
        except Refusal as refusal:
            stops = refusal.code in STOPS
            state = LEFT if stops else REFUSED
            self._note(RunCard(order, state, words=refusal.words))
            return refusal.words if stops else None
        finally:
            self._fresh_until_s = 0.0
        says = Words(answer.says, answer.says) if answer.says else None
        self._note(RunCard(order, answer.outcome, answer.attempt, says))
        if answer.outcome == UNCERTAIN:
            return _LOOK
        if answer.outcome == SPOILED and not printer.state().ready:
            return printer.state().words
        return None

    def _note(self, card: RunCard) -> None:
        with self._lock:
            assert self._run is not None
            cards = [card if c.order == card.order else c for c in self._run.cards]
            self._run = replace(self._run, cards=tuple(cards))

    def _ended(self, stopped: Words | None) -> None:
        with self._lock:
            assert self._run is not None
            cards = tuple(
                replace(c, state=LEFT) if c.state in (WAITING, AT_PRINTER) else c
                for c in self._run.cards
            )
            self._run = replace(
                self._run, cards=cards, is_running=False, stopped=stopped
            )


_LOOK = Words(
    "Cetakan berhenti: hasil kartu terakhir belum jelas. Lihat printer, lalu jawab "
    "pertanyaan di bawah.",
    "Printing stopped: what became of the last card is not known. Look at the printer, "
    "then answer the question below.",
)


def _state_of(office: Office) -> PrinterState:
    try:
        return printer_of(office, STATE_ANSWER_S).state()
    except Refusal as refusal:
        return PrinterState(False, None, None, ("unreachable",), refusal.words)


def _run_under_way() -> Refusal:
    return Refusal(
        "run_under_way",
        id="Printer sedang mencetak untuk permintaan lain; tidak ada kartu yang "
        "ditambahkan. Tunggu sampai selesai, lalu cetak lagi.",
        en="The printer is busy with another request; no card was added. Wait until it is "
        "done, then print again.",
    )


def _no_biodata() -> Refusal:
    return Refusal(
        "unknown_person",
        id="Biodata orang ini belum sampai di simpul ini; pesanan tetap antre.",
        en="This person's biodata have not reached this node; the order stays queued.",
    )
