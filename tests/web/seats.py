"""Seats at a desk: Django's client, and a real browser, at a node that is really open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.test import Client
from django.urls import reverse

from perahu.cards.models import PrintOrder
from perahu.enrolment.models import Recording
from perahu.node.office import Office
from perahu.node.serve import Serving
from perahu.node.web_office import WebOffice
from perahu.people.models import Person
from perahu.web.gate import SESSIONS_KEY
from perahu.web.ports import KEY
from perahu.web.routes import Route
from perahu.web.sessions import Sessions
from tests.node.desk.town import OFFICERS, PIN


@dataclass
class Seat:
    """A browser without a screen, at one node."""

    client: Client
    office: Office
    url: str
    """Where a real browser finds the same pages."""
    web: WebOffice
    sessions: Sessions

    def beside(self) -> Seat:
        """Another browser at the same node, with nobody signed in."""
        environ: dict[str, Any] = self.client.defaults
        return replace(self, client=Client(**environ))

    def sign_in(self, login: str, pin: str = PIN, next_: str = "/") -> Any:
        """Type name and PIN."""
        told = {"login": login, "pin": pin, "next": next_}
        return self.client.post("/masuk", told)

    def get(self, path: str, **query: str) -> Any:
        """Open a page."""
        return self.client.get(path, query)

    def text(self, path: str, **query: str) -> str:
        """What a page shows, without its marks."""
        return plain(self.get(path, **query).content.decode())

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form, with a fresh operation unless it names one."""
        fields.setdefault("op", self.office.ports.random(16).hex())
        return self.client.post(path, fields)


@contextmanager
def seat_at(office: Office, login: str | None = None) -> Iterator[Seat]:
    """A seat at an open office, with its pages served as the node process serves them."""
    serving = Serving(office)
    try:
        environ: dict[str, object] = {KEY: serving.web, SESSIONS_KEY: serving.sessions}
        environ |= {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
        url = f"http://{serving.pages.host}:{serving.pages.port}"
        client = Client(**environ)  # type: ignore[arg-type]
        seat = Seat(client, office, url, serving.web, serving.sessions)
        if login:
            assert seat.sign_in(login).status_code == 302
        yield seat
    finally:
        serving.close()


def address(route: Route, office: Office) -> str:
    """An address of this page that leads somewhere real, where there is such a thing."""
    found = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", route.path), "00" * 12)
    found |= {name: made for name, made in real_ids(office).items() if name in found}
    return reverse(route.name, kwargs=found)


def real_ids(office: Office) -> dict[str, str]:
    """Ids of things this node knows, under the names that addresses use."""
    person = Person.objects.order_by("nik").first()
    recording = Recording.objects.order_by("opened_order").first()
    order = PrintOrder.objects.order_by("ordered_order").first()
    own = office.journal.node_id
    return {
        "person": person.person if person else "",
        "recording": recording.recording if recording else "",
        "order": order.order if order else "",
        "desa": person.wilayah if person else "",
        "node": next(
            (one.hex() for one in office.authority.nodes() if one != own), own.hex()
        ),
        "name": "jari",
        "part": "left_thumb",
        "key": "belum-rekam" if office.settings.row.serves_people else "kasus",
    }


def plain(html: str) -> str:
    """The words of a page in one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


__all__ = ["OFFICERS", "PIN", "Seat", "address", "plain", "real_ids", "seat_at"]
