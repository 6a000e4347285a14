"""Damaged frames on the road: two real sessions, and between them whatever can go wrong.

Three hands: the road itself (bytes torn, repeated, cut), a carrier who knows the format
(frames dropped, doubled, reordered, changed, under sums that fit), and a peer with good
papers that says what nobody expects. Each frame that is not as it was sent is a mutant.
After every meeting both books are looked at, and what was said is still made of frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.types import PART, Level
from perahu.sync import frames
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.initiator import Initiator
from perahu.sync.offer import ForkEvidence
from perahu.sync.parts import Joining
from perahu.sync.responder import Doors, Responder
from perahu.sync.session import Session, Side
from perahu.words import Refusal
from sim.chance import Chance
from sim.fuzz.damage import damaged
from sim.fuzz.insider import Insider
from sim.fuzz.kabupaten import TO_HUB, Kabupaten, corrected, peer_of
from sim.fuzz.oracle import (
    Heads,
    blobs_in,
    check_audited,
    check_blobs,
    check_book,
    heads_of,
)
from sim.fuzz.pen import Pen, sealed_by
from sim.fuzz.watch import NotBelieved, Watch

TARGET = "frames"
_A_MEETING_MAX = 60
_UNREAD_MAX = 1 << 20
_AUDIT_ONE_OF = 40
_HEAL_ONE_OF = 10


@dataclass(slots=True)
class Meeting:
    """Two sessions that have just begun, and what both books hold."""

    hub: Journal
    enggano: Journal
    initiator: Initiator
    responder: Responder
    heads: tuple[Heads, Heads]
    blobs: set[str]
    said: bytes = b""
    """All that was put on the road by hand, for who looks for the reason."""


class RoadMutants:
    """A hub and an office that meet again and again, each time for the first time."""

    def __init__(self, folder: Path, seed: int, watch: Watch) -> None:
        self._seed, self._watch = seed, watch
        self._kabupaten = Kabupaten(folder / "kabupaten")
        enggano = self._kabupaten.open("Enggano")
        chance = Chance(seed, "road")
        for number in range(4):
            self._kabupaten.state(enggano, "Enggano", corrected(number))
        refs = [enggano.blobs.put(chance.randbytes(n), PART) for n in (500, 40_000)]
        self._kabupaten.state(enggano, "Enggano", corrected(99), tuple(refs))
        enggano.seal()
        self._sealed_blobs = {ref.sha256.hex() for ref in refs}
        self._sealed = sealed_by(enggano)
        self._pens = {"Enggano": self._pen(enggano, "Enggano")}
        hub = self._kabupaten.open("Hub")
        hub.seal()
        self._sealed |= sealed_by(hub)
        self._pens["Hub"] = self._pen(hub, "Hub")
        self._kabupaten.close()
        self._back = {name: self._kabupaten.keep(name) for name in ("Hub", "Enggano")}

    def _pen(self, journal: Journal, name: str) -> Pen:
        return Pen(journal, self._kabupaten.members[name].papers.keys, self._sealed)

    def run(self, count: int, told: Callable[[int], None] = lambda _: None) -> None:
        """So many damaged frames."""
        done = number = 0
        while done < count:
            chance = Chance(self._seed, "road", number)
            more = self.meet(chance, min(_A_MEETING_MAX, count - done))
            number, done = number + 1, done + more
            told(more)

    def close(self) -> None:
        """Close every book."""
        self._kabupaten.close()

    # -- one meeting -------------------------------------------------------------------

    def meet(self, chance: Chance, most: int) -> int:
        """One meeting with up to so many damaged frames; gives how many there were."""
        meeting = self._begun()
        before = self._watch.tries[TARGET]
        hand = chance.choices((self._road, self._carrier, self._peer), (4, 48, 48))[0]
        hand(chance, meeting, most)
        with self._watch.trying(TARGET, lambda: meeting.said):
            self._check(meeting, chance, is_ours=hand == self._peer)
        self._watch.tries[TARGET] -= 1
        return max(1, self._watch.tries[TARGET] - before)

    def _begun(self) -> Meeting:
        hub, enggano = self._back["Hub"](), self._back["Enggano"]()
        side = Side(enggano, _heard_of, {12: 1})
        initiator = Initiator(side, peer_of(hub), TO_HUB)
        doors = Doors(self._kabupaten.offer_for)
        responder = Responder(Side(hub, _heard_of, {12: 1}), doors)
        heads = heads_of(hub), heads_of(enggano)
        return Meeting(hub, enggano, initiator, responder, heads, self._blobs())

    def _blobs(self) -> set[str]:
        return set(blobs_in(self._kabupaten.members["Hub"].folder))

    def _hear(self, session: Session, meeting: Meeting, piece: bytes) -> None:
        """One damaged piece. A session that refuses is brought back to life.

        No real one is; but a handshake for each mutant would be most of the work, and what
        comes after a refusal finds states that no honest order of frames reaches.
        """
        meeting.said += piece
        with self._watch.trying(TARGET, lambda: meeting.said):
            try:
                session.received(piece)
                if len(session._out) > _UNREAD_MAX:
                    raise NotBelieved("answers are heaped up without end")
                if session.refusal is not None:
                    raise session.refusal
            except Refusal:
                _revive(session)
                raise

    # -- hands -------------------------------------------------------------------------

    def _road(self, chance: Chance, meeting: Meeting, most: int) -> None:
        """Bytes, as they lie in the stream, are not what was sent."""
        stream = drain(meeting.initiator)
        if chance.hits(0.5):
            self._hear(meeting.responder, meeting, damaged(chance, stream))
            return
        meeting.responder.received(stream)
        answer = drain(meeting.responder)
        self._hear(meeting.initiator, meeting, damaged(chance, answer))

    def _carrier(self, chance: Chance, meeting: Meeting, most: int) -> None:
        """The frames of the caller, or of who answers, with some of them made otherwise."""
        first, session = drain(meeting.initiator), meeting.responder
        calls = chance.hits(0.6)
        found = list(FrameReader().feed(first))
        target: Session = session
        if not calls:
            session.received(first)
            found = list(FrameReader().feed(drain(session)))
            target = meeting.initiator
        greeting = found[0]
        if chance.hits(0.85):
            # The greeting as it is: else nothing behind it is looked at.
            target.received(frames.MAGIC + greeting.encode())
            found = found[1:] or found
        else:
            target.received(frames.MAGIC)
        for _ in range(most):
            frame = _changed_frame(chance, chance.choice(found), found)
            raw = frame.encode()
            if chance.hits(0.1):
                raw = damaged(chance, raw, [one.encode() for one in found])
            self._hear(target, meeting, raw)

    def _peer(self, chance: Chance, meeting: Meeting, most: int) -> None:
        """Whoever speaks has good papers and all keys, and wants to know what happens."""
        meeting.responder.received(drain(meeting.initiator))
        calls = chance.hits(0.7)
        target: Session = meeting.responder
        if calls:
            speaker: Session = meeting.initiator
        else:
            target, speaker = meeting.initiator, meeting.responder
            target.received(drain(meeting.responder))
        name = "Enggano" if calls else "Hub"
        insider = Insider(
            speaker.journal,
            self._pens[name],
            speaker._keys[0 if calls else 1],
            meeting.initiator._id,
            speaker.journal.incarnation,
        )
        for _ in range(most):
            frame = insider.frame(chance)
            self._hear(target, meeting, frame.encode())
            if chance.hits(0.1):
                drain(target)

    # -- afterwards --------------------------------------------------------------------

    def _check(self, meeting: Meeting, chance: Chance, *, is_ours: bool) -> None:
        """Both books, the blobs, the receipts, and what the sessions still have to say."""
        for session in (meeting.initiator, meeting.responder):
            list(
                FrameReader().feed(frames.MAGIC + drain(session).removeprefix(b"JRN1"))
            )
            session.close()
        entries = check_book(meeting.hub, meeting.heads[0], self._sealed)
        check_book(meeting.enggano, meeting.heads[1], self._sealed)
        folder = self._kabupaten.members["Hub"].folder
        check_blobs(folder, meeting.blobs, self._sealed_blobs)
        meeting.hub.catch_up()
        meeting.enggano.catch_up()
        if not is_ours:
            self._check_levels(meeting)
            if chance.randrange(_HEAL_ONE_OF) == 0:
                _heal(meeting, self._kabupaten)
        if entries and chance.randrange(_AUDIT_ONE_OF) == 0:
            check_audited(meeting.hub, self._kabupaten)

    def _check_levels(self, meeting: Meeting) -> None:
        """No receipt stands higher than what the hub really has."""
        for row in meeting.enggano.journals():
            there = meeting.hub.journal(row.id)
            reached = there.head_seq if there is not None else 0
            for seq in range(reached + 1, row.head_seq + 1):
                if row.own and meeting.enggano.level_of(row.id, seq) > Level.RECORDED:
                    raise NotBelieved(f"{seq} is received, says the office")


def _revive(session: Session) -> None:
    """As it was before it refused, with nothing in its ears and on its tongue."""
    session.refusal = session.peer_end = None
    session._reader, session._joining = FrameReader(), Joining()
    list(session._reader.feed(frames.MAGIC))
    session._out.clear()


def drain(session: Session) -> bytes:
    """Everything a session has to say before it hears an answer."""
    said = bytearray()
    while piece := session.to_send(1 << 16):
        said += piece
    return bytes(said)


def _heal(meeting: Meeting, kabupaten: Kabupaten) -> None:
    """The next exchange, with no harm done, completes what this one did not."""
    hub, enggano = meeting.hub, meeting.enggano
    for _ in range(3):
        side = Side(enggano, _heard_of, {12: 1})
        initiator = Initiator(side, peer_of(hub), TO_HUB)
        doors = Doors(kabupaten.offer_for)
        responder = Responder(Side(hub, _heard_of, {12: 1}), doors)
        for _ in range(50):
            up = drain(initiator)
            responder.received(up)
            down = drain(responder)
            initiator.received(down)
            if not up and not down:
                break
        initiator.close()
        responder.close()
        if not initiator.is_worth_repeating:
            break
    for row in enggano.journals():
        if row.own and row.head_seq:
            there = hub.journal(row.id)
            if there is None or there.head_seq != row.head_seq:
                raise NotBelieved("the next exchange does not complete it")
    if hub.blobs.missing():
        raise NotBelieved("the next exchange does not bring its blobs")


def _heard_of(_: ForkEvidence) -> None:
    """A fork is told of; that is all a book does about it."""


def _changed_frame(chance: Chance, one: Frame, found: Sequence[Frame]) -> Frame:
    """The frame as another, at another time, or with a payload of its own."""
    how = chance.randrange(10)
    if how < 2:
        return one
    if how == 2:
        return Frame(chance.randrange(24), one.payload, one.flags)
    if how == 3:
        return Frame(one.type, one.payload, one.flags ^ 1 << chance.randrange(8))
    others = [other.payload for other in found]
    return Frame(one.type, damaged(chance, one.payload, others)[:65_536], one.flags)
