"""Every page in a real browser: axe finds nothing, nothing scrolls sideways, no English.

Swept at both nodes of a town where people were recorded and cards wait to be printed: in
Indonesian, light, at a desk's width; in English, dark, at a telephone's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from perahu.node.office import Office
from perahu.web.gate import COOKIE
from perahu.web.routes import Where
from perahu.web.urls import ROUTES
from tests.node.desk.town import OFFICERS
from tests.web.conftest import Printing, open_pages
from tests.web.seats import Seat, address, real_ids, seat_at
from tools.messages import load

PUBLIC = ("sign-in", "set-pin", "citizen")
"""Pages without a session; the others are swept signed in."""
NO_PAGES = frozenset(
    (
        # Forms' addresses, parts of a page and files: nothing to look at.
        "lock", "sign-out", "unlock", "call-now", "courier-export", "courier-take",
        "courier-letter", "office-certificate", "courier-slip", "courier-lost",
        "status-json", "strip",
        "road-check-begin",
        "parcels-meet", "parcels-take", "parcels-give",
        "field-file",
    )
)  # fmt: skip
LOOKS = (
    ("id", "light", 1280),
    ("en", "dark", 360),
)
"""Language, scheme and width of each sweep: what is wrong in a colour or at a width is so
in both languages."""
_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class Served:
    """One node with its pages, and who is signed in there."""

    name: str
    office: Office
    seat: Seat
    url: str


@pytest.fixture
def served(printing: Printing) -> Iterator[list[Served]]:
    """Enggano with Sari, the hub with Ratna."""
    with ExitStack() as stack:
        found = []
        for name in ("enggano", "hub"):
            office = stack.enter_context(open_pages(printing.town, name))
            seat = stack.enter_context(seat_at(office, OFFICERS[name]))
            found.append(Served(name, office, seat, seat.url))
        yield found


def _addresses(served: Served) -> list[tuple[str, str]]:
    """Every page of this node that can be looked at, by its route's name."""
    absent = {"enggano": Where.HUB, "hub": Where.OFFICE}[served.name]
    with served.office.at_work():
        known = real_ids(served.office)
        return [
            (route.name, address(route, served.office))
            for route in ROUTES
            if route.where is not absent
            and not route.is_poll
            and route.name not in NO_PAGES
            # What this town has none of (a case, a trip) is swept by its own tests.
            and all(known.get(name) for name in re.findall(r"<str:(\w+)>", route.path))
        ]


def _window(
    chromium: Browser, served: Served, scheme: str, width: int
) -> BrowserContext:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    session = served.seat.client.cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": served.url}])
    return context


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_it_is_whole_in_every_look(
    chromium: Browser, served: list[Served], language: str, scheme: str, width: int
) -> None:
    """axe: no violation; no console error; nothing wider than the screen; no traceback."""
    wrong, seen = [], 0
    for one in served:
        context = _window(chromium, one, scheme, width)
        for name, path in _addresses(one):
            if context.request.get(f"{one.url}{path}", max_redirects=0).status == 405:
                continue  # An address for forms alone.
            page = context.new_page()
            said: list[str] = []
            page.on("console", partial(_note, said))
            answer = page.goto(f"{one.url}{path}?lang={language}")
            assert answer is not None
            seen += 1
            place = f"{one.name} {name} {language} {scheme} {width}"
            if answer.status >= 400:
                wrong.append(f"{place}: status {answer.status}")
            wrong += [
                f"{place}: console {text}" for text in said if answer.status < 400
            ]
            wrong += [f"{place}: {found}" for found in _look(page, language)]
            page.close()
        context.close()
    assert seen > 20
    assert not wrong, "\n".join(wrong[:60])


def _note(said: list[str], message: ConsoleMessage) -> None:
    said.append(message.text)


def _look(page: Page, language: str) -> list[str]:
    found = [
        f"axe {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}"
        for one in Axe().run(page).response["violations"]
    ]
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if over > 0:
        found.append(f"{over} px wider than the screen")
    text = page.inner_text("body")
    if "Traceback" in text:
        found.append("a traceback")
    if language == "id":
        found += [f"English: {line!r}" for line in _english(text)]
    return found


def _english(text: str) -> list[str]:
    """Lines of a page in Indonesian that are the English of one of its sentences."""
    english = _all_english()
    return [line for line in text.splitlines() if line.strip().casefold() in english]


@cache
def _all_english() -> set[str]:
    sentences = {
        str(message.string).strip().casefold()
        for message in load()
        if message.id and isinstance(message.string, str)
    }
    own = {str(message.id).strip().casefold() for message in load() if message.id}
    return {one for one in sentences - own if _WORD.search(one)}
