"""The page at the devices in a real browser: hands that fill up while the person is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.node.desk.town import PIN, Town
from tests.web.conftest import open_pages
from tests.web.recordings import begin, take
from tests.web.seats import Seat, seat_at

PHONE = {"width": 360, "height": 740}
SLOW_MS = 500


@pytest.fixture
def at_the_fingers(
    town: Town, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Seat, str]]:
    """Photo and signature are taken; the devices are as slow as people are."""
    # Playwright keeps a loop in this thread, so Django takes its callers for coroutines.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    (nik,) = town.to_record()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        recording = begin(seat, nik)
        for group in ("photo", "signature"):
            take(seat, recording, group)
        seat.post(f"/rekam/{recording}/jeda")
        assert town.scanners is not None
        town.scanners.control("delay", delay_ms=SLOW_MS)
        yield seat, f"{seat.url}/rekam/{recording}/jari"


def sign_in(page: Page, seat: Seat, address: str) -> None:
    """Sari at this browser, before the fingers."""
    page.goto(f"{seat.url}/masuk?next={address.removeprefix(seat.url)}")
    page.get_by_label("Sari").check()
    page.get_by_role("textbox", name="PIN").fill(PIN)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/jari")


def test_it_works(at_the_fingers: tuple[Seat, str], screen: BrowserContext) -> None:
    """One key starts the hand; each finger fills in its turn; the next hand is offered."""
    seat, address = at_the_fingers
    page = screen.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda line: wrong.append(line.text) if line.type == "error" else None,
    )
    sign_in(page, seat, address)
    expect(page.get_by_role("button", name="Ambil empat jari kanan")).to_be_focused()
    page.keyboard.press("Enter")
    rows = page.locator(".part-rows")
    expect(page.locator(".say-now")).to_contain_text("kanan")
    expect(rows.locator("li.is-good")).to_have_count(1)
    expect(page.locator("svg.parts g.mark.is-now")).to_have_count(1)
    expect(page.get_by_role("button", name="Hentikan alat")).to_be_visible()
    expect(rows.locator("li.is-good, li.is-fair")).to_have_count(4)
    following = page.get_by_role("button", name="Ambil empat jari kiri")
    expect(following).to_be_focused()
    for size in (PHONE, {"width": 1280, "height": 900}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), size
    assert not wrong, wrong


def test_it_works_without_javascript(
    at_the_fingers: tuple[Seat, str], chromium: Browser
) -> None:
    """The page comes again by itself, and a link does the same."""
    seat, address = at_the_fingers
    context = chromium.new_context(java_script_enabled=False, locale="id-ID")
    try:
        page = context.new_page()
        sign_in(page, seat, address)
        page.get_by_role("button", name="Ambil kedua jempol").click()
        expect(page.get_by_role("link", name="Segarkan")).to_be_visible()
        expect(page.get_by_role("button", name="Ambil kedua jempol")).to_have_count(0)
        expect(page.locator("li.is-good, li.is-fair")).to_have_count(2, timeout=20_000)
        expect(page.get_by_role("button", name="Ambil empat jari kanan")).to_be_visible(
            timeout=20_000
        )
    finally:
        context.close()
