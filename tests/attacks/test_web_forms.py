"""Forms full of what no hand types, at every page of an office: words or a page, no error.

Field names are read from the pages themselves and from the views, so that a new form is
attacked from its first day on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.urls import reverse

from perahu.web.routes import Route
from perahu.web.urls import ROUTES
from sim.chance import Chance
from tests.web.seats import Seat, real_ids

TRIES = 5
"""For each page."""
SHARES = 4
"""Into how many tests the pages are dealt out."""
_NAME = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\bname="([^"]+)"')
_ASKED = re.compile(r"""(?:POST|GET|FILES)(?:\.get|\.getlist)?[(\[]\s*["'](\w+)["']""")
ODD = (
    "", " ", "0", "-1", "1", "+1", "1e9", "9" * 30, "9" * 5_000, "1" * 400, "\u0661\u0662", "²",
    "NaN", "inf", "0x10", "1_000", "01-01-1990", "31-02-2023", "99-99-9999", "1990-01-01",
    "0000-00-00", "9999-12-31", "1703011208909001", "170301120890900\u0661", "true", "None",
    "[]", "{}", "'", '"', "<b>x</b>", "{{ x }}", "{% x %}", "%s%n", "../../etc/passwd", "/dev/zero",
    "\x00", "a\x00b", "\ud7ff\uffff", "\u202edlrow", "\r\nSet-Cookie: a=b", "=1+1", "😀" * 50,
    "a" * 70_000, "00" * 12, "zz" * 12, "00" * 16, "left_thumb", "semua", "-" * 90, "1,5",
)  # fmt: skip


def _names(seat: Seat, route: Route, path: str) -> list[str]:
    """What a form sent to this page may hold."""
    shown = seat.get(path)
    page = shown.content.decode("utf-8", "replace") if shown.status_code == 200 else ""
    source = inspect.getsource(inspect.getmodule(route.view) or inspect)
    found = {*_NAME.findall(page), *_ASKED.findall(source)}
    return sorted(found - {"csrfmiddlewaretoken"}) or ["x"]


def _fields(chance: Chance, names: Sequence[str]) -> dict[str, object]:
    made: dict[str, object] = {}
    for name in names:
        if chance.hits(0.6):
            made[name] = chance.choice(ODD)
        elif chance.hits(0.1):
            made[name] = [chance.choice(ODD) for _ in range(chance.choice((2, 30)))]
        elif chance.hits(0.1):
            content = chance.choice(
                (b"", b"\xff\xd8\xff", b"\x89PNG\r\n", b"PK\x03\x04x")
            )
            made[name] = SimpleUploadedFile(f"{name}.\u202ejpg", content)
    return made


def _known_address(route: Route, seat: Seat) -> str:
    """The page's address, of something this node knows where there is such a thing."""
    found = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", route.path), "00" * 12)
    known = real_ids(seat.office)
    found |= {name: known[name] for name in found if known.get(name)}
    return reverse(route.name, kwargs=found)


def _address(chance: Chance, route: Route, seat: Seat) -> str:
    """The page's address, sometimes of a thing that cannot be."""
    path = _known_address(route, seat)
    if "<" in route.path and chance.hits(0.3):
        parts = path.split("/")
        odd = [one for one in ODD if 0 < len(one) < 500]
        parts[-1 if parts[-1] else -2] = quote(chance.choice(odd), safe="")
        path = "/".join(parts)
    return path


def _attack(
    seat: Seat, route: Route, names: Sequence[str], chance: Chance
) -> HttpResponseBase:
    path, fields = _address(chance, route, seat), _fields(chance, names)
    if chance.hits(0.25):
        return seat.client.get(
            path, {k: v for k, v in fields.items() if type(v) is str}
        )
    if chance.hits(0.1):
        raw = chance.randbytes(300)
        kind = chance.choice(
            ("multipart/form-data; boundary=x", "application/json", "x")
        )
        return seat.client.generic("POST", path, raw, content_type=kind)
    return seat.client.post(path, fields)


@pytest.mark.parametrize("share", range(SHARES))
def test_it_types_what_no_hand_types(enggano: Seat, share: int) -> None:
    """Whatever is sent to a page: an answer for people, never an error of the program."""
    enggano.client.raise_request_exception = False
    wrong = []
    for route in ROUTES[share::SHARES]:
        if enggano.get("/").status_code != 200:
            assert enggano.sign_in("sari").status_code == 302
        with enggano.office.at_work():
            names = _names(enggano, route, _known_address(route, enggano))
            for number in range(TRIES):
                chance = Chance("forms", route.name, number)
                answer = _attack(enggano, route, names, chance)
                if answer.status_code >= 500 and answer.status_code != 503:
                    error = getattr(answer, "exc_info", None)
                    wrong.append(f"{route.name} {number}: {answer.status_code} {error}")
    assert wrong == []
