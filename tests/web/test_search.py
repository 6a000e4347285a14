"""Finding a person: by numbers, by sound, by register number, by a scanned proof."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from perahu.enrolment import actions, reads_desk
from perahu.enrolment.models import Recording
from perahu.people.models import Person
from perahu.web.desk.search import register_number
from perahu.web.gate import COOKIE
from tests.web.seats import Seat


def recorded(seat: Seat) -> Recording:
    """The first recording there."""
    with seat.office.at_work():
        found = Recording.objects.order_by("number").first()
    assert found is not None
    return found


def somebody(seat: Seat) -> Person:
    """A resident of Enggano with a long name."""
    with seat.office.at_work():
        return max(Person.objects.order_by("nik"), key=lambda who: len(who.nama))


@pytest.mark.parametrize("by", ["nik", "grouped", "no_kk", "name", "part"])
def test_it_finds_by_what_is_on_the_paper(enggano: Seat, by: str) -> None:
    """A NIK as typed or in groups, a No. KK, a name or its beginning."""
    who = somebody(enggano)
    text = {
        "nik": who.nik,
        "grouped": f"{who.nik[:6]} {who.nik[6:12]} {who.nik[12:]}",
        "no_kk": who.no_kk,
        "name": who.nama.lower(),
        "part": " ".join(who.nama.split()[:2])[:-1],
    }[by]
    html = enggano.get("/cari", q=text).content.decode()
    assert f"/orang/{who.person}" in html
    assert who.nama in html


def test_it_shows_the_state_and_the_one_next_step(desk: Seat) -> None:
    """A hit says birth, place, state, and has one button."""
    one = recorded(desk)
    text = desk.text("/cari", q=one.nik)
    assert "siap cetak" in text
    assert "Desa" in text
    with desk.office.at_work():
        fresh = Person.objects.exclude(nik__in=[one.nik]).filter(
            status_rekam="UNREGISTERED", status_kawin__gte=2
        )
        nik = fresh.order_by("nik").last()
    assert nik is not None
    text = desk.text("/cari", q=nik.nik)
    assert "belum rekam" in text
    assert "Mulai rekam" in text


def test_it_finds_by_register_number_however_it_is_typed(desk: Seat) -> None:
    """Zeros may lack and letters may be small."""
    one = recorded(desk)
    loose = one.number.lstrip("0").lower()
    assert loose != one.number
    for text in (one.number, loose, f" {one.number.replace('/', ' / ')} "):
        assert f"/orang/{one.person}" in desk.get("/cari", q=text).content.decode()
    assert register_number("1/170301/XI/2026") == "0001/170301/XI/2026"
    assert register_number("1/170301-k7/xi/2026") == "0001/170301-K7/XI/2026"
    assert register_number("1703010101909001") == ""


def test_it_takes_a_scanned_proof_to_its_person(desk: Seat) -> None:
    """The text of a proof's QR code, as a handheld scanner types it, opens the person."""
    one = recorded(desk)
    with desk.office.at_work():
        _, qr = actions.proof_paper(
            desk.office.journal,
            recording=bytes.fromhex(one.recording),
            today=desk.office.now().today,
        )
    answer = desk.get("/cari", q=qr)
    assert answer.status_code == 302
    assert answer["Location"] == f"/orang/{one.person}"
    spoilt = qr[:-3] + ("AAA" if not qr.endswith("AAA") else "BBB")
    assert "bukan bukti perekaman yang sah" in desk.text("/cari", q=spoilt)


def test_it_says_what_to_do_when_nobody_fits(enggano: Seat) -> None:
    """Nobody found leads to registering; three digits ask for a fourth."""
    html = enggano.get("/cari", q="XQZWKJ").content.decode()
    assert "/orang/baru?nama=XQZWKJ" in html
    assert "sedikitnya empat angka" in enggano.text("/cari", q="170")
    assert enggano.get("/cari", q="%00'\"<script>" * 200).status_code == 200


def test_it_answers_the_typing_with_the_results_alone(enggano: Seat) -> None:
    """What htmx asks for is a part of the page, not a page."""
    html = enggano.get("/cari/hasil", q=somebody(enggano).nama).content.decode()
    assert "<html" not in html
    assert "data-hit" in html


def test_it_counts_states_for_all_hits_at_once(desk: Seat) -> None:
    """Twenty hits cost the recordings one question, not twenty."""
    with desk.office.at_work():
        rows = Person.objects.order_by("nik")[:20]
        persons = {bytes.fromhex(row.person): row.nik for row in rows}
        assert len(reads_desk.latest_of(persons)) <= 20


def test_it_is_found_and_opened_by_keyboard_alone(
    desk: Seat, screen: BrowserContext
) -> None:
    """Slash, a name, arrow down, Enter: the person's page, no mouse."""
    session = desk.client.cookies[COOKIE].value
    screen.add_cookies([{"name": COOKIE, "value": session, "url": desk.url}])
    page = screen.new_page()
    page.goto(f"{desk.url}/")
    who = somebody(desk)
    page.keyboard.press("/")
    page.keyboard.type(who.nama[:-1].lower())
    expect(page.locator("[data-hit]").first).to_have_text(who.nama)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-hit]").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(who.nama.split()[0])


def test_it_puts_no_other_person_under_her_finger(
    desk: Seat, screen: BrowserContext
) -> None:
    """An answer comes when she is in the list already: the same person, or the box again."""
    session = desk.client.cookies[COOKIE].value
    screen.add_cookies([{"name": COOKIE, "value": session, "url": desk.url}])
    page = screen.new_page()
    page.goto(f"{desk.url}/")
    who = somebody(desk)
    with desk.office.at_work():
        other = Person.objects.exclude(pk=who.pk).order_by("nik")[0]
    first, box = page.locator("[data-hit]").first, page.locator("[data-search]")
    box.fill(who.nik)
    expect(first).to_have_text(who.nama)
    box.press("ArrowDown")
    expect(first).to_be_focused()
    page.evaluate(_COUNT_ANSWERS)
    box.evaluate(_ASK, who.nama)
    page.wait_for_function("() => window.answers === 1")
    expect(page.locator("[data-hit]:focus")).to_have_text(who.nama)
    box.evaluate(_ASK, other.nik)
    expect(first).to_have_text(other.nama)
    expect(box).to_be_focused()


_ASK = """(box, text) => {
    box.value = text;
    box.dispatchEvent(new Event("input", {bubbles: true}));
}"""
_COUNT_ANSWERS = """() => {
    window.answers = 0;
    document.addEventListener("htmx:afterSwap", () => { window.answers += 1; });
}"""


def test_it_lets_the_camera_page_alone_run_webassembly(enggano: Seat) -> None:
    """Only the scan page's policy allows it."""
    name = "Content-Security-Policy"
    assert "wasm-unsafe-eval" in enggano.get("/cari/pindai").headers[name]
    assert "wasm-unsafe-eval" not in enggano.get("/cari").headers[name]
