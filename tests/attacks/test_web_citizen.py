"""Attacks on the citizen's page: learning who was recorded without knowing it before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from perahu.enrolment.models import Recording
from tests.node.desk.conftest import Printing
from tests.web.conftest import open_pages
from tests.web.seats import Seat, seat_at

BORN = {"tahun": "1931", "bulan": "1", "hari": "1"}


@pytest.fixture
def phone(printing: Printing) -> Iterator[Seat]:
    """A stranger's telephone before the pages of an office that recorded two people."""
    with open_pages(printing.town, "enggano") as office, seat_at(office) as seat:
        yield seat


def _asked(phone: Seat, number: str) -> tuple[list[str], bytes]:
    """The questions that the page asked of the tables, and what it answered."""
    connection = connections[phone.office.tables.alias]
    with phone.office.at_work(), CaptureQueriesContext(connection) as seen:
        answer = phone.client.post("/warga", {"nomor": number, **BORN})
    questions = [str(one["sql"]).split(" WHERE ")[0] for one in seen.captured_queries]
    typed = f'value="{number}"'.encode()
    return questions, answer.content.replace(typed, b"")


def test_it_works_alike_for_a_wrong_number_and_a_wrong_date(phone: Seat) -> None:
    """Neither the words nor the questions to the tables (the time) tell them apart."""
    with phone.office.at_work():
        known = Recording.objects.order_by("opened_order")[0].number
    wrong_date, wrong_number = _asked(phone, known), _asked(phone, "9999" + known[4:])
    assert wrong_date == wrong_number and wrong_date[0]


def test_it_counts_the_machine_and_not_what_it_says_of_itself(phone: Seat) -> None:
    """A header about where a request came from buys no further tries."""
    answers = [
        phone.client.post(
            "/warga",
            {"nomor": "0001/170301/XI/2026", **BORN},
            headers={
                "X-Forwarded-For": f"10.1.1.{number}",
                "Forwarded": f"for=x{number}",
            },
        ).status_code
        for number in range(7)
    ]
    assert answers == [200] * 5 + [429] * 2
