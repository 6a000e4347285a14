"""What pages need of the node they are served by; `node/web_office.py` gives the real one.

Pages ask rooms for what is, call actions for what is to be done, and come here for the
rest: the clock, chance, PINs, devices, files and links, which only node/ may touch. A part
that only some pages need is a Protocol of its own beside those pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from perahu.journal.journal import Journal
from perahu.journal.ports import Instant
from perahu.journal.types import Ask
from perahu.words import Words

KEY = "perahu.office"
"""Where a request's WSGI environment holds the office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What every page says about the place (issue: sign-in and place)."""

    contact_ms: int
    """Last contact with any node, wall time; 0 for never."""
    contact_age_s: int
    waiting_entries: int
    waiting_blobs: int
    waiting_bytes: int
    waiting_oldest_ms: int
    """When the oldest waiting fact was stated; 0 where nothing waits."""
    branched: int = 0
    """Entries that will never be sent: the status page says why, and what to do."""
    expected_s: int | None
    """Seconds until all of it is there at the speed of the last contact; None unknown."""
    blanko: int
    mirror: bool | None
    """Whether the second medium is there; None where none is set."""
    alerts: tuple[Words, ...] = ()
    """What a person must know on every page: a doubtful clock, halted printing."""


class Office(Protocol):
    """An open node, as its pages see it."""

    @property
    def journal(self) -> Journal:
        """The node's book."""

    @property
    def language(self) -> str:
        """The language of who has not chosen one: "id" or "en"."""

    @property
    def role_words(self) -> Words:
        """What this node is."""

    @property
    def serves_people(self) -> bool:
        """Has desks: records, prints, hands over."""

    @property
    def decides(self) -> bool:
        """Is the hub of a kabupaten."""

    @property
    def is_demonstration(self) -> bool:
        """Devices and people are simulated: pages say DATA UJI and offer the tour."""

    @property
    def desks(self) -> tuple[int, ...]:
        """The desks with scanners, by their number from 1."""

    @property
    def parts(self) -> Mapping[str, Any]:
        """Ports of single pages by name ("recording", "printing", "post", …)."""

    def ask(self, officer: bytes = b"", op_id: bytes | None = None) -> Ask:
        """An ask of this moment; a fresh operation unless its id is given."""

    def now(self) -> Instant:
        """The wall time of this moment and the date at the site."""

    def monotonic_s(self) -> float:
        """Seconds that never go back."""

    def random(self, size: int) -> bytes:
        """Unguessable bytes."""

    def sign_in(self, login: str, pin: str) -> bytes:
        """The operator's id, if this is her PIN here. Raises Refusal."""

    def set_pin(self, login: str, code: str, pin: str) -> bytes:
        """Keep a new PIN, with the one-time code of the grant. Raises Refusal."""

    def has_pin(self, operator: bytes) -> bool:
        """Whether this operator has set a PIN at this node."""

    def strip(self) -> Strip:
        """What every page says about the place; cheap, at most a few seconds old."""

    def status(self) -> dict[str, Any]:
        """Everything the node can say about itself (`node/status.py`)."""

    def contacts(self) -> list[dict[str, Any]]:
        """Every node we were in contact with: node, node_id (hex), at_ms, age_s."""

    def open_sealed(self, cipher: bytes) -> bytes:
        """Open what was sealed to this node. Raises Refusal."""

    def authority_certificate(self) -> bytes | None:
        """The certificate browsers of this office import (DER); None without TLS."""

    def look_now(self) -> None:
        """Let the loops look at once: there may be work, or a link."""

    def report_mistake(self, error: Exception) -> Words:
        """A sentence for an error nobody foresaw; its details go to the node's log."""
