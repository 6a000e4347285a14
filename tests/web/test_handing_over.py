"""Handing over through pages: found by anything, proven by finger or code, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from perahu.cards import actions, reads
from perahu.enrolment import actions as enrolment
from perahu.enrolment import reads as recordings
from perahu.people import reads as people
from tests.node.desk.conftest import Printing
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at


@dataclass
class Counter:
    """Sari at the counter, two printed cards in her drawer."""

    seat: Seat
    printing: Printing

    def order(self, nik: str) -> str:
        """The order of this person."""
        resident = people.by_nik(nik)
        assert resident is not None
        (order,) = reads.orders_of(resident.person)
        return order.order.hex()

    def code(self, nik: str) -> str:
        """The pick-up code on this person's proof."""
        state = reads.order(bytes.fromhex(self.order(nik)))
        assert state is not None
        return enrolment.pickup_code(self.seat.office.journal, state.recording)

    def give(self, nik: str, **fields: str) -> tuple[int, str]:
        """Send the form of this person's card; the answer's status and words."""
        fields.setdefault("means", "code")
        answer = self.seat.post(f"/serah/{self.order(nik)}", **fields)
        return answer.status_code, plain(answer.content.decode())


@pytest.fixture
def counter(printing: Printing) -> Iterator[Counter]:
    """Both cards are printed and lie here."""
    assert printing.town.run("enggano", "print", "--all").code == 0
    with (
        open_pages(printing.town, "enggano") as office,
        seat_at(office, "sari") as seat,
    ):
        yield Counter(seat, printing)


def test_it_works(counter: Counter) -> None:
    """With the code: who took it is shown, and what was sealed for the card is gone."""
    nik, other = counter.printing.niks
    assert "2 kartu menunggu" in counter.seat.text("/serah")
    status, _ = counter.give(nik, code=counter.code(nik).lower(), who="self")
    assert status == 302
    text = counter.seat.text(f"/serah/{counter.order(nik)}")
    assert "Kartu diserahkan kepada" in text and "dengan kode ambil" in text
    state = reads.order(bytes.fromhex(counter.order(nik)))
    assert state is not None and state.handed_over
    assert not any(counter.seat.office.journal.blobs.has(sha) for sha in state.blobs)
    text = counter.seat.text("/serah")
    assert "1 kartu menunggu" in text and "diambil sendiri" in text
    status, text = counter.give(nik, code=counter.code(other))
    assert status == 409 and "sudah diserahkan" in text


def test_it_works_with_a_finger(counter: Counter) -> None:
    """In a demonstration the simulator is told who stands there; the finger fits."""
    nik = counter.printing.niks[0]
    status, text = counter.give(nik, means="finger")
    assert status == 302, text
    assert "dengan sidik jari" in counter.seat.text(f"/serah/{counter.order(nik)}")


def test_it_does_nothing_twice(counter: Counter) -> None:
    """The same form again, by finger or code, leads to the same page and scans nothing."""
    nik = counter.printing.niks[0]
    op = counter.seat.office.ports.random(16).hex()
    assert counter.give(nik, means="finger", op=op)[0] == 302
    assert counter.give(nik, means="finger", op=op)[0] == 302
    assert reads.handed_over_total() == 1


def test_it_names_who_took_it_for_another(counter: Counter) -> None:
    """With a letter of authority; without a name or a letter nothing is handed over."""
    nik = counter.printing.niks[0]
    code = counter.code(nik)
    status, text = counter.give(nik, code=code, who="other", collector="Rina")
    assert status == 409 and "surat kuasa" in text and "Rina" not in code
    given = {"who": "other", "collector": "Rina  Wati", "letter": "12/X/2026"}
    assert counter.give(nik, code=code, **given)[0] == 302
    text = counter.seat.text(f"/serah/{counter.order(nik)}")
    assert "diserahkan kepada Rina Wati (surat kuasa 12/X/2026)" in text


def test_it_locks_after_five_wrong_codes(counter: Counter) -> None:
    """A sixth code waits, also the right one; a finger still opens the hand."""
    nik, other = counter.printing.niks
    for _ in range(5):
        status, text = counter.give(nik, code="SALAH234")
        assert status == 409 and "Kode ambil tidak cocok" in text
    status, text = counter.give(nik, code=counter.code(nik))
    assert status == 409 and "5 kali kode salah" in text
    assert reads.handed_over_total() == 0
    assert counter.give(other, code=counter.code(other))[0] == 302
    assert counter.give(nik, means="finger")[0] == 302


def test_it_finds_a_card_by_anything(counter: Counter) -> None:
    """Receipt number, pick-up code, NIK, and a name."""
    nik = counter.printing.niks[0]
    resident = people.by_nik(nik)
    state = reads.order(bytes.fromhex(counter.order(nik)))
    assert resident is not None and state is not None
    recorded = recordings.recording(state.recording)
    assert recorded is not None
    name = resident.biodata.nama
    for query in (recorded.number, counter.code(nik), nik, name):
        page = counter.seat.get("/serah", q=query).content.decode()
        found = page.partition("Hasil pencarian")[2].partition("Menunggu diambil")[0]
        assert counter.order(nik) in found, query
    assert "Tidak ada kartu dengan itu" in counter.seat.text("/serah", q="zzzzzz")


def test_it_holds_back_what_the_centre_took_back(counter: Counter) -> None:
    """A printed card whose order was cancelled is listed apart and not handed over."""
    nik = counter.printing.niks[0]
    order = counter.order(nik)
    cancel(counter, order)
    text = counter.seat.text("/serah")
    assert "Ditahan, jangan diserahkan" in text and "data ganda" in text
    status, text = counter.give(nik, code=counter.code(nik))
    assert status == 409 and "ditahan" in text and "hubungi kabupaten" in text
    assert "Ditahan, jangan diserahkan" in counter.seat.text(f"/cetak/{order}")


def cancel(counter: Counter, order: str) -> None:
    """The hub cancels, and Enggano hears of it."""
    from contextlib import ExitStack

    from perahu.journal.types import COMMON
    from tests.cast import carry

    enggano = counter.seat.office
    with ExitStack() as stack:
        hub = stack.enter_context(counter.printing.town.open("hub"))
        carry(enggano.journal, hub.journal, audience=lambda audience: audience == b"")
        actions.cancel_print(
            hub.journal, hub.ask(), order=bytes.fromhex(order), reason="data ganda"
        )
        ours = (COMMON, enggano.journal.node_id)
        carry(hub.journal, enggano.journal, audience=ours.__contains__)
    with enggano.at_work():
        enggano.journal.catch_up()
