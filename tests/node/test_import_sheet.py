"""The import sheet: what `perahu init` and `perahu trust` print for the desks."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import sync_playwright

from perahu.node import lan
from perahu.node.import_sheet import (
    SHEET_FILE,
    Sheet,
    sheet_html,
    sheet_of,
    sheet_text,
)
from perahu.node.page_trust import AUTHORITY_FILE, ensure_authority
from perahu.node.settings import Settings, load_settings, save_settings
from perahu.node.trust import FOLDER
from tests.node.offices import add_enggano, found_hub, perahu
from tests.node.test_pages_tls import CHROMIUM, SECRET, need_chromium

FOUND = (
    "init", "--name", "Bengkulu Utara", "--wilayah", "17.03", "--decree", "SK/1",
    "--page", "0.0.0.0:8700",
)  # fmt: skip


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two addresses and a name."""
    monkeypatch.setattr(lan, "own_addresses", lambda: ["192.168.1.10", "192.168.43.1"])
    monkeypatch.setattr(lan, "host_label", lambda: "pc-enggano")


def _sheet(folder: Path, name: str = "Enggano") -> Sheet:
    settings = Settings(
        name=name, role="kecamatan", wilayah=("170301",), page="0.0.0.0:8700"
    )
    ensure_authority(folder, settings, SECRET.age_recipient)
    sheet = sheet_of(folder, settings)
    assert sheet is not None
    return sheet


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest().upper()


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_it_is_printed_when_a_node_is_founded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`perahu init` with pages for other desks ends with the sheet and where it lies."""
    assert perahu(tmp_path / "hub", *FOUND, lang="id") == 0
    said, tls = capsys.readouterr().out, tmp_path / "hub" / FOLDER
    assert _hash(tls / AUTHORITY_FILE) in _letters(said)
    assert str(tls / SHEET_FILE) in said
    assert "https://192.168.1.10:8700/kantor.crt" in said
    assert _hash(tls / AUTHORITY_FILE) in _letters(
        re.sub("<.*?>", "", (tls / SHEET_FILE).read_text())
    )


def test_it_is_made_when_a_node_joins(tmp_path: Path) -> None:
    """A kecamatan whose pages other desks open has an authority from its first day."""
    found_hub(tmp_path)
    add_enggano(tmp_path, page="0.0.0.0:8700")
    assert sheet_of(tmp_path / "enggano", load_settings(tmp_path / "enggano"))
    assert not (tmp_path / "hub" / FOLDER / AUTHORITY_FILE).exists()


def test_it_is_printed_again(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`perahu trust` needs no passphrase, fills a stick, and changes nothing by itself."""
    found_hub(tmp_path)
    hub, stick = tmp_path / "hub", tmp_path / "stick"
    stick.mkdir()
    monkeypatch.delenv("PERAHU_PASSPHRASE")
    assert perahu(hub, "trust") == 0
    assert "this computer alone" in capsys.readouterr().out
    save_settings(hub, replace(load_settings(hub), page="0.0.0.0:8700"))
    assert perahu(hub, "trust", "--out", stick) == 0
    first = _hash(stick / AUTHORITY_FILE)
    assert first in _letters(capsys.readouterr().out)
    assert (stick / SHEET_FILE).exists()
    assert perahu(hub, "trust") == 0
    assert first in _letters(capsys.readouterr().out)
    assert perahu(hub, "trust", "--new") == 0
    assert first not in _letters(capsys.readouterr().out)
    assert perahu(hub, "trust", "--out", tmp_path / "none") == 2


def test_it_loads_nothing_from_outside(tmp_path: Path) -> None:
    """The paper is one file: a desk without a network can open and print it."""
    assert not re.search(
        r"src=|href=|url\(|@import|<script", sheet_html(_sheet(tmp_path), "id")
    )


def test_it_carries_codes_that_phones_read(tmp_path: Path) -> None:
    """The two codes are the address of the certificate and that of the pages."""
    sheet = _sheet(tmp_path)
    found = []
    for side, path in re.findall(
        r'viewBox="0 0 (\d+) .*?path\s+d="(.*?)"', sheet_html(sheet, "id"), re.S
    ):
        picture = np.full((int(side), int(side)), 255, np.uint8)
        for x, y in re.findall(r"M(\d+) (\d+)", path):
            picture[int(y), int(x)] = 0
        grown = np.kron(picture, np.ones((4, 4), np.uint8))
        found += [one.text for one in zxingcpp.read_barcodes(grown)]
    assert found == [sheet.download, sheet.addresses[0]]


@pytest.mark.parametrize("language", ["id", "en"])
def test_it_says_the_same_on_screen_and_paper(tmp_path: Path, language: str) -> None:
    """Whatever the terminal says stands on the paper, and nothing is left to fill in."""
    sheet = _sheet(tmp_path, name="Enggano & <Kahyapu>")
    paper = re.sub(
        "<style>.*?</style>|<.*?>", "", sheet_html(sheet, language), flags=re.S
    )
    plain = html.unescape(paper)
    for line in sheet_text(sheet, language).splitlines()[2:]:
        told = _letters(re.sub(r"^ *(\d\.|-) ", "", line).replace("`", "")).rstrip(":")
        assert told in _letters(plain), line
    assert not re.search(r"[{}`]", plain)


@pytest.mark.parametrize("language", ["id", "en"])
def test_it_fits_one_page(tmp_path: Path, language: str) -> None:
    """On A4 it is one page, even where the office has the longest name."""
    need_chromium()
    sheet = _sheet(tmp_path, name="Kecamatan " + "Pulau Enggano " * 3 + "Timur")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.set_content(sheet_html(sheet, language))
        printed = page.pdf(prefer_css_page_size=True)
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
