"""Who cannot see the picture, or not well: axe, both languages, every state, narrow and wide."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.devices.conftest import STAGE, OpenPage, Site, drawn

REFUSED = (
    "navigator.mediaDevices.getUserMedia = () =>"
    " Promise.reject(new DOMException('', 'NotAllowedError'));"
)


def check(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    wrong = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        # The little page around the fragment has no heading; the desk's pages have.
        if one["id"] != "page-has-heading-one"
    ]
    assert not wrong, "\n".join(wrong)
    room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert room[0] <= room[1]


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 360)])
def test_it_reads_well(site: Site, open_page: OpenPage, theme: str, width: int) -> None:
    """Guidance with faults, a photo taken, a camera refused, the sheet, the scanner."""
    site.theme = f'data-theme="{theme}"'
    site.sees(drawn(eyes_shut=True, backdrop="blue"))
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page(width, before=STAGE)
    eyes = page.locator("[data-check=eyes]")
    expect(eyes).to_have_attribute("data-state", "wrong", timeout=15_000)
    check(page)
    page.get_by_role("button", name="Ambil foto").click()
    expect(page.get_by_role("button", name="Ambil ulang")).to_be_focused()
    check(page)
    page = open_page(width, before=REFUSED)
    expect(page.get_by_role("alert")).to_contain_text("tidak diizinkan")
    check(page)
    site.show("recording/_signature_pad.html", action="/kirim")
    page = open_page(width)
    expect(page.locator("canvas")).to_be_visible()
    check(page)
    site.show("_scan.html", action="/cari")
    page = open_page(width, before=STAGE)
    expect(page.get_by_role("status")).to_have_text("Arahkan kamera ke kode QR.")
    check(page)


@pytest.mark.parametrize(
    "template",
    ["recording/_webcam.html", "recording/_signature_pad.html", "_scan.html"],
)
def test_it_speaks_english(site: Site, template: str) -> None:
    """Every sentence has its English, also those that wait in attributes."""
    texts = {}
    for site.language in ("id", "en"):
        site.show(template, background="orange", action="/kirim")
        texts[site.language] = site.fragment
    words = ("kamera", "warga", "kotak", "Ambil", "Latar", "Wajah", "Mata", "tangan")
    assert any(word in texts["id"] for word in words)
    assert not [word for word in words if word in texts["en"]]


def test_it_works_by_keyboard(site: Site, open_page: OpenPage) -> None:
    """Start, take, use: Tab once, then Enter; the focus follows."""
    site.sees(drawn())
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page(
        before=f"{STAGE};navigator.permissions.query = async () => ({{ state: 'prompt' }});"
    )
    expect(page.locator("form")).to_have_attribute("data-state", "off")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(
        "Siap. Tekan Ambil foto.", timeout=15_000
    )
    expect(page.get_by_role("button", name="Ambil foto")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pakai foto ini")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
