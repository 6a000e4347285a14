"""The pictures of the handbook, made anew from the running program.

    python -m tools.pictures                 every picture into docs/id/gambar/
    python -m tools.pictures --folder F      into another folder

It opens the demonstration's district (700 residents a kecamatan, one seed), does a small
day's work at it, so that no list is empty, and walks through the pages in Chromium by the
words on the buttons: a button that the handbook quotes and that is gone ends the walk.
It needs playwright and the Debian package chromium, takes a few minutes, and ends every
process that it started.
"""

from __future__ import annotations

import argparse
import io
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page

from perahu.node.django_settings import configure

CHROMIUM = "/usr/bin/chromium"
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "id" / "gambar"
BYTES_MAX, ALL_BYTES_MAX = 120_000, 3_000_000
"""Of one picture, and of all of them."""
WIDTH, HEIGHT, PHONE_WIDTH, PAPER_WIDTH = 1280, 800, 360, 620
PAGE_S, WHOLE_S = 60, 900
"""No page is waited for longer, and no walk either."""
FILM = "kamera.mjpeg"
_COLOURS = (256, 128, 64)


class WalkStuck(RuntimeError):
    """The walk did not come to its end; the words say where."""


@dataclass(slots=True)
class Album:
    """The folder of the pictures; each is small enough, or refused."""

    folder: Path
    sizes: dict[str, int] = field(default_factory=dict)

    def keep(self, name: str, png: bytes) -> None:
        """Write one picture with as many colours as fit."""
        with Image.open(io.BytesIO(png)) as opened:
            picture = opened.convert("RGB")
        for colours in _COLOURS:
            # By coverage: a small red sail keeps its red.
            small = picture.quantize(colours, _COVERAGE, kmeans=2, dither=_FLAT)
            out = io.BytesIO()
            small.save(out, "PNG", optimize=True)
            if out.tell() <= BYTES_MAX:
                break
        else:
            raise WalkStuck(f"{name}: {out.tell()} bytes in {colours} colours")
        self.sizes[name] = out.tell()
        (self.folder / f"{name}.png").write_bytes(out.getvalue())

    def close(self) -> None:
        """Remove the pictures of an older walk. Raises WalkStuck where all are too large."""
        for path in self.folder.glob("*.png"):
            if path.stem not in self.sizes:
                path.unlink()
        if sum(self.sizes.values()) > ALL_BYTES_MAX:
            raise WalkStuck(f"all pictures: {sum(self.sizes.values())} bytes")


_COVERAGE, _FLAT = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
_TOP = "one => Math.max(0, one.getBoundingClientRect().top + window.scrollY - 16)"
_LOADED = "[...document.images].every(one => one.complete && one.naturalWidth)"


@dataclass(slots=True)
class Window:
    """One browser window at the pages of one node."""

    page: Page
    url: str
    album: Album

    def go(self, path: str = "") -> None:
        """Open an address of this node."""
        self.page.goto(self.url + path)

    def button(self, name: str) -> Locator:
        """The first button with exactly this on it."""
        return self.page.get_by_role("button", name=name, exact=True).first

    def press(self, name: str) -> None:
        """Press a button that leads to another page."""
        self.leave(self.button(name))

    def follow(self, name: str) -> None:
        """Follow a link by the whole word on it."""
        self.leave(self.page.get_by_role("link", name=name, exact=True).first)

    def leave(self, way: Locator) -> None:
        """Click on something, and wait until the next page is there."""
        self.page.evaluate("document.documentElement.dataset.left = '1'")
        way.click()
        self.page.locator("html:not([data-left])").wait_for(state="attached")
        self.page.wait_for_load_state()

    def type(self, label: str, text: str) -> None:
        """Fill in a field by its label."""
        self.page.get_by_label(label).first.fill(text)

    def sign_in(self, name: str, pin: str) -> None:
        """Choose who sits here, and type the PIN."""
        self.go("masuk")
        self.page.get_by_label(name).check()
        self.page.get_by_label("PIN", exact=True).fill(pin)
        self.press("Masuk")
        self.wait("details.who")

    def wait(self, selector: str) -> None:
        """Wait until something is there."""
        self.page.locator(selector).first.wait_for(state="attached")

    def shoot(
        self, name: str, *, tall: int = HEIGHT, wide: int = 0, top: str = ""
    ) -> None:
        """Take the picture: the page from its top, or from an element, so tall at most."""
        page = self.page
        size = page.viewport_size
        assert size is not None
        wide = wide or size["width"]
        page.evaluate("document.activeElement && document.activeElement.blur()")
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": wide, "height": tall})
        # The pages' own policy forbids what playwright's waiting would evaluate there.
        while not page.evaluate(_LOADED):
            page.wait_for_timeout(200)
        first, whole = 0, page.evaluate("document.body.scrollHeight")
        if top:
            first = page.locator(top).first.evaluate(_TOP)
        height = max(320, min(tall, whole - first))
        clip: FloatRect = {"x": 0, "y": first, "width": wide, "height": height}
        png = page.screenshot(animations="disabled", clip=clip, full_page=True)
        page.set_viewport_size(size)
        self.album.keep(name, png)


def main() -> int:
    """Make every picture; 0 where all are there."""
    parser = argparse.ArgumentParser(prog="python -m tools.pictures")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    # The rooms' tables can only be imported once Django knows its settings.
    configure()
    from tools.pictures_walk import walk

    scratch = Path(tempfile.mkdtemp(prefix="perahu-pictures-"))
    album = Album(folder)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(WHOLE_S)
    try:
        walk(scratch, album)
        album.close()
    finally:
        signal.alarm(0)
        shutil.rmtree(scratch, ignore_errors=True)
    total = sum(album.sizes.values())
    print(f"{len(album.sizes)} pictures, {total / 1000:.0f} kB in {folder}")
    return 0


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise WalkStuck(f"not done within {WHOLE_S} s")


if __name__ == "__main__":
    sys.exit(main())
