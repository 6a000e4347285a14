"""A QR code before the camera becomes a search."""

from __future__ import annotations

import re

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.web.devices.conftest import STAGE, OpenPage, Site

WALL = Image.new("RGB", (960, 720), (120, 116, 110))


def paper(text: str, side: int = 300) -> Image.Image:
    """A receipt with a code, held askew before the camera."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(
        scale=4
    )
    sheet = Image.new("RGB", (side + 80, side + 80), (250, 250, 248))
    sheet.paste(Image.fromarray(code).resize((side, side)).convert("RGB"), (40, 40))
    askew = sheet.rotate(6, Image.Resampling.BICUBIC, True, fillcolor=(120, 116, 110))
    room = WALL.copy()
    room.paste(askew, ((960 - askew.width) // 2, (720 - askew.height) // 2))
    return room


def test_it_works(site: Site, open_page: OpenPage) -> None:
    """The code's text goes into the search, which is sent at once."""
    site.sees(WALL)
    site.show("_scan.html", action="/cari")
    page = open_page(before=STAGE)
    expect(page.get_by_role("status")).to_have_text("Arahkan kamera ke kode QR.")
    site.sees(paper("UJI-ENG-000123"))
    page.wait_for_url(re.compile(r"/cari\?q=UJI-ENG-000123$"))


def test_it_reads_a_dense_code(site: Site, open_page: OpenPage) -> None:
    """The proof of a recording, with a thousand letters, fills the picture and is read."""
    text = "UJI-" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 27
    site.sees(paper(text, 580))
    site.show("_scan.html", action="/cari")
    page = open_page(before=STAGE)
    page.wait_for_url(re.compile(rf"/cari\?q={text}$"))


def test_it_refuses_a_foreign_code(site: Site, open_page: OpenPage) -> None:
    """A code far longer than any of ours is not searched; the camera can be started again."""
    site.sees(paper("https://contoh.invalid/" + "x" * 1_200, 580))
    site.show("_scan.html", action="/cari")
    page = open_page(before=STAGE)
    expect(page.get_by_role("status")).to_contain_text("bukan milik Perahu")
    site.sees(paper("UJI-7"))
    page.get_by_role("button", name="Nyalakan kamera").click()
    page.wait_for_url(re.compile(r"/cari\?q=UJI-7$"))


def test_it_leaves_the_box_without_a_camera(site: Site, open_page: OpenPage) -> None:
    """Refused: words say what to do, and the code can be typed."""
    site.show("_scan.html", action="/cari")
    page = open_page(
        before="navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('', 'NotAllowedError'));"
    )
    expect(page.get_by_role("status")).to_contain_text("Kamera tidak diizinkan")
    page.get_by_role("textbox").fill("UJI-8")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cari\?q=UJI-8$"))


def test_it_is_a_search_box_without_javascript(site: Site, open_page: OpenPage) -> None:
    """Without JavaScript nothing is dead: the box searches."""
    site.show("_scan.html", action="/cari")
    page = open_page(java_script_enabled=False)
    expect(page.locator("button:visible")).to_have_count(1)
    page.get_by_role("textbox").fill("UJI-9")
    page.get_by_role("button", name="Cari").click()
    page.wait_for_url(re.compile(r"/cari\?q=UJI-9$"))
