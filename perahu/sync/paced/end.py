"""Road B: a reliable stream each way in sealed datagrams, paced so that nothing queues.

    PacedEnd  one end of one connection; handed datagrams, bytes and the time
      Seal      names, numbers, encryption                 paced_seal.py
      Frames    what a datagram says                       paced_frames.py
      Received  which numbers came; Assembly: their bytes  paced_received.py
      Sent      what flies, is lost, goes again            paced_sent.py
      Rate      how fast                                   paced_rate.py

- What does not open is dropped; nothing is ever answered to a stranger.
- Bytes are pulled: `room` says how many may go now, so a small fact waits behind one
  datagram. What was lost goes first.
- Silence is asked into with small PINGs, so that the end of an outage is soon known.
- The answering end follows the calling one to a new address, by the newest number that
  opens; to an address that has not proven itself it sends no more than thrice what came.

It has no socket and no clock, and knows nothing of what it carries (journal-format,
"Road B").
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.sync.paced.frames import (  # noqa: F401
    ACK,
    CLOSE,
    PING,
    TICKS_S,
    Ack,
    Frames,
    Malformed,
    decode,
    number,
    stream_head,
)
from perahu.sync.paced.rate import Rate, Sample
from perahu.sync.paced.received import WINDOW_BYTES, Assembly, Received
from perahu.sync.paced.seal import OVERHEAD_BYTES, Seal
from perahu.sync.paced.sent import Outcome, Packet, Sent
from perahu.sync.paced.way import DATAGRAM_BYTES, UDP_BYTES, FarClock, Fit, Way

_ACK_HELD_S = 0.04
_ACK_EVERY = 2
_RIDE_SHARE = 0.25
"""Of a round trip: an ACK waits so long for our own next datagram to take it along."""
_WAIT_FOR_MORE_S = 0.02
"""A datagram that is not full waits so long for more bytes."""
_BURST_PACKETS = 2
_BURST_S = 0.01
"""What may go out at once after we were late."""
_PROBE_S = (0.4, 1.0, 2.0)
_PROBE_CALM_S = (60.0, 180.0)
"""Probes in a silence: each 0.4 s for a minute, each second for two more, then each 2 s."""
_PROBES_FULL = 3
"""The first probes say again what is missing: it may be all that was lost."""
_RENEWED = 5
"""So many of what flew go again at once over the first new way of a silence: what was
lost with the old one begins half a round trip behind what was acknowledged last."""
_ECHO_BYTES, _ECHO_SHARE, _SHORT_BYTES = 24_000, 0.005, 800
"""What may go twice for haste: at first, and of all that is sent. The short goes so at
once: it is mostly the last, and nothing behind it tells that it was lost."""
_SILENCE_S, _RTT_S_MIN = 0.7, 0.0005
_OTHER_ROAD_S = 1.4
"""After so long a silence what was known of the way's length may be wrong."""
_SMALL_BYTES = 120
"""More than an ACK or a PING needs, and what one PING from a new address lets us answer."""
_AT_ONCE_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What is known of the road before the first datagram; 0 is unknown."""

    rate: float = 0.0
    rtt_s: float = 0.0


class PacedEnd:
    """One end of one connection."""

    def __init__(
        self,
        seal: Seal,
        now_s: float,
        guess: Guess,
        *,
        follows: bool,
        datagram_bytes: int = DATAGRAM_BYTES,
    ) -> None:
        """`follows` is true at the answering end: the other end says where it is."""
        self._seal = seal
        self._follows = follows
        self._way = Way(is_proven=not follows)
        self._fit, self._far_clock = Fit(datagram_bytes), FarClock()
        self._received, self._assembly = Received(), Assembly()
        self.sent = Sent()
        self.rate = Rate(datagram_bytes + UDP_BYTES, guess.rate, guess.rtt_s, now_s)
        self._fresh = bytearray()
        self._next_s = now_s
        self.heard_s = now_s
        self._asked_s = now_s
        """When something that wants an answer last went out."""
        self._probes = 0
        self._waits_since_s = now_s
        """When the first of what is unacknowledged went out, after nothing was."""
        self._unacked_asks = 0
        self._ack_due_s: float | None = None
        self._is_closing = self._is_begun = self._is_flowing = False
        self._close_copies = 0
        self._renewals, self._is_renewed = 0, False
        self._hasty_to = self._echoed_bytes = 0
        """Somebody waits for the stream until there: what is lost before it goes twice."""
        self._echo: tuple[int, int] | None = None
        self._returned_s = now_s
        self._repeated: set[int] = set()
        """Where what went a second time in haste begins."""
        self.sent_bytes = self.received_bytes = 0
        """With IP and UDP."""

    @property
    def way(self) -> int:
        """Which address datagrams go to now; what the numbers mean is node's."""
        return self._way.number

    # -- in ---------------------------------------------------------------------------

    def heard(self, datagram: bytes, way: int, now_s: float) -> bool:
        """Take in a datagram that came by a way; false where it is nobody's of ours."""
        opened = self._seal.open(datagram)
        if opened is None or not self._received.is_new(opened[0]):
            return False
        try:
            frames = decode(opened[1])
        except Malformed:
            return False
        if frames.ack is not None and frames.ack.largest >= self._seal.next_number:
            # Nobody can have got what was never sent.
            return False
        size = len(datagram) + UDP_BYTES
        if frames.piece and not self._assembly.has_room_for(
            frames.offset, frames.piece
        ):
            return False
        is_newest = self._received.add(opened[0], now_s)
        self.received_bytes += size
        if is_newest:
            self._follow(way, now_s)
        self._way.came_bytes += size
        self._note_silence(now_s)
        self._take(frames, now_s)
        return True

    def _follow(self, way: int, now_s: float) -> None:
        if self._follows and way != self._way.number:
            self._way.change(way, self._seal.next_number, is_proven=False)
            self.rate.broke(now_s, is_other_road=True)

    def _note_silence(self, now_s: float) -> None:
        silent_s = now_s - max(self.heard_s, self._waits_since_s)
        if self.sent.is_waiting and silent_s > max(1.0, 2 * self.rate.trip.probe_s):
            self.rate.broke(now_s, is_other_road=silent_s > _OTHER_ROAD_S)
            self._returned_s = now_s
        self.heard_s, self._probes = now_s, 0
        self._renewals, self._is_renewed = 0, False

    def _take(self, frames: Frames, now_s: float) -> None:
        if frames.ack is not None:
            self._take_ack(frames.ack, now_s)
        if frames.piece:
            self._assembly.add(frames.offset, frames.piece)
        if frames.close is not None and self._assembly.end is None:
            self._assembly.end = frames.close
        if frames.is_asking:
            self._unacked_asks += 1
            held_s = 0.0 if self._unacked_asks >= _ACK_EVERY else _ACK_HELD_S
            due_s = now_s + held_s
            self._ack_due_s = min(due_s, self._ack_due_s or due_s)

    def _take_ack(self, ack: Ack, now_s: float) -> None:
        outcome = self.sent.acked(ack, now_s, self.rate.trip.late_s)
        self._note_fates(outcome, now_s)
        self._way.answered(ack.largest)
        if outcome.newest is not None:
            self._measure(outcome.newest, ack, now_s)
        if self._fit.watch(outcome):
            self.shrink()

    def _note_fates(self, outcome: Outcome, now_s: float) -> None:
        arrived = [(one.sent_s, one.size) for one in outcome.acked]
        missed = [one.sent_s for one in outcome.lost]
        self.rate.overflow.add(arrived, missed, now_s, self.rate.now)

    def _measure(self, newest: Packet, ack: Ack, now_s: float) -> None:
        rtt_s = now_s - newest.sent_s - ack.held_ticks / TICKS_S
        self.rate.add(
            Sample(
                now_s=now_s,
                sent_s=newest.sent_s,
                arrived_s=self._far_clock.at(ack.clock_ticks, now_s),
                total=newest.total,
                missing=newest.total - self.sent.passed_acked,
                rtt_s=max(_RTT_S_MIN, rtt_s),
                is_full=newest.is_full,
                is_limited=newest.is_limited,
            )
        )

    def shrink(self) -> None:
        """Full datagrams do not fit the road: send smaller ones."""
        self._fit.shrink()
        self.rate.queue.forget()

    def take(self, bytes_max: int) -> bytes:
        """Bytes of the other end, in order; b"" for nothing now."""
        return self._assembly.take(bytes_max)

    @property
    def is_over(self) -> bool:
        """The other end has closed, and everything it sent was taken."""
        return self._assembly.is_over

    # -- out --------------------------------------------------------------------------

    def move(self, way: int, now_s: float) -> None:
        """Send by another way from now on (the calling end's new socket)."""
        assert not self._follows
        self._way.change(way, self._seal.next_number, is_proven=True)
        # It may have met a burst of loss and nothing else.
        self.rate.broke(now_s, is_other_road=False)
        self._asked_s = min(self._asked_s, now_s - self._probe_wait_s())
        self._renewals = 0 if self._is_renewed else _RENEWED
        self._is_renewed = True

    def room(self, now_s: float) -> int:
        """Bytes that may be taken now; 0 while something else goes first."""
        due_s = self.room_due_s()
        if due_s is None or now_s < due_s:
            return 0
        return max(0, self._room_of_packet() - len(self._fresh))

    def _room_of_packet(self) -> int:
        head = len(stream_head(self.sent.stream.sent_to))
        return self._fit.size - OVERHEAD_BYTES - head

    def put(self, piece: bytes, now_s: float) -> int:
        """Take as many of these bytes as may go now; says how many."""
        taken = min(len(piece), self.room(now_s))
        self._fresh += piece[:taken]
        return taken

    def close(self) -> None:
        """Say that no more will come; `datagrams` still sends what was taken."""
        if not self._is_closing:
            self._is_closing, self._close_copies = True, 3

    def hurry(self) -> None:
        """Somebody waits for what was taken until now, not only for the whole."""
        self._hasty_to = self.sent.stream.sent_to + len(self._fresh)

    @property
    def unacked_bytes(self) -> int:
        """Bytes taken that the other end has not acknowledged."""
        return self.sent.stream.unacked_bytes + len(self._fresh)

    def datagrams(self, now_s: float) -> list[bytes]:
        """What is to be sent now by `way`."""
        lost = self.sent.lost(now_s, self.rate.trip.late_s)
        self._note_fates(Outcome(None, [], lost), now_s)
        out: list[bytes] = []
        while len(out) < _AT_ONCE_MAX and self._way.has_room(_SMALL_BYTES):
            found = self._next(now_s)
            if found is None:
                break
            out.append(found)
        return out

    @property
    def _has_way(self) -> bool:
        """Whether a full datagram may be on the road besides what is."""
        is_open = self.sent.flight_bytes < self.rate.flight_bytes_max
        return is_open and self._way.has_room(self._fit.size)

    def _next(self, now_s: float) -> bytes | None:
        """One datagram: bytes where the pace allows, else an ACK, PING or CLOSE alone."""
        is_probing = self._is_probe_due(now_s)
        if is_probing:
            self._asked_s = now_s
            self._probes += 1
            if not self._fit.has_full_arrived:
                self.shrink()
        is_pressing = is_probing and self._probes <= _PROBES_FULL
        if self._renewals and now_s >= self._next_s:
            is_pressing = True
            self._renewals -= 1
        if is_pressing and not self.sent.has_repeats:
            self.sent.lose_oldest()
        may_go = now_s >= self._next_s and self._has_way
        may_press = is_pressing and self._way.has_room(self._fit.size)
        if may_go or may_press:
            found = self._stream_packet(now_s)
            if found is not None:
                return found
        if is_probing:
            return self._packet(now_s, bytes([PING]), asks=True)
        if self._close_copies and not self._fresh:
            self._close_copies -= 1
            end = bytes([CLOSE]) + number(self.sent.stream.sent_to)
            return self._packet(now_s, end, asks=True)
        ack_s = self._ack_goes_s()
        if ack_s is not None and now_s >= ack_s:
            return self._packet(now_s, b"", asks=False)
        return None

    def _ack_goes_s(self) -> float | None:
        """When an ACK goes at the latest: with our own bytes, if there are some soon."""
        due_s = self._ack_due_s
        if due_s is None or not self._is_flowing:
            return due_s
        rides = self._next_s - due_s < self.rate.trip.smooth_s * _RIDE_SHARE
        return max(due_s, self._next_s + _WAIT_FOR_MORE_S) if rides else due_s

    def _stream_packet(self, now_s: float) -> bytes | None:
        ack = self._ack_frame(now_s)
        stream = self.sent.stream
        # The head of an offset further ahead is never shorter.
        head = len(stream_head(stream.sent_to))
        room = self._fit.size - OVERHEAD_BYTES - len(ack) - head
        found = self._echo_or_repeat(room, now_s)
        if found is None:
            if not self._is_fresh_due(now_s):
                return None
            piece = bytes(self._fresh[:room])
            del self._fresh[:room]
            found = stream.add(piece), len(piece)
            if len(piece) <= _SHORT_BYTES and found[0] < self._hasty_to:
                self._echo = found
        content = stream_head(found[0]) + stream.piece(*found)
        return self._packet(now_s, content, asks=True, ack=ack, at=found)

    def _echo_or_repeat(self, room: int, now_s: float) -> tuple[int, int] | None:
        """What goes again: where somebody waits behind it, twice, for a repeat may be
        lost as well, and that is known a whole round trip later."""
        echo, self._echo = self._echo, None
        if echo is not None and echo[1] <= room:
            start, end = echo[0], sum(echo)
            if self.sent.stream.missing(start, end) == [(start, end)]:
                self._echoed_bytes += echo[1]
                return echo
        found = self.sent.repeat(room)
        if found is not None and found[0] < self._hasty_to:
            self._echo = found if self._may_echo(found, now_s) else None
        return found

    def _may_echo(self, found: tuple[int, int], now_s: float) -> bool:
        """Lost a second time, short, after a silence, or behind it comes nothing more."""
        is_again = found[0] in self._repeated
        self._repeated = {at for at in self._repeated if at > self.sent.stream.acked_to}
        self._repeated.add(found[0])
        is_last = sum(found) >= self.sent.stream.sent_to and not self._fresh
        echoes_max = _ECHO_BYTES + _ECHO_SHARE * self.sent_bytes
        is_back = now_s - self._returned_s < 2 * self.rate.trip.smooth_s
        is_worth = is_again or is_last or is_back or found[1] <= _SHORT_BYTES
        return is_worth and self._echoed_bytes < echoes_max

    def _is_fresh_due(self, now_s: float) -> bool:
        if not self._fresh:
            return False
        is_full = self._room_of_packet() <= len(self._fresh)
        waited = now_s >= self._next_s + _WAIT_FOR_MORE_S
        return self._is_closing or waited or is_full

    def _ack_frame(self, now_s: float) -> bytes:
        if self._ack_due_s is None:
            return b""
        return self._received.ack(now_s).encode()

    def _packet(
        self,
        now_s: float,
        rest: bytes,
        *,
        asks: bool,
        ack: bytes | None = None,
        at: tuple[int, int] = (0, 0),
    ) -> bytes:
        """Seal one datagram and note it."""
        ack = self._ack_frame(now_s) if ack is None else ack
        if not self._way.is_proven and not asks:
            # Who answers from there has proven the address.
            rest, asks = bytes([PING]), True
        if ack:
            self._ack_due_s, self._unacked_asks = None, 0
        number_ = self._seal.next_number
        datagram = self._seal.seal(ack + rest)
        size = len(datagram) + UDP_BYTES
        assert len(datagram) <= self._fit.size
        self.sent_bytes += size
        self._way.went_bytes += size
        if asks:
            self._note_sent(now_s, number_, size, at)
        return datagram

    def _note_sent(
        self, now_s: float, number_: int, size: int, at: tuple[int, int]
    ) -> None:
        packet_s = size / self.rate.now
        burst_s = max(_BURST_S, _BURST_PACKETS * packet_s)
        is_limited = bool(at[1]) and now_s > self._next_s + burst_s
        self._next_s = max(self._next_s, now_s - burst_s) + packet_s
        self._asked_s = now_s
        if not self.sent.is_waiting:
            self._waits_since_s = now_s
        full = self._fit.is_full(size)
        if at[1]:
            self._is_flowing = full
        total = self.sent.total + size
        self.sent.add(
            Packet(number_, now_s, size, total, at[0], at[1], is_limited, full)
        )
        if at[1] and at[0] == 0 and not self._is_begun:
            # The first bytes are HELLO, and all waits for it: it goes twice.
            self._is_begun = True
            self.sent.echo(0, at[1])

    # -- time -------------------------------------------------------------------------

    def _probe_wait_s(self) -> float:
        if not self._probes:
            return self.rate.trip.probe_s
        silent_s = self._asked_s - self.heard_s
        calm = sum(silent_s > limit for limit in _PROBE_CALM_S)
        return _PROBE_S[calm]

    def _is_probe_due(self, now_s: float) -> bool:
        if not self.sent.is_waiting:
            return False
        return now_s >= self._probe_s()

    def _probe_s(self) -> float:
        # What was heard may have left before the last of ours arrived.
        heard_s = self.heard_s - (0.0 if self._probes else self.rate.trip.smooth_s / 2)
        return max(self._asked_s, heard_s) + self._probe_wait_s()

    def is_silent(self, now_s: float) -> bool:
        """Whether something is unacknowledged and nothing was heard for too long."""
        since_s = max(self.heard_s, self._waits_since_s)
        trip = self.rate.trip
        silence_s = max(_SILENCE_S, 1.5 * (trip.shortest_s or trip.smooth_s))
        return self.sent.is_waiting and now_s - since_s > silence_s

    def due_s(self, now_s: float) -> float:
        """When `datagrams` should be asked again at the latest."""
        found = [now_s + 1.0]
        if not self._way.has_room(_SMALL_BYTES):
            return found[0]
        ack_s = self._ack_goes_s()
        if ack_s is not None:
            found.append(ack_s)
        if self.sent.is_waiting:
            found.append(self._probe_s())
            late_s = self.sent.next_loss_s(self.rate.trip.late_s)
            found += [late_s] if late_s is not None else []
        if self._renewals and self.sent.is_waiting:
            found.append(self._next_s)
        if self._has_way and (self.sent.has_repeats or self._echo is not None):
            found.append(self._next_s)
        elif self._has_way and self._fresh:
            found.append(self._next_s + _WAIT_FOR_MORE_S)
        return max(now_s, min(found))

    def room_due_s(self) -> float | None:
        """When there will be room for bytes; None where something else must come first."""
        is_second = self.sent.has_repeats or self._echo is not None
        if self._is_closing or is_second or not self._has_way:
            return None
        held = self.sent.stream.held_bytes + len(self._fresh)
        is_full = held >= WINDOW_BYTES - self._fit.size
        if is_full or len(self._fresh) >= self._room_of_packet():
            return None
        return self._next_s
