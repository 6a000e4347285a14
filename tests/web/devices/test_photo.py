"""The photo from a webcam: guidance, taking, sending, and what stays when there is no camera."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from perahu.devices.from_browser import photo_of
from tests.web.devices.conftest import OpenPage, Site, Webcam, drawn

CHECKS = ("face", "centred", "eyes", "sharp", "light", "background")


def opened(site: Site, open_page: OpenPage, background: str = "red") -> Page:
    """The fragment on a page, with the camera running."""
    site.show("recording/_webcam.html", background=background, action="/kirim")
    page = open_page()
    expect(page.locator("form")).to_have_attribute("data-state", "live")
    return page


def state(page: Page, check: str, expected: str) -> None:
    """Wait until a check stands so."""
    row = page.locator(f"[data-check={check}]")
    expect(row).to_have_attribute("data-state", expected)


def test_it_works(site: Site, webcam: Webcam, open_page: OpenPage) -> None:
    """A good face gets six green checks, is taken, and arrives as a photo of the card's size."""
    webcam.sees(drawn())
    page = opened(site, open_page)
    for check in CHECKS:
        state(page, check, "ok")
    expect(page.get_by_role("status")).to_have_text("Siap. Tekan Ambil foto.")
    page.get_by_role("button", name="Ambil foto").click()
    expect(page.get_by_role("status")).to_have_text("Foto baik. Pakai foto ini?")
    expect(page.get_by_role("button", name="Pakai foto ini")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
    capture = photo_of(site.received[0]["photo"])
    assert capture.background == "red"
    assert capture.score >= 70
