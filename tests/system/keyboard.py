"""Somebody who has no mouse: keys alone, and the focus must always be seen."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from sim.demo.plan import PIN
from tests.system.pages import WAIT_MS

TABS_MAX = 60
_FOCUS = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const labels = e.labels ? [...e.labels].map((l) => l.textContent).join(' ') : '';
  const isPage = e === document.body || e.tagName === 'MAIN';
  const words = isPage ? '' : e.getAttribute('aria-label') || labels || e.textContent || '';
  const around = e.closest('label') ? getComputedStyle(e.closest('label')) : style;
  const drawn = (s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)
    || s.boxShadow !== 'none';
  return {
    name: words.replace(/\\s+/g, ' ').trim() + ' ' + (e.getAttribute('name') || ''),
    isSeen: isPage || drawn(style) || drawn(around),
    tag: e.tagName,
  };
}"""
_STANDS = """(name) => {
  const e = document.activeElement;
  return e !== document.body && e.textContent.includes(name);
}"""


@dataclass(slots=True)
class Keyboard:
    """The keys of one page."""

    page: Page

    def press(self, key: str) -> None:
        """One key."""
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Letters, where the focus is."""
        self.page.keyboard.type(text)

    def write_pin(self) -> None:
        """The PIN; the box for it has the focus already."""
        assert "PIN" in self.focus(), self.focus()
        self.write(PIN)

    def focus(self) -> str:
        """What has the focus; it must be drawn, and the order that of the page."""
        found = self.page.evaluate(_FOCUS)
        assert found["isSeen"], f"focus cannot be seen: {found} at {self.page.url}"
        return str(found["name"])

    def tab_to(self, name: str, *, press: str = "") -> None:
        """Tab until this has the focus, then press a key."""
        self.page.wait_for_load_state()
        assert not self.page.locator(
            "[tabindex]:not([tabindex='0'],[tabindex='-1'])"
        ).count()
        seen = []
        for _ in range(TABS_MAX):
            if name in self.focus():
                break
            seen.append(self.focus())
            self.press("Tab")
        else:
            raise AssertionError(f"no way by Tab to {name}: {seen}")
        if press:
            self.press(press)
            self.page.wait_for_load_state()

    def stand_on(self, name: str) -> None:
        """Wait until the page itself has put the focus there."""
        self.page.wait_for_function(_STANDS, arg=name, timeout=WAIT_MS)
        self.focus()

    def sign_in(self, name: str) -> None:
        """Choose the name with the arrows, type the PIN."""
        self.tab_to("login")
        for _ in range(TABS_MAX):
            if name in self.focus():
                break
            self.press("ArrowDown")
        self.press("Space")
        self.tab_to("PIN pin")
        self.write(PIN)
        self.press("Enter")
        self.page.wait_for_url(lambda url: "/masuk" not in url)
