"""Somebody at a browser, before the pages of a node.

A `Hand` clicks what the words of a page say; every page it looks at must be sound:
Indonesian, no traceback, a title and a way on.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from sim.demo.plan import PIN

WAIT_MS, WAITS_MAX, LOOKS_MAX = 30_000, 25, 50
expect.set_options(timeout=WAIT_MS)  # a busy machine is slow, and that is no fault
PICTURES = os.environ.get("PERAHU_PICTURES", "")
"""A folder for a picture of every page looked at; none are taken where it is empty."""

_ENGLISH = re.compile(
    r"\b(the|and|of|is|are|was|were|not|you|your|with|this|that|please|from|nothing|"
    r"\w*error|click|sign in|loading|forbidden|not found)\b",
    re.IGNORECASE,
)
_PAGE = """() => {
  if (document.readyState !== 'complete') return null;
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll('script, style, noscript, [lang=en]').forEach((e) => e.remove());
  return {
    text: copy.textContent.replace(/\\s+/g, ' '),
    title: document.title,
    ways: document.querySelectorAll('main a[href], main button').length,
  };
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    if shutil.which("chromium") is None:
        pytest.skip("the Debian package chromium is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield found
        found.close()


@dataclass(slots=True)
class Hand:
    """Somebody at a browser."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """What the browser's console complained of."""
    clicks: int = 0
    _pictures: int = 0

    def go(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.url + path)
        self.look()

    def click(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button or link that says so, and look at what comes."""
        self.target(name, within=within).click()
        self.clicks += 1
        self.page.wait_for_load_state()
        self.look()

    def target(self, name: str, *, within: Locator | None = None) -> Locator:
        """The first button or link that says so."""
        where = within or self.page.locator("body")
        pattern = re.compile(re.escape(name))
        button = where.get_by_role("button", name=pattern)
        return button.or_(where.get_by_role("link", name=pattern)).first

    def see(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("body")).to_contain_text(
            re.compile(re.escape(words), re.IGNORECASE),
            use_inner_text=True,
            timeout=WAIT_MS,
        )
        self.look()

    def at(self, pattern: str) -> None:
        """Wait until the page is there."""
        expect(self.page).to_have_url(re.compile(pattern), timeout=WAIT_MS)

    def fill(self, label: str, text: str) -> None:
        """Write into the box of this label."""
        self.page.get_by_label(label, exact=True).fill(text)

    def write_down(self, form: str, **boxes: str) -> None:
        """Open a form that is folded up, fill it in and send it."""
        where = self.page.locator("details", has_text=form)
        where.locator("summary").click()
        for label, text in boxes.items():
            box = where.get_by_label(label)
            if box.evaluate("e => e.tagName") == "SELECT":
                box.select_option(label=text)
            else:
                box.fill(text)
        self.click("Catat", within=where)

    def find(self, name: str) -> None:
        """Type a name and wait for who is found as she types."""
        self.page.get_by_label("Cari penduduk").press_sequentially(name.lower())
        expect(self.page.locator("#hasil")).to_contain_text(name)
        self.look()

    def wait_for(self, path: str, words: str) -> None:
        """Open a page again and again until it says so."""
        for _ in range(WAITS_MAX):
            self.page.goto(self.url + path)
            try:
                expect(self.page.locator("main")).to_contain_text(words, timeout=1500)
                break
            except AssertionError:
                continue
        self.see(words)

    def make_pin(self, name: str, code: str) -> None:
        """A PIN for the first time, with the code of her letter."""
        self.page.get_by_role("radio", name=re.compile(name)).check()
        self.fill("Kode aktivasi", code)
        self.fill("PIN baru", PIN)
        self.fill("PIN baru, sekali lagi", PIN)
        self.click("Simpan PIN")

    def sign_in(self, name: str, *, desk: int = 1) -> None:
        """Choose the name, type the PIN."""
        self.page.get_by_role("radio", name=re.compile(name)).check()
        place = self.page.get_by_role("radio", name=str(desk), exact=True)
        if place.count():
            place.check()
        self.fill("PIN", PIN)
        self.click("Masuk", within=self.page.locator("form"))

    def leave(self) -> None:
        """Close the browser; its console must not have complained."""
        self.page.context.close()
        assert self.complaints == []

    def look(self) -> None:
        """This page is sound: no English, no traceback, a title, and a way on."""
        self._picture()
        seen = self._seen()
        text = seen["text"]
        assert "Traceback" not in text, text[:2000]
        english = _ENGLISH.search(text)
        assert english is None, text[max(0, english.start() - 80) : english.end() + 80]
        assert seen["title"], self.page.url
        assert seen["ways"], f"dead end: {self.page.url}"

    def _seen(self) -> dict[str, Any]:
        """What the page shows once it has come; another may be on its way."""
        for _ in range(LOOKS_MAX):
            self.page.wait_for_load_state()
            try:
                found: dict[str, Any] | None = self.page.evaluate(_PAGE)
            except Error as error:
                if "context was destroyed" not in str(error):
                    raise
                continue
            if found is not None:
                return found
        raise AssertionError(f"the page never came: {self.page.url}")

    def _picture(self) -> None:
        if not PICTURES:
            return
        self._pictures += 1
        folder = (
            Path(PICTURES)
            / os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split()[0]
        )
        folder.mkdir(exist_ok=True)
        path = re.sub(
            r"[0-9a-f]{24}", "x", self.page.url.split("/", 3)[3].split("?")[0]
        )
        name = f"{self._pictures:03}-{path.replace('/', '-') or 'beranda'}.png"
        self.page.screenshot(path=folder / name, full_page=True)


def hand_at(context: BrowserContext, url: str) -> Hand:
    """Somebody before an empty tab."""
    hand = Hand(context.new_page(), url)

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            hand.complaints.append(f"{message.text} {message.location.get('url', '')}")

    hand.page.on("console", console)
    hand.page.on("pageerror", lambda error: hand.complaints.append(str(error)))
    return hand
