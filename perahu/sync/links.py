"""The ways to a peer: links that never block, and who knows which of them may be used.

An exchange is handed `Roads`; node has the real ones (node/link.py, node/udp.py,
node/carriers/ways.py). No state of an exchange is tied to a link: any of them may die, another
is dialled beside it, and the newest session goes on from the last whole frame or chunk.

    road A   one TLS connection, always there: kind "tls"
    road B   paced UDP, sealed with a key both ends know from road A: kind "paced"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from perahu.keys.sealing import FrameKey
from perahu.words import Refusal

TLS, PACED = "tls", "paced"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a link's own counters say of the way; 0 where it cannot tell."""

    rtt_s: float = 0.0
    """The shortest round trip it saw."""
    loss: float = 0.0
    """Packets sent again, as a share of all sent: a guess of the loss."""
    rate_bytes_s: float = 0.0
    """What it carried, where that was measured."""


@dataclass(frozen=True, slots=True)
class RoadKey:
    """What both ends of a session over road A know, and nobody else: it opens road B."""

    name: bytes
    """8 bytes in the clear of every datagram: which session's key it is sealed with."""
    secret: bytes
    """32 bytes, drawn out of both frame keys; the keys of both directions come from it."""
    port: int
    """UDP port of the answering side; 0 where it has no road B."""


def road_key_of(keys: Sequence[FrameKey], session: bytes, port: int) -> RoadKey:
    """The key to road B out of both frame keys, that of the calling side first."""
    calling, answering = keys
    secret = calling.mixed_with(answering, b"JRN1-road-b", session)
    name = blake2b(secret, digest_size=8, person=b"JRN1-road-name").digest()
    return RoadKey(name, secret, port)


class Link(Protocol):
    """One connection to one peer, moved without blocking; closed for good once closed."""

    carrier: str
    """The name of the carrier it goes over, for screens and memory."""
    kind: str
    """TLS or PACED."""
    host: str
    is_http: bool
    """Whether its bytes are an HTTP request and answer (road A), or bare (road B)."""

    def begin_like(self, sight: Sight) -> None:
        """Before `dial`: what another kind of link over the same carrier has seen."""

    def dial(self) -> None:
        """Begin to connect; returns at once. Raises Refusal."""

    def is_up(self) -> bool:
        """Take the next step of connecting; true once bytes can move. Raises Refusal."""

    def send(self, piece: bytes) -> int:
        """How many of these bytes were taken; 0 when none can be now."""

    def receive(self) -> bytes | None:
        """What has come, b"" for nothing now, None once the peer has closed."""

    def unacked_bytes(self) -> int:
        """Bytes taken by `send` that the other end's transport has not confirmed."""

    def wire_bytes(self) -> tuple[int, int]:
        """(sent, received) since `dial`, as near to the wire as it can tell."""

    def sight(self) -> Sight:
        """What it has measured so far."""

    def close(self) -> None:
        """Let go; no error if it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One link's part in an exchange, for the memory of links."""

    carrier: str
    kind: str
    began_s: float
    """By the timer (Clock.monotonic_s), as is `ended_s`."""
    ended_s: float
    sent_bytes: int
    received_bytes: int
    acked_bytes: int
    """Of our content, acknowledged by the peer's node over this link."""
    sight: Sight
    reason: str
    """"done", "slower" (the other kind carries more) or the code of a Refusal."""


class Roads(Protocol):
    """The ways to one peer, best first; chosen by preference, cost, hours and policy."""

    def first(self) -> Link:
        """The link to begin with. Raises Refusal where no way may be used now."""

    def after(self, failed: Link, refusal: Refusal) -> Link:
        """The link to try after one that died: often the next carrier. Raises Refusal."""

    def beside(self, stalled: Link) -> Link | None:
        """One to dial beside a link that stands still; None where there is no use."""

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """Another kind over the same carrier that is worth a try; None where not."""

    def prefers_paced(self, current: Link) -> bool:
        """Whether road B did better over this carrier before: then it is tried at once."""

    def note(self, leg: Leg) -> None:
        """A link's part is over: remembered, for the choice and for people."""

    def wait(self, links: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """Until a link can be read, or written where asked, or the time is over."""

    def pause(self, seconds: float) -> None:
        """Do nothing for so long."""
