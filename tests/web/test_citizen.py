"""The citizen's page: one sentence for number and birth date, and nothing to try out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from perahu.enrolment.models import Recording
from perahu.enrolment.rules_citizen import NOT_FOUND, TOO_OFTEN
from perahu.people.models import Person
from perahu.web.citizen import (
    ADDRESSES_MAX,
    WINDOW_S,
    WRONG_ALL_MAX,
    WRONG_MAX,
    Patience,
)
from tests.devices.scanners.desk import ROOT
from tests.web.conftest import Printing, open_pages
from tests.web.seats import Seat, plain, seat_at

PAGE_BYTES_MAX = 20_000


@pytest.fixture
def street(printing: Printing) -> Iterator[Seat]:
    """A phone outside Enggano's office: nobody is signed in."""
    with open_pages(printing.town, "enggano") as office, seat_at(office) as seat:
        yield seat


def known(seat: Seat) -> tuple[str, date, str]:
    """A register number, the birth date that fits it, and the name."""
    with seat.office.at_work():
        one = Recording.objects.order_by("number").first()
        assert one is not None
        who = Person.objects.get(pk=one.person)
    assert who.tanggal_lahir is not None
    return one.number, who.tanggal_lahir, who.nama


def ask(seat: Seat, number: str, born: date, **meta: Any) -> Any:
    """Fill the form in and send it."""
    fields = {
        "nomor": number,
        "hari": born.day,
        "bulan": born.month,
        "tahun": born.year,
    }
    return seat.client.post("/warga", fields, **meta)


def test_it_tells_one_sentence_and_nothing_more(street: Seat) -> None:
    """State and place in the queue; no name, no NIK."""
    number, born, name = known(street)
    answer = ask(street, number, born)
    text = plain(answer.content.decode())
    assert re.search(r"Siap cetak, nomor urut [12] dari 2\. Blanko tersisa 20", text)
    assert name.split()[0] not in text
    assert "1703" not in text.replace("170301/XI", "")


def test_it_answers_a_wrong_number_and_a_wrong_date_alike(street: Seat) -> None:
    """Nobody learns which of the two was wrong."""
    number, born, _ = known(street)
    other = born.replace(year=born.year - 1)
    wrong = [
        plain(ask(street, *pair).content.decode())
        for pair in ((number, other), ("9999/170301/XI/2026", born), ("x", born))
    ]
    assert all(NOT_FOUND.id in text for text in wrong)
    bare = {text.replace(str(other.year), str(born.year)) for text in wrong}
    assert len(bare) == 1


def test_it_asks_for_patience_after_several_wrong_answers(street: Seat) -> None:
    """Five wrong ones from an address, and even a right one waits; others do not."""
    number, born, _ = known(street)
    for _ in range(WRONG_MAX):
        assert ask(street, "1/170301/I/2020", born).status_code == 200
    answer = ask(street, number, born)
    assert answer.status_code == 429
    assert TOO_OFTEN.id in plain(answer.content.decode())
    elsewhere = ask(street, number, born, REMOTE_ADDR="192.168.7.7")
    assert "Siap cetak" in plain(elsewhere.content.decode())


def test_it_forgets_in_time_and_stays_small() -> None:
    """The window passes; very many addresses cost no memory without end."""
    now = [0.0]
    patience = Patience(lambda: now[0])
    for _ in range(WRONG_MAX):
        patience.note_wrong("a")
    assert patience.is_worn_out("a")
    assert not patience.is_worn_out("b")
    now[0] = WINDOW_S + 1
    assert not patience.is_worn_out("a")
    for n in range(ADDRESSES_MAX + 50):
        patience.note_wrong(str(n))
    assert len(patience._by_address) == ADDRESSES_MAX
    assert patience.is_worn_out("c"), "all together were wrong too often"
    assert WRONG_ALL_MAX < ADDRESSES_MAX


def test_it_is_small_without_script_cookie_or_session(street: Seat) -> None:
    """Page and style are a few kilobytes, and a feature phone needs nothing else."""
    street.client.cookies.clear()
    answer = street.client.get("/warga")
    html = answer.content.decode()
    style = html.split('href="/static/')[1].split("?")[0]
    css = (ROOT / "perahu" / "web" / "static" / style).read_bytes()
    assert len(answer.content) + len(css) < PAGE_BYTES_MAX / 4
    assert "<script" not in html
    assert "style=" not in html
    assert not answer.cookies


def test_it_takes_anything_without_a_mistake(street: Seat) -> None:
    """Odd dates and long numbers are wrong answers like any other."""
    for fields in (
        {},
        {"nomor": "1/170301/I/2026", "hari": "²", "bulan": "1", "tahun": "2000"},
        {"nomor": "/" * 5000, "hari": "99", "bulan": "99", "tahun": "9999"},
    ):
        answer = street.client.post("/warga", fields)
        assert NOT_FOUND.id in plain(answer.content.decode())
