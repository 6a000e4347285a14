"""The signature on the screen: drawn, cleared, sent, and not sent where it is empty."""

from __future__ import annotations

import math
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from perahu.devices.from_browser import signature_of
from perahu.devices.iso19794 import parse, signature_points
from tests.web.devices.conftest import OpenPage, Site


def opened(site: Site, open_page: OpenPage, width: int = 1280) -> Page:
    """The fragment on a page."""
    site.show("recording/_signature_pad.html", action="/kirim")
    return open_page(width)


def sign(page: Page, strokes: int = 2, length: int = 41) -> None:
    """Waves across the sheet, one below another, with the mouse."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    for stroke in range(strokes):
        middle = box["y"] + box["height"] * (0.35 + 0.3 * stroke)
        for step in range(length):
            x = box["x"] + box["width"] * (0.1 + 0.02 * step)
            page.mouse.move(x, middle + 30 * math.sin(step / 2))
            if step == 0:
                page.mouse.down()
        page.mouse.up()


def say(page: Page, words: str) -> None:
    """Wait until the page says so."""
    expect(page.get_by_role("status")).to_have_text(words)


@pytest.mark.parametrize("width", [1280, 360])
def test_it_works(site: Site, open_page: OpenPage, width: int) -> None:
    """Two strokes become a record with the pen's path, lifted once between them."""
    page = opened(site, open_page, width)
    say(page, "Minta warga menandatangani di kotak ini.")
    sign(page)
    say(page, "Sudah sesuai? Pakai, atau hapus dan ulangi.")
    page.get_by_role("button", name="Pakai tanda tangan ini").click()
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
    png = site.received[0]["signature"]
    capture = signature_of(png)
    points = signature_points(parse(capture.record))
    lifted = [n for n, point in enumerate(points) if not point.pressure]
    assert len(lifted) == 2
    assert lifted[-1] == len(points) - 1
    assert max(point.x for point in points) < 3200
    assert capture.score >= 40
    with Image.open(BytesIO(png)) as picture:
        # Any program for pictures shows it: the path is a chunk that others skip.
        grey = picture.convert("L").tobytes()
        assert min(grey) < 60 < 250 < max(grey)


def test_it_sends_no_empty_sheet(site: Site, open_page: OpenPage) -> None:
    """Without ink, or with a dot, nothing is sent and the page says why; then it still works."""
    page = opened(site, open_page)
    send = page.get_by_role("button", name="Pakai tanda tangan ini")
    send.click()
    say(page, "Kotak masih kosong. Minta warga menandatangani dulu.")
    sign(page, strokes=1, length=2)
    say(page, "Tanda tangan masih terlalu kecil. Minta warga menulis lebih besar.")
    send.click()
    assert site.received == []
    sign(page)
    send.click()
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")


def test_it_clears(site: Site, open_page: OpenPage) -> None:
    """What was cleared is not in the path that is sent."""
    page = opened(site, open_page)
    sign(page, strokes=3)
    page.get_by_role("button", name="Hapus dan ulangi").click()
    say(page, "Minta warga menandatangani di kotak ini.")
    sign(page, strokes=1)
    page.get_by_role("button", name="Pakai tanda tangan ini").click()
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
    points = signature_points(parse(signature_of(site.received[0]["signature"]).record))
    assert [point.pressure for point in points].count(0) == 1
    assert points[0].at_ms == 0


def test_it_keeps_the_ink_when_the_window_changes(
    site: Site, open_page: OpenPage
) -> None:
    """A turned tablet shows the same strokes, and goes on in the same units."""
    page = opened(site, open_page)
    sign(page, strokes=1)
    page.set_viewport_size({"width": 500, "height": 900})
    inked = """canvas => {
        const whole = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return whole.data.filter((value, n) => n % 4 === 3 && value > 0).length;
    }"""
    assert page.locator("canvas").evaluate(inked) > 200


def test_it_points_to_the_pad_without_javascript(
    site: Site, open_page: OpenPage
) -> None:
    """Without JavaScript there is no dead sheet, but a sentence that says what to use."""
    site.show("recording/_signature_pad.html", action="/kirim")
    page = open_page(java_script_enabled=False)
    expect(page.get_by_text("Pakai papan tanda tangan meja.")).to_be_visible()
    expect(page.locator("canvas")).to_be_hidden()
    expect(page.locator("button:visible")).to_have_count(0)
