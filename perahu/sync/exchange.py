"""Call a peer and exchange everything, over as many connections as it takes.

Links are handed in (links.Roads): they connect and move bytes without blocking. No state
of an exchange is tied to a connection: each session begins at the last acknowledged frame
or chunk. Where a link stands still another is dialled beside it, and whichever gets on
first carries on.

    dialled ── up ──> carries ── stands still ──> a rival is dialled beside it
                         ^                          | rival up, old one still stuck: HELLO
                         +──── old one moves: rival | HELLO answered: it carries
                               is let go            v
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from perahu.sync import limits
from perahu.sync.ack import Evidence
from perahu.sync.http import Bare, ClientHttp, TurnedAway
from perahu.sync.initiator import Initiator
from perahu.sync.links import TLS, Leg, Link, Roads
from perahu.sync.offer import Offer, Peer
from perahu.sync.passage import TURN_S, BrokenLink, Passage, Patience
from perahu.sync.progress import Progress
from perahu.sync.session import Session, Side
from perahu.sync.trial import Trial
from perahu.words import Refusal

__all__ = ["BrokenLink", "ExchangeResult", "Patience", "exchange"]

_FAREWELL_S = 5.0
_LINK_CODES = frozenset({
    "broken_link", "unreachable", "broken_stream", "fenced",
    "captive_portal", "wrong_certificate", "no_http",
})  # fmt: skip
"""Refusals of a way, not of a peer: another way may do better, `Roads.after` knows."""
_SPARE = "spare"


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
    """Links over which a HELLO was said."""
    stored_entries: int = 0
    offset_ms: int | None = None
    """How far our wall clock is ahead of the peer's signed time; None without an ack."""
    peer_time_ms: int = 0
    wire_bytes: tuple[int, int] = (0, 0)
    progress: Progress = field(default_factory=Progress)
    evidence_heard: list[Evidence] = field(default_factory=list)
    """Segments of ours that the peer refused."""
    legs: list[Leg] = field(default_factory=list)
    """The links it went over, each with its part."""


def exchange(
    side: Side,
    peer: Peer,
    offer: Offer,
    roads: Roads,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> ExchangeResult:
    """Call a peer and exchange everything.

    1. Dial; a stranger in the peer's place is a Refusal in the result.
    2. Carry one session until it is finished; where the link stands still, race it with
       another one.
    3. After a dead link go on over the next: at once where it had got on, else after a
       pause that doubles.
    """
    assert peer.node_id != side.journal.node_id, "nobody calls itself"
    result = ExchangeResult(progress=progress or Progress())
    course = _Course(side, peer, offer, roads, patience or Patience(), result)
    try:
        course.run()
    finally:
        course.leave_all()
    return result


@dataclass(slots=True, eq=False)
class _Way:
    """A link on its way up, then with a session."""

    link: Link
    began_s: float
    up_s: float = 0.0
    passage: Passage | None = None
    is_dialled: bool = False
    is_up: bool = False
    is_left: bool = False
    is_chosen: bool = False
    """Another kind of road, tried though this one carries (trial.py)."""

    @property
    def waits(self) -> tuple[Link, bool]:
        """For Roads.wait."""
        return self.link, self.passage is not None and self.passage.wants_to_send

    def come_up(self, now_s: float) -> bool:
        """The next step of connecting; true once it is up. Raises Refusal."""
        if not self.is_dialled:
            self.is_dialled = True
            self.link.dial()
        if not self.is_up and self.link.is_up():
            self.is_up, self.up_s = True, now_s
        return self.is_up

    def moved_since(self, moment_s: float, now_s: float) -> bool:
        """Whether its session got on after a moment."""
        return self.passage is not None and now_s - self.passage.quiet_s() > moment_s


class _Course:
    """One exchange on its way: the link that carries, and at times a rival beside it."""

    def __init__(
        self,
        side: Side,
        peer: Peer,
        offer: Offer,
        roads: Roads,
        patience: Patience,
        result: ExchangeResult,
    ) -> None:
        self._who = (side, peer, offer)
        self._roads, self._patience, self._result = roads, patience, result
        self._clock = side.journal.ports.clock
        self._way: _Way | None = None
        self._rival: _Way | None = None
        self._rival_after_s = 0.0
        self._trial = Trial()
        self._fruitless = self._fruits = 0
        self._fruit_s = self._clock.monotonic_s()
        self._pause_s = 0.0

    # -- the course of it -------------------------------------------------------------

    def run(self) -> None:
        """Until all is exchanged, nobody wants it any more, or no way is left."""
        try:
            self._way = self._new_way(self._roads.first())
            while self._patience.goes_on():
                try:
                    if self._is_over(self._way):
                        return
                except Refusal as refusal:
                    self._way = self._next_way(self._way, refusal)
            self._result.refusal = BrokenLink("stopped")
        except Refusal as refusal:
            self._result.refusal = refusal
            if isinstance(refusal, TurnedAway):
                self._result.retry_after_s = refusal.retry_after_s

    def _is_over(self, way: _Way) -> bool:
        """One turn. Raises Refusal where the way that carries is dead."""
        moved = self._turn(way)
        if way.passage is not None and way.passage.is_done():
            return self._end(way, way.passage)
        moved = self._race(way) or moved
        if not moved:
            if way.passage is not None:
                way.passage.project(self._patience.after_commit)
            ways = [one for one in (self._way, self._rival) if one is not None]
            self._roads.wait([one.waits for one in ways], TURN_S)
        return False

    def _end(self, way: _Way, passage: Passage) -> bool:
        """The session is finished; false where another one should follow at once."""
        self._drop_rival(_SPARE)
        self._farewell(passage)
        is_again = passage.session.is_worth_repeating
        self._leave(way, "done")
        if is_again:
            self._fruitless += 1
            if self._fruitless >= self._patience.attempts_max:
                return True
            self._way = self._new_way(self._roads.first())
        return not is_again

    def _turn(self, way: _Way) -> bool:
        if way.passage is None:
            if not way.come_up(self._clock.monotonic_s()):
                return False
            self._greet(way)
        assert way.passage is not None
        moved = way.passage.turn()
        if moved:
            self._note_fruits()
        return moved

    def _new_way(self, link: Link) -> _Way:
        return _Way(link, self._clock.monotonic_s())

    def _greet(self, way: _Way) -> Passage:
        """The link is up: a new session begins on it with HELLO and data."""
        self._result.connections += 1
        self._result.progress.connections += 1
        session = Initiator(*self._who, self._result.progress)
        http = ClientHttp(way.link.host) if way.link.is_http else Bare()
        if not way.link.is_http:
            session.window.least_bytes = limits.WINDOW_BYTES_PACED
        way.passage = Passage(session, way.link, http)
        return way.passage

    def _note_fruits(self) -> None:
        """What was acknowledged or stored: only that counts as getting on."""
        progress = self._result.progress
        fruits = progress.acked_bytes + sum(
            c.acked + c.received_bytes for c in progress.classes
        )
        if fruits > self._fruits:
            self._fruits, self._fruit_s = fruits, self._clock.monotonic_s()
            self._fruitless, self._pause_s = 0, 0.0

    def _next_way(self, dead: _Way, refusal: Refusal) -> _Way:
        """What to go on with after a way that died. Raises Refusal where nothing is left."""
        self._leave(dead, refusal.code)
        if self._rival is not None:
            rival, self._rival = self._rival, None
            return rival
        self._fruitless += 1
        is_patient = self._fruits and self._since_fruit_s() < limits.GIVE_UP_S
        is_enough = self._fruitless >= self._patience.attempts_max and not is_patient
        if refusal.code not in _LINK_CODES or is_enough:
            raise refusal
        # At once where it had got on, as after a reset; then ever more slowly.
        self._roads.pause(self._pause_s)
        self._pause_s = min(
            max(2 * self._pause_s, limits.PAUSE_S_MIN), limits.PAUSE_S_MAX
        )
        return self._new_way(self._roads.after(dead.link, refusal))

    def _since_fruit_s(self) -> float:
        return self._clock.monotonic_s() - self._fruit_s

    # -- a link stands still ----------------------------------------------------------

    def _race(self, way: _Way) -> bool:
        """Dial beside a link that stands still, and let the one that gets on first win."""
        if self._rival is None:
            if way.passage is None:
                return False
            return self._dial_beside(way, way.passage) or self._try_other(way.passage)
        try:
            if self._rival.is_chosen:
                return self._turn_chosen(way, self._rival)
            return self._turn_rival(way, self._rival)
        except Refusal as refusal:
            # Only the rival is dead; the link that carries is as it was.
            self._drop_rival(refusal.code)
            return False

    def _dial_beside(self, way: _Way, passage: Passage) -> bool:
        is_stalled = passage.quiet_s() >= self._stall_s()
        is_stuck = passage.stuck_s() >= self._share_s(limits.BESIDE)
        if (
            not (is_stuck or is_stalled)
            or self._clock.monotonic_s() < self._rival_after_s
        ):
            return False
        link = self._roads.beside(way.link)
        if link is not None:
            self._rival = self._new_way(link)
        elif is_stalled:
            raise BrokenLink("stalled")
        return link is not None

    def _turn_rival(self, way: _Way, rival: _Way) -> bool:
        """Raises Refusal where the rival is dead."""
        if rival.passage is not None:
            moved = rival.passage.turn()
            if rival.passage.session.is_greeted:
                self._leave(way, "broken_link")
                self._way, self._rival = rival, None
            elif rival.passage.quiet_s() >= self._stall_s():
                raise BrokenLink("stalled")
            return moved
        assert way.passage is not None, (
            "nothing is dialled beside a link that is not up"
        )
        if way.moved_since(rival.began_s, self._clock.monotonic_s()):
            self._drop_rival(_SPARE)
            return True
        rival.come_up(self._clock.monotonic_s())
        if not rival.is_up or not self._is_given_up(way.passage, rival):
            return False
        way.passage.session.hold()
        self._greet(rival)
        return True

    # -- another kind of road is tried ------------------------------------------------

    def _try_other(self, passage: Passage) -> bool:
        now_s = self._clock.monotonic_s()
        if (link := self._trial.link(passage, self._roads, now_s)) is None:
            return False
        self._rival = self._new_way(link)
        self._rival.is_chosen = True
        # What goes out now would go again.
        passage.session.pause()
        return True

    def _turn_chosen(self, way: _Way, rival: _Way) -> bool:
        """The old link ends what it has begun, then the other one speaks.

        Raises Refusal where nobody answers over the other one.
        """
        now_s = self._clock.monotonic_s()
        if rival.passage is not None:
            moved = rival.passage.turn()
            if rival.passage.session.is_greeted:
                self._leave(way, "slower")
                self._way, self._rival = rival, None
            elif now_s - rival.up_s >= self._answer_s(rival.link):
                raise BrokenLink("unanswered")
            return moved
        assert way.passage is not None, "nothing is tried beside a link that is not up"
        if rival.link.kind == TLS and not rival.come_up(now_s):
            return False
        way.passage.session.pause()
        waited_s = now_s - (rival.up_s or rival.began_s)
        if not self._has_drained(way.passage, waited_s):
            return False
        self._trial.tell(rival.link, way.passage)
        if not rival.come_up(now_s):
            return False
        flying = way.passage.session.sending.flying_blobs()
        # What was acknowledged until now is kept, and the new session begins behind it.
        way.passage.session.go_on()
        way.passage.session.hold()
        rival.up_s = now_s
        self._greet(rival).session.sending.put_off(flying or frozenset())
        return True

    def _answer_s(self, link: Link) -> float:
        """How long a HELLO may be unanswered: longer where somebody is there at least."""
        rtt_s = self._result.progress.rtt_s
        answer_s = max(limits.TRIAL_ANSWER_S, limits.TRIAL_ANSWER_RTTS * rtt_s)
        return answer_s * (3 if link.wire_bytes()[1] else 1)

    def _has_drained(self, passage: Passage, waited_s: float) -> bool:
        session, rtt_s = passage.session, max(0.2, self._result.progress.rtt_s)
        if passage.wants_to_send or session.is_midway:
            return passage.quiet_s() > limits.DRAIN_RTTS * rtt_s
        if not session.window.flying_bytes or waited_s > limits.DRAIN_S_MAX:
            return True
        if passage.quiet_s() > limits.DRAIN_RTTS * rtt_s:
            return True
        # The last chunks are on the road: what comes behind them meets no queue.
        on_road = passage.link.sight().rate_bytes_s * rtt_s
        is_last = passage.link.unacked_bytes() <= on_road
        return is_last and session.sending.flying_blobs() is not None

    def _is_given_up(self, stuck: Passage, rival: _Way) -> bool:
        """Whether the rival may speak: its HELLO ends the old session at the other side.

        A rival that was long in coming met an outage: then the old connection may wake
        up by itself any moment, with less to send again, and is given a little time.
        """
        now_s = self._clock.monotonic_s()
        met_outage = rival.up_s - rival.began_s > self._share_s(limits.BESIDE) + 1.0
        if met_outage and now_s - rival.up_s < limits.WAKE_S:
            return False
        is_long = stuck.stuck_s() >= self._share_s(limits.TAKE_OVER)
        return is_long or stuck.quiet_s() >= self._stall_s()

    def _stall_s(self) -> float:
        return self._share_s((1.0, limits.STALL_RTTS))

    def _share_s(self, share: tuple[float, int]) -> float:
        """So much of the shortest stall, or so many round trips, whichever is longer."""
        of_stall, round_trips = share
        rtt_s = self._result.progress.rtt_s
        return max(of_stall * self._patience.stall_s_min, round_trips * rtt_s)

    def _drop_rival(self, reason: str) -> None:
        rival, self._rival = self._rival, None
        if rival is None:
            return
        self._leave(rival, reason)
        if rival.is_chosen:
            self._trial.failed()
        self._rival_after_s = self._clock.monotonic_s() + limits.PAUSE_S_MIN
        assert self._way is not None and self._way.passage is not None, "it is up"
        self._way.passage.session.go_on()

    # -- its end ----------------------------------------------------------------------

    def leave_all(self) -> None:
        """Close every link; called however the exchange ended."""
        for way in (self._rival, self._way):
            if way is not None:
                self._leave(way, "stopped")
        self._rival = self._way = None

    def _leave(self, way: _Way, reason: str) -> None:
        """A link's part is over: sum up, close, remember. No harm if it was left before."""
        if way.is_left:
            return
        way.is_left = True
        acked = 0
        if way.passage is not None:
            acked = way.passage.session.acked_bytes
            self._sum_up(way.passage.session)
        sent, received = way.link.wire_bytes()
        result = self._result
        result.wire_bytes = result.wire_bytes[0] + sent, result.wire_bytes[1] + received
        leg = Leg(
            carrier=way.link.carrier,
            kind=way.link.kind,
            began_s=way.began_s,
            ended_s=self._clock.monotonic_s(),
            sent_bytes=sent,
            received_bytes=received,
            acked_bytes=acked,
            sight=way.link.sight(),
            reason=reason,
        )
        way.link.close()
        result.legs.append(leg)
        self._roads.note(leg)

    def _sum_up(self, session: Session) -> None:
        result = self._result
        session.close()
        session.journal.catch_up()
        result.is_complete = session.finished and session.is_agreed
        result.stored_entries += session.stored_entries
        result.evidence_heard += session.evidence_heard
        if session.peer_time_ms:
            result.peer_time_ms = session.peer_time_ms
            result.offset_ms = session.offset_ms
        end = session.peer_end
        if end is not None:
            result.more = end.more
            result.retry_after_s = end.retry_after_s
            if end.code and not session.is_worth_repeating:
                result.refusal = Refusal(end.code, id=end.words.id, en=end.words.en)

    def _farewell(self, passage: Passage) -> None:
        """Let the last ack arrive: closing at once could reset it."""
        until_s = self._clock.monotonic_s() + _FAREWELL_S
        link, http = passage.link, passage.http
        rest = http.finish()
        with suppress(Refusal):
            while self._clock.monotonic_s() < until_s:
                if rest:
                    rest = rest[link.send(rest) :]
                piece = link.receive()
                if piece is None or http.is_over:
                    return
                if piece:
                    http.unwrap(piece)
                elif not link.is_http and not link.unacked_bytes():
                    return
                else:
                    self._roads.wait([(link, bool(rest))], TURN_S)
