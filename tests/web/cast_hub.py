"""The hub of the cast with its pages: recordings of two offices, and contacts one can set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.test import Client
from PIL import Image

from perahu.journal.journal import Journal
from perahu.journal.ports import Instant
from perahu.journal.types import Ask
from perahu.keys.sealing import open_blob
from perahu.node.map_shelf import MapShelf
from perahu.web.gate import SESSIONS_KEY
from perahu.web.ports import KEY, Strip
from perahu.web.sessions import Sessions
from perahu.words import Words
from tests.cast import RATNA, District
from tests.enrolment.stations import Network, Station, open_network
from tests.web.seats import plain

HOUR_S = 3600


def small_face() -> bytes:
    """A tiny JPEG."""
    out = BytesIO()
    Image.new("RGB", (72, 96), "teal").save(out, format="JPEG")
    return out.getvalue()


@dataclass
class CastOffice:
    """The hub's side of `web.ports.Office`, over a book of the cast."""

    station: Station
    parts: dict[str, Any]
    met: dict[bytes, int] = field(default_factory=dict)
    """Node id to the seconds since its last contact."""
    language: str = "id"
    serves_people: bool = False
    decides: bool = True
    is_demonstration: bool = True
    is_tls: bool = False
    desks: tuple[int, ...] = ()
    looked: int = 0

    @property
    def role_words(self) -> Words:
        """It is the hub."""
        return Words("kabupaten", "kabupaten")

    @property
    def journal(self) -> Journal:
        """The hub's book."""
        return self.station.journal

    def ask(self, officer: bytes = b"", op_id: bytes | None = None) -> Ask:
        """An ask at the hub."""
        made = self.station.district.ask(self.station.name, officer)
        return made if op_id is None else Ask(op_id, officer, made.at)

    def now(self) -> Instant:
        """The hand-set clock of the cast."""
        return self.station.district.members[self.station.name].clock.now()

    def monotonic_s(self) -> float:
        """Nobody idles here."""
        return 0.0

    def random(self, size: int) -> bytes:
        """The seeded dice of the cast."""
        return self.station.district.members[self.station.name].dice(size)

    def sign_in(self, login: str, pin: str) -> bytes:
        """The operator of this name."""
        found = self.journal.authority.operator_by_login(login)
        assert found is not None
        return found.operator

    def set_pin(self, login: str, code: str, pin: str) -> bytes:
        """No PIN is set here."""
        raise AssertionError

    def has_pin(self, operator: bytes) -> bool:
        """Everybody has one."""
        return True

    def strip(self) -> Strip:
        """Nothing waits."""
        return Strip(
            contact_ms=0,
            contact_age_s=0,
            waiting_entries=0,
            waiting_blobs=0,
            waiting_bytes=0,
            waiting_oldest_ms=0,
            expected_s=None,
            blanko=0,
            mirror=True,
        )

    def status(self) -> dict[str, Any]:
        """Not asked for here."""
        return {}

    def contacts(self) -> list[dict[str, Any]]:
        """What the test set."""
        now_ms = self.now().wall_ms
        return [
            {
                "node": "",
                "node_id": node.hex(),
                "at_ms": now_ms - age_s * 1000,
                "age_s": age_s,
            }
            for node, age_s in self.met.items()
        ]

    def open_sealed(self, cipher: bytes) -> bytes:
        """With the hub's own key."""
        return open_blob(cipher, self.journal.keys.age_identity)

    def authority_certificate(self) -> bytes | None:
        """Pages of the cast are for this machine alone."""
        return None

    def look_now(self) -> None:
        """Counted."""
        self.looked += 1

    def report_mistake(self, error: Exception) -> Words:
        """A mistake fails the test."""
        raise error


@dataclass
class HubSeat:
    """Ratna at the hub's pages, and the network behind it."""

    network: Network
    office: CastOffice
    client: Client

    def get(self, path: str, **query: str) -> Any:
        """Open a page."""
        with self.network.hub.at_work():
            return self.client.get(path, query)

    def text(self, path: str, **query: str) -> str:
        """What a page says."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, plain(answer.content.decode())
        return plain(answer.content.decode())

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form."""
        fields.setdefault("op", self.office.random(16).hex())
        with self.network.hub.at_work():
            return self.client.post(path, fields)

    def wait_days(self, days: float) -> None:
        """Time passes at the hub."""
        clock = self.network.hub.district.members["Hub"].clock
        clock.wall_ms += int(days * 24 * HOUR_S * 1000)


@contextmanager
def hub_seat(district: District, login: str = "ratna") -> Iterator[HubSeat]:
    """The hub, Enggano and Ketahun with Budi known at both, and somebody at the pages."""
    with open_network(district) as network:
        network.import_person(network.enggano, network.ketahun)
        shelf = MapShelf(district.members["Hub"].folder)
        office = CastOffice(network.hub, {"map": shelf})
        sessions = Sessions(office.monotonic_s, office.random)
        environ: dict[str, Any] = {KEY: office, SESSIONS_KEY: sessions}
        seat = HubSeat(network, office, Client(HTTP_HOST="127.0.0.1", **environ))
        seat.post("/masuk", login=login, pin="000000")
        yield seat


__all__ = ["RATNA", "CastOffice", "HubSeat", "hub_seat", "small_face"]
