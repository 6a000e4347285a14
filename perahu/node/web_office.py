"""The node as its pages see it: the port of `web/ports.py` over an open office."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from perahu.cards import reads_stock as stock
from perahu.journal.journal import Journal
from perahu.journal.ports import Instant
from perahu.journal.types import Ask
from perahu.keys import pin as pins
from perahu.keys.sealing import open_blob
from perahu.node.cli import DEBUG_VARIABLE, sentence_or_mistake
from perahu.node.contacts import contacts, last_speed
from perahu.node.office import Office
from perahu.node.page_trust import authority_certificate
from perahu.node.rng import system_random
from perahu.node.signing_in import set_pin, sign_in
from perahu.node.status import clock_doubt
from perahu.node.waiting import Waiting
from perahu.node.web_parts import parts_of
from perahu.web.ports import Strip
from perahu.words import Words

STRIP_S = 2.0
"""So long the line about the place may be old: it stands on every page of every desk."""

_HALTED = Words(
    "Pencetakan berhenti sampai stok dihitung dengan tangan.",
    "Printing has stopped until the stock is counted by hand.",
)


class WebOffice:
    """One per node process."""

    def __init__(
        self,
        office: Office,
        *,
        status: Callable[[], dict[str, Any]],
        look_now: Callable[[], None],
    ) -> None:
        self._office = office
        self._status, self._look_now = status, look_now
        self._waiting = Waiting(office.journal)
        self._strip: tuple[float, Strip] | None = None
        self._strip_lock = threading.Lock()
        self.parts: dict[str, Any] = parts_of(office, self)

    @property
    def journal(self) -> Journal:
        """The node's book."""
        return self._office.journal

    @property
    def language(self) -> str:
        """The language of who has not chosen one."""
        return self._office.settings.language

    @property
    def role_words(self) -> Words:
        """What this node is."""
        return self._office.settings.row.words

    @property
    def serves_people(self) -> bool:
        """Has desks."""
        return self._office.settings.row.serves_people

    @property
    def decides(self) -> bool:
        """Is the hub."""
        return self._office.settings.row.decides

    @property
    def is_demonstration(self) -> bool:
        """Devices and people are simulated."""
        return self._office.settings.demonstration

    @property
    def desks(self) -> tuple[int, ...]:
        """The desks with scanners, by their number from 1."""
        return tuple(range(1, len(self._office.settings.scanners) + 1))

    def ask(self, officer: bytes = b"", op_id: bytes | None = None) -> Ask:
        """An ask of this moment."""
        return self._office.ask(officer, op_id)

    def now(self) -> Instant:
        """The wall time of this moment."""
        return self._office.now()

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self._office.clock.monotonic_s()

    def random(self, size: int) -> bytes:
        """Unguessable bytes."""
        return system_random(size)

    def sign_in(self, login: str, pin: str) -> bytes:
        """The operator's id, if this is her PIN here. Raises Refusal."""
        return sign_in(self._office, login, pin)

    def set_pin(self, login: str, code: str, pin: str) -> bytes:
        """Keep a new PIN, with the one-time code of the grant. Raises Refusal."""
        return set_pin(self._office, login, code, pin)

    def has_pin(self, operator: bytes) -> bool:
        """Whether this operator has set a PIN at this node."""
        return self.journal.local.get(pins.SPACE, operator) is not None

    def strip(self) -> Strip:
        """What every page says about the place, counted at most every STRIP_S."""
        with self._strip_lock:
            now_s = self.monotonic_s()
            if self._strip is None or now_s - self._strip[0] > STRIP_S:
                self._strip = now_s, strip_of(self._office, self._waiting.count())
            return self._strip[1]

    def status(self) -> dict[str, Any]:
        """Everything the node can say about itself."""
        return self._status()

    def contacts(self) -> list[dict[str, Any]]:
        """Every node we were in contact with."""
        return contacts(self._office)

    def open_sealed(self, cipher: bytes) -> bytes:
        """Open what was sealed to this node. Raises Refusal."""
        return open_blob(cipher, self._office.keys.age_identity)

    def authority_certificate(self) -> bytes | None:
        """The certificate browsers of this office import; None without TLS."""
        return authority_certificate(self._office.folder)

    def look_now(self) -> None:
        """Let the loops look at once."""
        self._look_now()

    def report_mistake(self, error: Exception) -> Words:
        """A sentence for an error nobody foresaw; the details where a developer looks."""
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exception(error, file=sys.stderr)
        return sentence_or_mistake(error)


def strip_of(office: Office, waiting: dict[str, Any]) -> Strip:
    """Count what every page says about the place."""
    journal = office.journal
    met = contacts(office)
    last = max(met, key=lambda one: int(one["at_ms"]), default=None)
    speed = last_speed(office)
    alerts = [doubt] if (doubt := clock_doubt(office)) else []
    if journal.halts():
        alerts.append(_HALTED)
    return Strip(
        contact_ms=int(last["at_ms"]) if last else 0,
        contact_age_s=int(last["age_s"]) if last else 0,
        waiting_entries=waiting["entries"],
        waiting_blobs=waiting["blobs"],
        waiting_bytes=waiting["bytes"],
        waiting_oldest_ms=waiting.get("oldest_ms", 0),
        branched=waiting["branched"],
        expected_s=waiting["bytes"] // speed if speed else None,
        blanko=stock.on_hand(journal.node_id),
        mirror=journal.mirror_present() if office.settings.mirror else None,
        alerts=tuple(alerts),
    )
