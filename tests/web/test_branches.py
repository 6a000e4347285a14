"""Entries on a branch, on the pages where stands what waits to be sent.

How a node learns of its branch is shown in tests/node/test_branches.py; here it knows.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from perahu.web.gate import COOKIE
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.seats import Seat, seat_at

STATUS, SENDING, HOME = "/keadaan", "/kirim", "/"
ALL_SENT = "Semua sudah sampai di sana."


@pytest.fixture
def branched(town: Town) -> Iterator[Seat]:
    """Sari at Enggano; of what was said there the hub holds another history."""
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        for row in office.journal.journals():
            if row.own and row.head_seq > row.received_seq:
                office.journal.note_branch(row.id)
        yield seat


def left(seat: Seat) -> int:
    """How many entries will never be sent."""
    found = seat.office.journal.waiting()
    assert found.entries == 0 < found.branched
    return found.branched


def test_it_says_what_they_are_and_what_to_do(branched: Seat) -> None:
    """Where the count of what waits stands: how many, why, the list and the runbook."""
    count = left(branched)
    for path in (STATUS, SENDING):
        text = branched.text(path, lang="id")
        assert f"Hanya di komputer ini: {count} catatan." in text
        assert "`perahu history`" in text and "pencetakan-berhenti-di-kantor" in text
        english = branched.text(path, lang="en")
        assert f"On this machine only: {count} entries." in english
        assert "Serve these people again" in english
    assert branched.get("/status.json").json()["waiting"]["branched"] == count


def test_it_shows_on_every_page_where_to_read_of_them(branched: Seat) -> None:
    """The line about the place has their number, and leads to the page that explains it."""
    text = branched.text(HOME)
    assert f"Hanya di komputer ini {left(branched)} catatan" in text
    assert "Menunggu dikirim tidak ada" in text
    assert f'<a href="{STATUS}">' in branched.get(HOME).content.decode()


def test_it_never_says_that_all_has_arrived(branched: Seat) -> None:
    """Nothing waits, and yet not all is there."""
    assert ALL_SENT not in branched.text(SENDING)


def test_it_is_no_alarm(branched: Seat) -> None:
    """It asks for nothing that this page could end: it stands beside the count it is of."""
    text = branched.text(STATUS)
    asked = text.split("Perlu dilihat orang")[1].split("Kontak terakhir")[0]
    assert "komputer ini" not in asked


def test_it_says_nothing_where_there_are_none(enggano: Seat) -> None:
    """An office like any other."""
    for path in (HOME, STATUS, SENDING):
        assert "Hanya di komputer ini" not in enggano.text(path)
    assert enggano.get("/status.json").json()["branched_words"] is None


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_it_is_whole_in_every_look(
    chromium: Browser, branched: Seat, scheme: str, width: int
) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    session = branched.client.cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": branched.url}])
    for path in (STATUS, SENDING, HOME):
        page = context.new_page()
        page.goto(f"{branched.url}{path}")
        assert Axe().run(page).response["violations"] == []
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) <= 0
    context.close()
