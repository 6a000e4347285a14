"""Attacks on what was typed when a session ended: whose it is, and who may fill the book."""

from __future__ import annotations

import pytest
from django.test import Client

from perahu.keys import pin as pins
from perahu.web.gate import COOKIE
from perahu.web.sessions import IDLE_S
from tests.web.seats import PIN, Seat

FORM = "/stok"


@pytest.fixture
def both(enggano: Seat) -> Seat:
    """Enggano, where Ratna of the kabupaten has set the same PIN as Sari."""
    office = enggano.office
    sari, ratna = map(office.authority.operator_by_login, ("sari", "ratna"))
    assert sari is not None and ratna is not None
    kept = office.journal.local.get(pins.SPACE, sari.operator)
    assert kept is not None
    office.journal.local.put(pins.SPACE, ratna.operator, kept)
    return enggano


def _idle(seat: Seat) -> None:
    for session in seat.sessions.live():
        session.seen_s -= IDLE_S + 1


def _drafts(seat: Seat) -> int:
    return len(seat.office.journal.local.items("draft"))


def test_it_keeps_no_draft_of_a_stranger(enggano: Seat) -> None:
    """Who never signed in here fills no book and pushes out no draft of an operator."""
    _idle(enggano)
    enggano.post(FORM, deed="receive", document="milik Sari")
    assert _drafts(enggano) == 1
    for number in range(120):
        stranger = enggano.beside()
        stranger.client.cookies[COOKIE] = f"{number:032x}"
        stranger.post(FORM, reason="x" * 100)
    assert _drafts(enggano) == 1
    enggano.client.post("/kunci", {"pin": PIN, "next": FORM})
    assert "milik Sari" in enggano.get(FORM).content.decode()


def test_it_gives_a_draft_to_nobody_else(both: Seat) -> None:
    """Another operator at the same browser does not find what the one before typed."""
    _idle(both)
    both.post(FORM, deed="receive", document="milik Sari")
    assert both.sign_in("ratna", next_=FORM).status_code == 302
    assert "milik Sari" not in both.get(FORM).content.decode()
    assert _drafts(both) == 0


def test_it_gives_a_draft_back_after_a_restart(both: Seat) -> None:
    """The same operator has it, though the node forgot all its sessions meanwhile."""
    for session in both.sessions.live():
        both.sessions.close(session.name)
    both.post(FORM, deed="receive", document="milik Sari")
    assert both.sign_in("sari", next_=FORM).status_code == 302
    assert "milik Sari" in both.get(FORM).content.decode()


def test_it_takes_no_form_of_the_operator_before(both: Seat) -> None:
    """A form left open in a tab is not sent in the name of who signed in after it."""
    strict = Client(enforce_csrf_checks=True)
    strict.defaults.update(both.client.defaults)

    def sign_in(login: str) -> int:
        strict.get("/masuk")
        told = {"login": login, "pin": PIN}
        token = strict.cookies["csrftoken"].value
        found = strict.post("/masuk", {**told, "csrfmiddlewaretoken": token})
        return int(found.status_code)

    assert sign_in("sari") == 302
    strict.get(FORM)
    left_open = {"csrfmiddlewaretoken": strict.cookies["csrftoken"].value}
    assert strict.post("/kunci/sekarang", left_open).status_code == 302
    assert sign_in("ratna") == 302
    assert strict.post("/kunci/sekarang", left_open).status_code == 403
