"""The sending half of road B: what flies, what was acknowledged, what goes again.

- A lost datagram is never repeated as it was: its bytes go again under a new number.
- Lost is what later numbers overtook by more than the road's own disorder, or what is
  still missing a good while after later ones arrived. Who was declared lost and turns up
  after all makes us slower to judge.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass

from perahu.sync.paced.frames import Ack

OVERTAKEN = 3
OVERTAKEN_MAX = 256
LATE, LATE_MAX = 1.25, 3.0
"""In round trips: when something overtaken by only a few is lost all the same."""
_GHOSTS_MAX = 1024


@dataclass(slots=True)
class Packet:
    """One datagram on its way; `size` counts IP and UDP."""

    number: int
    sent_s: float
    size: int
    total: int
    """Bytes sent until and with this one."""
    offset: int
    length: int
    is_limited: bool
    """The road could have taken more than we had just then."""
    is_full: bool


@dataclass(slots=True)
class Outcome:
    """What an ACK told: the newest number where it is news, and what was lost."""

    newest: Packet | None
    acked: list[Packet]
    lost: list[Packet]


class Stream:
    """The bytes of one direction that are not yet acknowledged without a gap."""

    def __init__(self) -> None:
        self.acked_to = 0
        self.sent_to = 0
        self._held = bytearray()
        self._islands: list[tuple[int, int]] = []
        """Acknowledged beyond `acked_to`, apart from each other, in order."""

    @property
    def held_bytes(self) -> int:
        """Sent, and not acknowledged without a gap."""
        return len(self._held)

    @property
    def unacked_bytes(self) -> int:
        """Sent and not acknowledged at all."""
        return len(self._held) - sum(b - a for a, b in self._islands)

    def add(self, piece: bytes) -> int:
        """Bytes that go out for the first time; gives their offset."""
        offset = self.sent_to
        self._held += piece
        self.sent_to += len(piece)
        assert self.acked_to + len(self._held) == self.sent_to
        return offset

    def piece(self, offset: int, length: int) -> bytes:
        """Bytes that were added and not yet dropped."""
        start = offset - self.acked_to
        assert start >= 0 and start + length <= len(self._held)
        return bytes(self._held[start : start + length])

    def missing(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of a range is not acknowledged."""
        found, start = [], max(start, self.acked_to)
        for low, high in self._islands:
            if high <= start:
                continue
            if low >= end:
                break
            if low > start:
                found.append((start, low))
            start = high
        if start < end:
            found.append((start, end))
        return found

    def acked(self, start: int, end: int) -> None:
        """A range arrived."""
        for low, high in self.missing(start, end):
            insort(self._islands, (low, high))
        joined: list[tuple[int, int]] = []
        for low, high in self._islands:
            if joined and joined[-1][1] == low:
                joined[-1] = (joined[-1][0], high)
            else:
                joined.append((low, high))
        if joined and joined[0][0] == self.acked_to:
            end = joined.pop(0)[1]
            del self._held[: end - self.acked_to]
            self.acked_to = end
        self._islands = joined
        assert self.acked_to + len(self._held) == self.sent_to


class Sent:
    """Datagrams that were sent and ask for an answer."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.total = 0
        self.lost_count = self.acked_count = self.spurious_count = 0
        self.largest_acked = -1
        self._passed = 0
        """Bytes sent until and with the largest acknowledged."""
        self.passed_acked = 0
        """Of those, acknowledged."""
        self._flying: dict[int, Packet] = {}
        self._ghosts: deque[Packet] = deque(maxlen=_GHOSTS_MAX)
        self._repeats: list[tuple[int, int]] = []
        self._overtaken = OVERTAKEN
        self._late = LATE

    @property
    def flight_bytes(self) -> int:
        """Sent after the newest that arrived: what may be on the road, lost or not."""
        return self.total - self._passed

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits to be acknowledged."""
        return bool(self._flying) or self.has_repeats

    @property
    def has_repeats(self) -> bool:
        """Whether something lost waits to go again."""
        self._drop_arrived()
        return bool(self._repeats)

    def add(self, packet: Packet) -> None:
        """Note a datagram that was just sent."""
        self.total = packet.total
        self._flying[packet.number] = packet

    def echo(self, start: int, end: int) -> None:
        """Let bytes go a second time though nothing says that they are lost."""
        insort(self._repeats, (start, end))

    def repeat(self, bytes_max: int) -> tuple[int, int] | None:
        """The first lost range, at most so long; (offset, length)."""
        self._drop_arrived()
        if not self._repeats:
            return None
        start, end = self._repeats.pop(0)
        if end - start > bytes_max:
            insort(self._repeats, (start + bytes_max, end))
            end = start + bytes_max
        return start, end - start

    def _drop_arrived(self) -> None:
        while self._repeats:
            start, end = self._repeats[0]
            missing = self.stream.missing(start, end)
            if missing == [(start, end)]:
                return
            self._repeats.pop(0)
            for found in missing:
                insort(self._repeats, found)

    def lose_oldest(self) -> bool:
        """Let the oldest bytes on the way go again, though nothing says they are lost."""
        for packet in self._flying.values():
            if packet.length and self.stream.missing(
                packet.offset, packet.offset + packet.length
            ):
                self._give_up(packet)
                return True
        return False

    def acked(self, ack: Ack, now_s: float, rtt_s: float) -> Outcome:
        """Take in an ACK that names no number we did not send."""
        newest = self._flying.get(ack.largest)
        runs = ack.runs[::-1]
        lows = [low for low, _ in runs]

        def is_told(number: int) -> bool:
            at = bisect_right(lows, number) - 1
            return at >= 0 and number <= runs[at][1]

        acked = [one for one in self._flying.values() if is_told(one.number)]
        for packet in acked:
            self._arrived(packet)
            del self._flying[packet.number]
        self._see_ghosts(is_told)
        if ack.largest > self.largest_acked:
            self.largest_acked = ack.largest
            if newest is not None:
                self._passed = max(self._passed, newest.total)
        else:
            newest = None
        return Outcome(newest, acked, self.lost(now_s, rtt_s))

    def _arrived(self, packet: Packet) -> None:
        self.acked_count += 1
        self.passed_acked += packet.size
        if packet.length:
            self.stream.acked(packet.offset, packet.offset + packet.length)

    def _see_ghosts(self, is_told: object) -> None:
        assert callable(is_told)
        seen = [one for one in self._ghosts if is_told(one.number)]
        for packet in seen:
            self._ghosts.remove(packet)
            self._arrived(packet)
            self.lost_count -= 1
            self.spurious_count += 1
            behind = self.largest_acked - packet.number
            self._overtaken = max(self._overtaken, min(OVERTAKEN_MAX, behind + 1))
            self._late = min(LATE_MAX, self._late * 1.1)

    def lost(self, now_s: float, rtt_s: float) -> list[Packet]:
        """Declare lost what later numbers overtook, and put its bytes before all others."""
        found = []
        for packet in self._flying.values():
            behind = self.largest_acked - packet.number
            if behind <= 0:
                break
            is_late = now_s >= packet.sent_s + self._late * rtt_s
            if behind >= self._overtaken or is_late:
                found.append(packet)
        for packet in found:
            self._give_up(packet)
        return found

    def _give_up(self, packet: Packet) -> None:
        del self._flying[packet.number]
        self.lost_count += 1
        self._ghosts.append(packet)
        if packet.length:
            found = (packet.offset, packet.offset + packet.length)
            for missing in self.stream.missing(*found):
                insort(self._repeats, missing)

    def next_loss_s(self, rtt_s: float) -> float | None:
        """When the first overtaken one is late; None where none is overtaken."""
        first = next(iter(self._flying.values()), None)
        if first is None or first.number > self.largest_acked:
            return None
        return first.sent_s + self._late * rtt_s
