"""Attacks on sessions: pushing others out, riding on a lock, guessing at the PIN."""

from __future__ import annotations

from perahu.web.gate import COOKIE
from perahu.web.routes import Who
from perahu.web.sessions import IDLE_S, SESSIONS_MAX, Sessions
from perahu.web.urls import ROUTES
from tests.web.seats import PIN, Seat, address


def test_it_keeps_others_when_one_signs_in_without_end() -> None:
    """An operator who opens session after session signs nobody else out."""
    now, names = 0.0, iter(range(10_000))

    def clock() -> float:
        nonlocal now
        now += 1
        return now

    sessions = Sessions(clock, lambda size: next(names).to_bytes(size, "big"))
    other = sessions.open(b"sari", 1)
    for _ in range(SESSIONS_MAX + 1):
        last = sessions.open(b"budi", 1)
    assert sessions.find(other.name) is other
    assert sessions.find(last.name) is last


def test_it_takes_no_name_for_a_session_from_outside(enggano: Seat) -> None:
    """A cookie planted before the sign-in is worth nothing after it (fixation)."""
    planted = enggano.beside()
    planted.client.cookies[COOKIE] = "ab" * 16
    assert planted.sign_in("sari").status_code == 302
    assert planted.client.cookies[COOKIE].value != "ab" * 16
    planted.client.cookies[COOKIE] = "ab" * 16
    assert planted.get("/").status_code == 302


def test_it_shows_nothing_while_it_is_locked(enggano: Seat) -> None:
    """Neither a page nor a part nor a picture answers before the PIN, nor a form."""
    addresses = [
        (address(route, enggano.office), route)
        for route in ROUTES
        if route.who not in (Who.ANYBODY, Who.MACHINE) and "<" not in route.path
    ]
    for session in enggano.sessions.live():
        session.seen_s -= IDLE_S + 1
    for path, route in addresses:
        for answer in (
            enggano.get(path),
            enggano.client.head(path),
            enggano.post(path),
            enggano.client.get(path, headers={"HX-Request": "true"}),
        ):
            assert answer.status_code in (204, 302, 404), route.name
            assert not answer.content or answer.status_code == 404, route.name


def test_it_counts_wrong_pins_of_all_browsers_and_pages_together(enggano: Seat) -> None:
    """Guesses at the sign-in of one browser and at the lock of another share the tries."""
    assert enggano.get("/").status_code == 200
    for session in enggano.sessions.live():
        session.seen_s -= IDLE_S + 1
    for number in range(5):
        if number % 2:
            answer = enggano.client.post("/kunci", {"pin": "000000", "next": "/"})
        else:
            answer = enggano.beside().sign_in("sari", "000000")
        assert answer.status_code == 409
    assert enggano.client.post("/kunci", {"pin": PIN}).status_code == 409
    assert enggano.beside().sign_in("sari").status_code == 409
