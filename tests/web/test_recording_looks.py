"""Every step of a recording as it looks while it is going on: axe, width, language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from perahu.web.gate import COOKIE
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.recordings import begin, person_of, take
from tests.web.seats import Seat, seat_at

LOOKS = (("id", "light", 1280), ("en", "dark", 360))
"""Language, scheme and width; the pages take turns in them."""
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def seat(
    town: Town, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Seat]:
    """Sari at Enggano, in a real browser too."""
    # Playwright keeps a loop in this thread, so Django takes its callers for coroutines.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as found:
        yield found


@pytest.fixture
def windows(
    chromium: Browser, seat: Seat
) -> Iterator[list[tuple[str, BrowserContext]]]:
    """One window for each look, signed in as the seat is."""
    made = []
    for language, scheme, width in LOOKS:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        name = seat.client.cookies[COOKIE].value
        context.add_cookies([{"name": COOKIE, "value": name, "url": seat.url}])
        made.append((language, context))
    yield made
    for _language, context in made:
        context.close()


def violations(window: tuple[str, BrowserContext], address: str) -> list[str]:
    """What axe finds at an address, and whether it is wider than a telephone."""
    language, context = window
    page = context.new_page()
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    said = Axe().run(page).response["violations"]
    found = [
        f"{address} {language} {one['id']}: {one['nodes'][0]['html'][:140]}"
        for one in said
    ]
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    root = "document.documentElement"
    over = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
    if over > 0:
        found.append(f"{address} {language}: {over} px too wide")
    page.close()
    return found


def test_it_works(
    seat: Seat, windows: list[tuple[str, BrowserContext]], town: Town
) -> None:
    """No violation at any step; nothing is wider than a telephone."""
    nik, other = town.to_record(2)
    wrong: list[str] = []
    turns = cycle(windows)

    def look(path: str) -> None:
        wrong.extend(violations(next(turns), seat.url + path))

    look(f"/rekam/orang/{person_of(nik)}")
    recording = begin(seat, nik)
    base = f"/rekam/{recording}"
    look(f"{base}/foto")
    look(f"{base}/foto?pakai=layar")
    take(seat, recording, "photo")
    look(f"{base}/foto")
    look(f"{base}/tanda-tangan")
    look(f"{base}/tanda-tangan?pakai=layar")
    take(seat, recording, "signature")
    look(f"{base}/jari")
    assert town.scanners is not None
    lost = {"fault": "error", "code": "101", "times": 3}
    town.scanners.control("fault", part="left_ring", **lost)
    for group in ("right_hand", "left_hand"):
        take(seat, recording, group)
    look(f"{base}/jari")
    look(f"{base}/tidak-bisa/left_ring")
    seat.post(f"{base}/tidak-bisa/left_ring", alasan="JARI_TERBALUT")
    take(seat, recording, "thumbs")
    look(f"{base}/iris")
    take(seat, recording, "irises")
    look(f"{base}/cocok")
    take(seat, recording, "verify")
    for page in ("cocok", "periksa", "pernyataan", "pernyataan?pakai=layar", "batal"):
        look(f"{base}/{page}")
    beside = seat.beside()
    beside.sign_in("sari")
    begin(beside, other)
    look(f"/rekam/orang/{person_of(other)}")
    look("/rekam")
    take(seat, recording, "statement")
    look(f"{base}/bukti")
    look(f"/rekam/orang/{person_of(nik)}")
    assert not wrong, "\n".join(wrong[:40])
