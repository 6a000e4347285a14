"""Printing through pages: the queue, a run, a jam, no cards, and prints nobody is sure of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from perahu.cards import actions, reads, reads_stock
from perahu.devices.card_image import render
from perahu.devices.printer_ports import CardJob, PrinterState, PrintOutcome
from perahu.keys.sealing import open_blob
from perahu.node.web_printing import WebPrinting
from perahu.people.models import Person
from perahu.web.gate import COOKIE
from perahu.words import Words
from tests.node.desk.conftest import Printing
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at

RUN_S_MAX = 30.0


@dataclass
class Desk:
    """Sari before the pages, with two cards to print and a printer beside her."""

    seat: Seat
    printing: Printing

    @property
    def node(self) -> bytes:
        """Whose queue it is."""
        return self.seat.office.journal.node_id

    @property
    def officer(self) -> bytes:
        """Sari."""
        grant = self.seat.office.authority.operator_by_login("sari")
        assert grant is not None
        return grant.operator

    def queue(self) -> list[str]:
        """The orders that wait, by the rule."""
        return [one.order.hex() for one in reads.print_queue(self.node)]

    def blanko(self) -> tuple[int, int, int]:
        """Used, spoiled and on hand, by the ledger."""
        assert reads_stock.ledger_sum() == 0 and reads.printed_twice() == []
        used, spoiled = (
            reads_stock.used_at(self.node),
            reads_stock.spoiled_at(self.node),
        )
        return used, spoiled, reads_stock.on_hand(self.node)

    def print(self, **fields: str) -> None:
        """Press a print button, and stay until the run has ended."""
        answer = self.seat.post("/cetak", **fields)
        assert answer.status_code == 302, plain(answer.content.decode())
        self.wait()

    def wait(self) -> None:
        """Look at the page's own poll until nothing runs."""
        end_s = time.monotonic() + RUN_S_MAX
        while "HX-Refresh" not in self.seat.get("/cetak/keadaan", berjalan="1").headers:
            assert time.monotonic() < end_s, "the run never ended"
            time.sleep(0.05)


@pytest.fixture
def desk(printing: Printing) -> Iterator[Desk]:
    """A seat at Enggano with everything to print."""
    with (
        open_pages(printing.town, "enggano") as office,
        seat_at(office, "sari") as seat,
    ):
        yield Desk(seat, printing)


def test_it_works(desk: Desk) -> None:
    """The queue with its rule; the next two are printed, each with one blanko."""
    text = desk.seat.text("/cetak")
    assert "Printer kartu siap" in text and "2 kartu antre, 20 blanko" in text
    assert text.count("belum pernah punya KTP-el") >= 2 and "siap dicetak" in text
    assert all(nik not in text and nik[:6] in text for nik in desk.printing.niks)
    desk.print(count="2")
    text = desk.seat.text("/cetak")
    assert text.count("tercetak") >= 2 and "Antrean cetak kosong" in text
    assert desk.blanko() == (2, 0, 18) and desk.printing.engine.printed == 2


def test_it_prints_once_for_a_form_sent_twice(desk: Desk) -> None:
    """The same operation again, also with another count, feeds no second card."""
    op = desk.seat.office.ports.random(16).hex()
    for count in ("1", "1", "2"):
        assert desk.seat.post("/cetak", op=op, count=count).status_code == 302
    desk.wait()
    desk.print(op=op, count="1")
    assert desk.printing.engine.cards_fed == 1 and len(desk.queue()) == 1
    assert desk.blanko() == (1, 0, 19)


def test_it_remembers_a_run_over_a_restart(desk: Desk) -> None:
    """A form sent again after the node was started anew prints only what was its own."""
    op = desk.seat.office.ports.random(16).hex()
    desk.print(op=op, count="1")
    web: Any = desk.seat.client.defaults["perahu.office"]
    web.parts["printing"] = WebPrinting(desk.seat.office)
    desk.print(op=op, count="2")
    assert desk.printing.engine.cards_fed == 1 and len(desk.queue()) == 1


def test_it_asks_before_a_spoiled_card_is_printed_again(desk: Desk) -> None:
    """A jam spoils one blanko; the card stays queued until she says once more."""
    desk.printing.engine.faults = ["jam"]
    first = desk.queue()[0]
    desk.print(order=first)
    text = desk.seat.text("/cetak")
    assert "rusak, blanko tercatat rusak" in text and "satu blanko lagi" in text
    assert desk.blanko() == (0, 1, 19) and first in desk.queue()
    desk.print(order=first)
    assert desk.blanko() == (1, 1, 18) and first not in desk.queue()
    assert "rusak" in desk.seat.text(f"/cetak/{first}")


def test_it_stops_while_the_printer_is_jammed(desk: Desk) -> None:
    """Jammed and stopped: in words and in the picture; nobody else's blanko is risked."""
    desk.printing.engine.faults = ["jam_stops"]
    desk.print(count="2")
    page = desk.seat.get("/cetak").content.decode()
    assert "kartu macet" in plain(page) and "pp-jam" in page
    assert desk.printing.engine.cards_fed == 1 and "tetap antre" in plain(page)
    assert "Apa yang terjadi" in plain(page) and len(desk.queue()) == 1


def test_it_says_when_cards_have_run_out(desk: Desk) -> None:
    """One card in the hopper: one is printed, the other stays queued, with the reason."""
    desk.printing.engine.cards = 1
    desk.print(count="2")
    text = desk.seat.text("/cetak")
    assert "kartu habis; isi blanko" in text and "tetap antre" in text
    assert desk.blanko() == (1, 0, 19) and len(desk.queue()) == 1


@pytest.mark.parametrize(
    ("outcome", "after", "queued"),
    [
        ("printed", (1, 0, 19), 1),
        ("spoiled", (0, 1, 19), 2),
        ("never_began", (0, 0, 20), 2),
    ],
)
def test_it_asks_what_became_of_an_uncertain_print(
    desk: Desk, outcome: str, after: tuple[int, int, int], queued: int
) -> None:
    """The answer was lost: the run stops, three pictures ask, and only then it goes on."""
    desk.printing.engine.faults = ["drop_printed"]
    first = desk.queue()[0]
    desk.print(count="2")
    text = desk.seat.text("/cetak")
    assert "Apa yang terjadi dengan kartu" in text and "Cetakan berhenti" in text
    assert desk.printing.engine.cards_fed == 1
    desk.print(order=first)
    assert desk.printing.engine.cards_fed == 1, "never repeated by itself"
    seen = {"attempt": "1", "outcome": outcome, "cause": "GAGAL_CETAK"}
    answer = desk.seat.post(f"/cetak/{first}", **seen)
    assert answer.status_code == 302, plain(answer.content.decode())
    assert desk.blanko() == after and len(desk.queue()) == queued
    text = desk.seat.text("/cetak")
    assert "Apa yang terjadi" not in text and "Cetakan berhenti" not in text
    again = desk.seat.post(f"/cetak/{first}", **seen)
    assert again.status_code == 409 and "sudah tercatat" in plain(
        again.content.decode()
    )


class PowerCut(BaseException):
    """The lights go out: nothing after it runs."""


class DyingPrinter:
    """A printer that is ready, and takes the node down with it."""

    def state(self) -> PrinterState:
        """Ready."""
        return PrinterState(True, 50, 80, (), Words("siap", "ready"))

    def print(self, job: CardJob) -> PrintOutcome:
        """The last thing that happens."""
        raise PowerCut


def test_it_asks_after_a_power_cut_in_the_middle(desk: Desk) -> None:
    """The intent stands without an end: it is asked about, and not printed by itself."""
    office, first = desk.seat.office, desk.queue()[0]
    with pytest.raises(PowerCut):
        actions.print_card(
            office.journal,
            office.ask(desk.officer),
            DyingPrinter(),
            order=bytes.fromhex(first),
            open_blob=lambda cipher: open_blob(cipher, office.keys.age_identity),
            draw=render,
        )
    assert "Apa yang terjadi dengan kartu" in desk.seat.text("/cetak")
    assert "dimulai, hasilnya belum ada" in desk.seat.text(f"/cetak/{first}")
    desk.print(count="2")
    assert desk.printing.engine.cards_fed == 1 and desk.queue() == []
    seen = {"attempt": "1", "outcome": "never_began"}
    assert desk.seat.post(f"/cetak/{first}", **seen).status_code == 302
    desk.print(order=first)
    assert desk.blanko() == (2, 0, 18)


def test_it_refuses_a_second_run_while_one_is_on(desk: Desk) -> None:
    """Another desk's press adds no card, and nobody answers for the card in the printer."""
    desk.printing.engine.card_s = 1.0
    first, second = desk.queue()
    assert desk.seat.post("/cetak", order=first).status_code == 302
    answer = desk.seat.post("/cetak", order=second)
    assert answer.status_code == 409
    assert "sedang mencetak" in plain(answer.content.decode())
    early = desk.seat.post(f"/cetak/{first}", attempt="1", outcome="printed")
    assert early.status_code == 409
    assert "Apa yang terjadi" not in desk.seat.text("/cetak")
    desk.wait()
    assert desk.blanko() == (1, 0, 19)


def test_it_says_when_no_printer_answers(desk: Desk) -> None:
    """Switched off: the picture has its plug out, and nothing is used."""
    port = desk.seat.office.settings.printer.rpartition(":")[2].partition("/")[0]
    away = desk.seat.office.settings.printer.replace(port, "9")
    desk.seat.office.settings = replace(desk.seat.office.settings, printer=away)
    page = desk.seat.get("/cetak").content.decode()
    assert "tidak terhubung" in plain(page) and "pp-cord" in page
    desk.print(count="1")
    assert desk.blanko() == (0, 0, 20) and len(desk.queue()) == 2


def test_it_works_without_a_printer(desk: Desk) -> None:
    """An office without one still has its queue, and no print button."""
    desk.seat.office.settings = replace(desk.seat.office.settings, printer="")
    page = desk.seat.get("/cetak").content.decode()
    assert "belum diatur" in plain(page) and "2 kartu antre" in plain(page)
    assert "Cetak ini" not in page


def test_it_passes_over_who_is_too_young_and_says_from_when(desk: Desk) -> None:
    """Below 17 the day is named, and the next in line is printed."""
    today = desk.seat.office.now().today
    nik = desk.printing.niks[0]
    Person.objects.filter(nik=nik).update(
        tanggal_lahir=today - timedelta(days=17 * 365 - 30), status_kawin=1
    )
    assert "boleh dicetak mulai" in desk.seat.text("/cetak")
    desk.print(count="2")
    assert desk.blanko() == (1, 0, 19) and len(desk.queue()) == 1
    desk.print(order=desk.queue()[0])
    assert "tidak dicetak" in desk.seat.text("/cetak")
    assert desk.blanko() == (1, 0, 19)


def test_it_says_that_a_photo_is_still_on_its_way(desk: Desk) -> None:
    """Without its parts a card is passed over; its page has no preview and says why."""
    first = desk.queue()[0]
    state = reads.order(bytes.fromhex(first))
    assert state is not None
    desk.seat.office.journal.blobs.remove(state.blobs[0])
    assert "foto dalam perjalanan" in desk.seat.text("/cetak")
    assert "Pratinjau belum ada" in desk.seat.text(f"/cetak/{first}")
    assert desk.seat.get(f"/cetak/{first}/depan.jpg").status_code == 409


def test_it_shows_both_sides_and_keeps_them_nowhere(desk: Desk) -> None:
    """A preview is small, marked, and never stored by a browser."""
    first = desk.queue()[0]
    assert "bertanda DATA UJI" in desk.seat.get(f"/cetak/{first}").content.decode()
    for side in ("depan", "belakang"):
        answer = desk.seat.get(f"/cetak/{first}/{side}.jpg")
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        assert (
            answer.content.startswith(b"\xff\xd8\xff") and len(answer.content) < 150_000
        )
    assert desk.seat.get(f"/cetak/{first}/tengah.jpg").status_code == 404


@pytest.mark.parametrize("count", ["0", "21", "-1", "x", ""])
def test_it_refuses_a_wrong_count(desk: Desk, count: str) -> None:
    """In words, with no blanko used."""
    answer = desk.seat.post("/cetak", count=count)
    assert answer.status_code == 409 and "Isi angka" in plain(answer.content.decode())
    assert desk.printing.engine.cards_fed == 0


@pytest.mark.parametrize("has_script", [True, False])
def test_it_shows_the_result_by_itself(
    desk: Desk, chromium: Browser, has_script: bool
) -> None:
    """In a browser: the run is seen to go on, and its end comes without a hand."""
    desk.printing.engine.card_s = 1.0
    context = chromium.new_context(java_script_enabled=has_script)
    session = desk.seat.client.cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": desk.seat.url}])
    page = context.new_page()
    page.goto(f"{desk.seat.url}/cetak")
    page.get_by_label("Cetak yang terdepan").fill("1")
    page.get_by_role("button", name="Cetak", exact=True).click()
    expect(page.get_by_text("Sedang mencetak: 0 dari 1")).to_be_visible()
    heading = page.get_by_role("heading", name="Hasil cetakan terakhir")
    expect(heading).to_be_visible(timeout=20_000)
    expect(page.get_by_text("tercetak", exact=True)).to_be_visible()
    context.close()
    assert desk.blanko() == (1, 0, 19)
