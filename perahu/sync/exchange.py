"""Carry a session over a link, and go on over a new connection when one stalls or dies.

The link is handed in (node/link.py has the real one): it connects, moves bytes without
blocking, waits, and says how much the kernel still holds unacknowledged. No state of an
exchange is tied to a connection: each new one begins at the last whole frame or chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from perahu.journal.ports import Clock
from perahu.sync import limits
from perahu.sync.ack import Evidence
from perahu.sync.http import ClientHttp, ServerHttp, TurnedAway
from perahu.sync.initiator import Initiator
from perahu.sync.offer import Offer, Peer
from perahu.sync.progress import Progress
from perahu.sync.session import Session, Side
from perahu.words import Refusal

_TURN_S = 0.25
"""The longest wait between two looks at the session."""
_FAREWELL_S = 5.0
_PIECE_BYTES, _PIECE_BYTES_FAST = 4 * 1024, 16 * 1024
_FAST_BYTES_S = 128 * 1024
"""From here on a larger TLS record costs nobody any waiting."""


class Link(Protocol):
    """One connection at a time to one peer; may be opened again after it was closed."""

    host: str

    def open(self) -> None:
        """Connect. Raises Refusal where nobody, or somebody else, is there."""

    def send(self, piece: bytes) -> int:
        """How many of these bytes were taken; 0 when none can be now."""

    def receive(self) -> bytes | None:
        """What has come, b"" for nothing now, None once the peer has closed."""

    def wait(self, seconds: float, *, to_send: bool) -> None:
        """Until something can be received, or sent if asked, or the time is over."""

    def unacked_bytes(self) -> int:
        """What the kernel has sent or holds and the peer's kernel has not confirmed."""

    def wire_bytes(self) -> tuple[int, int]:
        """(sent, received) on the wire since `open`, TLS included."""

    def pause(self, seconds: float) -> None:
        """Do nothing for so long."""

    def close(self) -> None:
        """Let go; no error if it is closed."""


class BrokenLink(Refusal):
    """The connection died or stalled: made again without asking anybody."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "broken_link",
            "Sambungan terputus; yang sudah diterima tetap tersimpan, sisanya dikirim pada "
            "sambungan berikutnya.",
            "The connection broke; what was received stays stored, the rest goes with the "
            "next connection.",
        )
        # For who looks for a fault: the name of an error means nothing at a desk.
        self.why = why


_TRANSIENT = frozenset({"broken_link", "unreachable", "broken_stream", "fenced"})
"""Refusals after which the same exchange tries another connection."""


@dataclass(slots=True)
class ExchangeResult:
    """How an exchange went. What it committed stands even where it is not complete."""

    is_complete: bool = False
    """Both sides said END and acknowledged all that came before it."""
    more: bool = False
    """The peer has more for us than our budget, or takes more than its own, later."""
    retry_after_s: int = 0
    refusal: Refusal | None = None
    """Why it is not complete, in words for the screen."""
    connections: int = 0
    stored_entries: int = 0
    offset_ms: int | None = None
    """How far our wall clock is ahead of the peer's signed time; None without an ack."""
    peer_time_ms: int = 0
    wire_bytes: tuple[int, int] = (0, 0)
    progress: Progress = field(default_factory=Progress)
    evidence_heard: list[Evidence] = field(default_factory=list)
    """Segments of ours that the peer refused."""


@dataclass(slots=True, kw_only=True)
class Patience:
    """How often and how long an exchange tries before it gives the turn back."""

    attempts_max: int = limits.ATTEMPTS_MAX
    """Connections in a row that brought nothing new."""
    goes_on: Callable[[], bool] = lambda: True
    """Asked at every turn; false ends the exchange at once."""
    stall_s_min: float = limits.STALL_S_MIN
    """No progress for so long (or four round trips) makes the connection dead."""
    after_commit: Callable[[], None] | None = None
    """Called when entries of the peer were stored; the tables catch up by default."""


def exchange(
    side: Side,
    peer: Peer,
    offer: Offer,
    link: Link,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> ExchangeResult:
    """Call a peer and exchange everything, over as many connections as it takes.

    1. Connect; a stranger in the peer's place is a Refusal in the result.
    2. Carry one session until it is finished, or no byte moves for too long.
    3. After a broken one pause a little, doubling while nothing new arrives, and go on.
    """
    patience = patience or Patience()
    assert peer.node_id != side.journal.node_id, "nobody calls itself"
    result = ExchangeResult(progress=progress or Progress())
    pause_s, fruitless = limits.PAUSE_S_MIN, 0
    while fruitless < patience.attempts_max and patience.goes_on():
        before = _fruits(result.progress)
        if not _attempt(side, peer, offer, link, patience, result):
            break
        has_fruits = _fruits(result.progress) > before
        fruitless = 0 if has_fruits else fruitless + 1
        pause_s = limits.PAUSE_S_MIN if has_fruits else pause_s
        if result.refusal is not None:
            link.pause(pause_s)
            pause_s = min(pause_s * 2, limits.PAUSE_S_MAX)
    return result


def _fruits(progress: Progress) -> int:
    """What was acknowledged or stored: only that counts as getting on."""
    return sum(c.acked + c.received_bytes for c in progress.classes)


def _attempt(
    side: Side,
    peer: Peer,
    offer: Offer,
    link: Link,
    patience: Patience,
    result: ExchangeResult,
) -> bool:
    """One connection; true where another one should follow."""
    session: Initiator | None = None
    result.refusal = None
    try:
        link.open()
        result.connections += 1
        result.progress.connections += 1
        session = Initiator(side, peer, offer, result.progress)
        http = ClientHttp(link.host)
        Carrier(session, http, link, patience).run()
        _farewell(http, link, side.journal.ports.clock)
    except Refusal as refusal:
        result.refusal = refusal
        if isinstance(refusal, TurnedAway):
            result.retry_after_s = refusal.retry_after_s
        return refusal.code in _TRANSIENT
    finally:
        if session is not None:
            _sum_up(session, result)
        sent, received = link.wire_bytes()
        result.wire_bytes = (
            result.wire_bytes[0] + sent,
            result.wire_bytes[1] + received,
        )
        link.close()
    return session.is_worth_repeating


def _sum_up(session: Initiator, result: ExchangeResult) -> None:
    session.close()
    session.journal.catch_up()
    result.is_complete = session.finished and session.is_agreed
    result.stored_entries += session.stored_entries
    result.evidence_heard += session.evidence_heard
    if session.peer_time_ms:
        result.peer_time_ms, result.offset_ms = session.peer_time_ms, session.offset_ms
    end = session.peer_end
    if end is not None:
        result.more = end.more
        result.retry_after_s = end.retry_after_s
        if end.code and not session.is_worth_repeating:
            result.refusal = Refusal(end.code, id=end.words.id, en=end.words.en)


def _farewell(http: ClientHttp, link: Link, clock: Clock) -> None:
    """End the request and let the last ack arrive: closing at once could reset it."""
    rest = http.finish()
    until_s = clock.monotonic_s() + _FAREWELL_S
    while clock.monotonic_s() < until_s:
        if rest:
            rest = rest[link.send(rest) :]
        piece = link.receive()
        if piece is None or http.is_over:
            return
        if piece:
            http.unwrap(piece)
        else:
            link.wait(_TURN_S, to_send=bool(rest))


class Carrier:
    """Moves a session's bytes over one open link until the session is finished."""

    def __init__(
        self,
        session: Session,
        http: ClientHttp | ServerHttp,
        link: Link,
        patience: Patience,
    ) -> None:
        self._session, self._http, self._link = session, http, link
        self._patience = patience
        self._clock = session.journal.ports.clock
        self._pending = b""
        self._moved_s = self._clock.monotonic_s()
        self._unacked = 0
        self._stored = 0

    def run(self) -> None:
        """Raises BrokenLink when the connection dies or nothing moves for too long."""
        while not self._is_done:
            if not self._patience.goes_on():
                raise BrokenLink("stopped")
            has_sent = self._send()
            has_received = self._receive()
            if not has_sent and not has_received:
                self._link.wait(_TURN_S, to_send=bool(self._pending))
            self._watch(has_sent or has_received)
        self._project()

    @property
    def _is_done(self) -> bool:
        """The caller stops when all is agreed; the answering side when the caller does.

        Else a fact that the caller sends just then would meet a closed door.
        """
        if self._pending or not self._session.finished:
            return False
        answers = isinstance(self._http, ServerHttp) and self._session.is_agreed
        return self._http.is_over or not answers

    def _send(self) -> bool:
        if not self._pending:
            is_fast = self._session.progress.rate_bytes_s >= _FAST_BYTES_S
            piece = self._session.to_send(
                _PIECE_BYTES_FAST if is_fast else _PIECE_BYTES
            )
            self._pending = self._http.wrap(piece) if piece else b""
        if not self._pending:
            return False
        taken = self._link.send(self._pending)
        assert 0 <= taken <= len(self._pending)
        self._pending = self._pending[taken:]
        return taken > 0

    def _receive(self) -> bool:
        piece = self._link.receive()
        if piece is None:
            self._gone()
            return True
        if not piece:
            return False
        body = self._http.unwrap(piece)
        if body:
            self._session.received(body)
        if self._http.is_over:
            self._gone()
        return True

    def _gone(self) -> None:
        """The peer closed: only END ends an exchange, anything else is a cut."""
        if not self._session.finished:
            raise BrokenLink("closed")
        self._pending, self._http.is_over = b"", True

    def _watch(self, has_moved: bool) -> None:
        """Progress is bytes taken, bytes come, or the kernel's backlog shrinking."""
        now_s = self._clock.monotonic_s()
        unacked = self._link.unacked_bytes()
        if has_moved or unacked < self._unacked:
            self._moved_s = now_s
        self._unacked = unacked
        stall_s = limits.STALL_RTTS * self._session.progress.rtt_s
        if now_s - self._moved_s > max(self._patience.stall_s_min, stall_s):
            raise BrokenLink("stalled")
        if not has_moved:
            self._project()

    def _project(self) -> None:
        """Let the tables catch up while the road is quiet."""
        if self._session.stored_entries > self._stored:
            self._stored = self._session.stored_entries
            after_commit = self._patience.after_commit
            (after_commit or self._session.journal.catch_up)()
