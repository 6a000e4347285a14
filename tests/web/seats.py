"""Seats at a desk: Django's client, and a real browser, at a node that is really open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import Client

from perahu.node.office import Office
from perahu.node.serve import Serving
from perahu.web.gate import SESSIONS_KEY
from perahu.web.ports import KEY
from tests.node.desk.town import OFFICERS, PIN


@dataclass
class Seat:
    """A browser without a screen, at one node."""

    client: Client
    office: Office

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
        seat = Seat(Client(**environ), office)  # type: ignore[arg-type]
        if login:
            assert seat.sign_in(login).status_code == 302
        yield seat
    finally:
        serving.close()


def plain(html: str) -> str:
    """The words of a page in one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


__all__ = ["OFFICERS", "PIN", "Seat", "plain", "seat_at"]
