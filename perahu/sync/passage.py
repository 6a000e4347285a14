"""One session over one link: bytes to and fro, and how long the link has stood still.

It has no socket, thread or timer of its own: who drives it (exchange.py on the calling
side, `answer` on the other) calls `turn` again and again and waits in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from perahu.sync import limits
from perahu.sync.http import Bare, ClientHttp, ServerHttp
from perahu.sync.links import PACED, Link
from perahu.sync.session import Session
from perahu.words import Refusal

TURN_S = 0.1
"""The longest wait between two looks at a session: a new fact is noticed within it."""


@runtime_checkable
class Hasty(Protocol):
    """A link that can be told that somebody waits for what it has taken."""

    def hurry(self) -> None:
        """Let it arrive soon, also for some bytes more."""


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


@dataclass(slots=True, kw_only=True)
class Patience:
    """How often and how long an exchange tries before it gives the turn back."""

    attempts_max: int = limits.ATTEMPTS_MAX
    """Connections in a row that brought nothing new."""
    goes_on: Callable[[], bool] = lambda: True
    """Asked at every turn; false ends the exchange at once."""
    stall_s_min: float = limits.STALL_S_MIN
    """No progress for so long (or four round trips) is a stall."""
    after_commit: Callable[[], None] | None = None
    """Called when entries of the peer were stored; the tables catch up by default."""


class Passage:
    """Moves a session's bytes over a link that is up."""

    def __init__(
        self, session: Session, link: Link, http: ClientHttp | ServerHttp | Bare
    ) -> None:
        self.session, self.link, self.http = session, link, http
        self._clock = session.journal.ports.clock
        self._pending = b""
        self._unacked = self._taken = 0
        self._moved_s = self._owed_s = self._clock.monotonic_s()
        self._stored = 0

    @property
    def wants_to_send(self) -> bool:
        """Bytes wait for the link to take them."""
        return bool(self._pending)

    def is_done(self, *, answers: bool = False) -> bool:
        """The caller stops when all is agreed; the answering side when the caller does.

        Else a fact that the caller sends just then would meet a closed door.
        """
        if self._pending or not self.session.finished:
            return False
        return self.http.is_over or not (answers and self.session.is_agreed)

    def turn(self) -> bool:
        """Send and take in what can be now; true when bytes moved. Raises Refusal."""
        self.session.check()
        before = self.http.is_over
        taken = self._send()
        received = self._receive()
        self._watch(taken, received)
        return bool(taken or received) or self.http.is_over != before

    @property
    def confirmed_bytes(self) -> int:
        """Taken by the link and confirmed by the other end's transport."""
        return self._taken - self._unacked

    def quiet_s(self) -> float:
        """Seconds in which nothing was confirmed and nothing came."""
        return self._clock.monotonic_s() - self._moved_s

    def stuck_s(self) -> float:
        """The same, counted only while the other end's transport owes us an answer."""
        if not self._unacked:
            return 0.0
        return self._clock.monotonic_s() - max(self._moved_s, self._owed_s)

    def project(self, after_commit: Callable[[], None] | None) -> None:
        """Let the tables catch up with what came, at a quiet moment."""
        if self.session.stored_entries > self._stored:
            self._stored = self.session.stored_entries
            (after_commit or self.session.journal.catch_up)()

    def _send(self) -> int:
        if not self._pending:
            rate = self.session.progress.rate_bytes_s
            span_s = limits.PIECE_S_PACED if self.link.kind == PACED else limits.PIECE_S
            piece = self.session.to_send(piece_bytes(rate, span_s))
            self._pending = self.http.wrap(piece) if piece else b""
        if not self._pending:
            return 0
        taken = self.link.send(self._pending)
        assert 0 <= taken <= len(self._pending)
        self._pending = self._pending[taken:]
        self._taken += taken
        if self.session.is_hasty and isinstance(self.link, Hasty):
            self.link.hurry()
        if not self._pending:
            self.session.is_hasty = False
        return taken

    def _receive(self) -> int:
        piece = self.link.receive()
        if piece is None:
            self._gone()
            return 0
        if not piece:
            return 0
        body = self.http.unwrap(piece)
        if body:
            self.session.received(body)
        if self.http.is_over:
            self._gone()
        return len(piece)

    def _gone(self) -> None:
        """The peer closed: only END ends an exchange, anything else is a cut."""
        if not self.session.finished:
            raise BrokenLink("closed")
        self._pending, self.http.is_over = b"", True

    def _watch(self, taken: int, received: int) -> None:
        """Progress is bytes that came, or bytes that the other end has confirmed.

        Of whom we refused we wait only until it has taken our words.
        """
        came = received and self.session.refusal is None
        now_s, unacked = self._clock.monotonic_s(), self.link.unacked_bytes()
        if not self._unacked:
            self._owed_s = now_s
        if came or taken > unacked - self._unacked:
            self._moved_s = now_s
        self._unacked = unacked


def piece_bytes(rate_bytes_s: float, span_s: float = limits.PIECE_S) -> int:
    """How much is sealed into one TLS record: who waits for it waits for all of it."""
    segments = round(rate_bytes_s * span_s / limits.SEGMENT_BYTES)
    least, most = limits.PIECE_SEGMENTS
    whole = max(least, min(most, segments if rate_bytes_s else least + 1))
    return whole * limits.SEGMENT_BYTES - limits.PIECE_OVERHEAD


def answer(
    passage: Passage, wait: Callable[[bool, float], None], patience: Patience
) -> None:
    """The answering side's loop, until the session is finished; raises as `turn`.

    `wait(to_send, seconds)` waits until the link can be read, or written where asked.
    """
    while not passage.is_done(answers=True):
        if not patience.goes_on():
            raise BrokenLink("stopped")
        if passage.turn():
            continue
        if passage.quiet_s() > patience.stall_s_min:
            raise BrokenLink("stalled")
        passage.project(patience.after_commit)
        wait(passage.wants_to_send, TURN_S)
    passage.project(patience.after_commit)
