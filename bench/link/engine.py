"""The link without its devices: packets in, packets out with the moment they are due.

Handed the time with every call and its chance as one seeded `random.Random`; it waits for
nothing. What a packet meets, in this order:

1. Down: dropped (outage). Of a flow that a switch ended: dropped or reset (dead).
2. A full queue: dropped (queue).
3. The radio, which sends one packet after the other at the profile's rate.
4. The air: lost there (loss), or due half a round trip later, in order.

What waits or is on the air when the link goes down or the carrier changes is dropped too.
A switch gives the office another outside address, as behind another carrier's NAT; every
flow seen before it, TCP and UDP, is dead for good: the same two ports between the same two
ends carry nothing any more, so a sender of UDP needs a new socket. The hub reaches the
office at the outside address of now alone.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

from bench.link import packets
from bench.link.counts import Change, Counts, Event, Lane, Way
from bench.link.packets import Flow
from bench.link.profiles import Profile

INSIDE = bytes((10, 77, 0, 2))
"""The office's own address."""
HUB = bytes((10, 77, 1, 2))
SWITCHES_MAX = 255
"""Outside addresses are 198.18.K.2."""
_PROTOCOLS = {packets.TCP: "tcp", packets.UDP: "udp", packets.ICMP: "icmp"}


def outside_address(switches: int) -> bytes:
    """The address from which the hub sees the office after so many switches."""
    return bytes((198, 18, min(switches, SWITCHES_MAX), 2))


def dotted(address: bytes) -> str:
    """An address as people write it."""
    return ".".join(str(byte) for byte in address)


class Side(IntEnum):
    """Whom a packet goes to."""

    OFFICE = 0
    HUB = 1


@dataclass(frozen=True, slots=True)
class Departure:
    """A packet that leaves the link."""

    due_s: float
    side: Side
    packet: bytes


@dataclass(slots=True)
class _Pipe:
    """One direction: its chance, its radio, and what is under way in it, in order."""

    chance: random.Random
    way: Way
    busy_until_s: float = 0.0
    last_due_s: float = 0.0
    is_bad: bool = False
    under_way: deque[tuple[float, bytes, Lane, bool]] = field(default_factory=deque)
    """Due second, packet, where it is counted, and whether it is our own reset."""


class Link:
    """Both directions of one link."""

    def __init__(self, profile: Profile, chance: random.Random) -> None:
        self.profile = profile
        self.counts = Counts()
        self.timeline: list[Event] = []
        self._pipes = {
            Side.OFFICE: _Pipe(
                random.Random(chance.getrandbits(64)), self.counts.to_office
            ),
            Side.HUB: _Pipe(random.Random(chance.getrandbits(64)), self.counts.to_hub),
        }
        self._first_s = chance.uniform(*profile.first_s)
        self._outside = outside_address(0)
        self._alive: set[Flow] = set()
        self._dead: dict[Flow, int] = {}
        """Dead flows, and after how many switches they lived."""
        self._departed: list[Departure] = []
        self._changes: dict[Change, float] = {}
        self._now_s = float("-inf")
        self._up_since_s = 0.0

    def offer(self, now_s: float, side: Side, packet: bytes) -> None:
        """Take a packet that goes to `side`. What is no IPv4 is not carried."""
        if not packets.is_ipv4(packet):
            return
        self._advance(now_s)
        if self.counts.first_packet_s is None:
            self._begin(now_s)
        pipe = self._pipes[side]
        lane: Lane = getattr(pipe.way, _PROTOCOLS.get(packet[9], "other"))
        self._note(now_s, pipe.way, packet)
        lane.offered.add(len(packet))
        if not self.counts.is_up:
            lane.outage.add(len(packet))
        elif not self._lives(side, packet):
            lane.dead.add(len(packet))
            self._answer_dead(now_s, side, packet)
        else:
            self._send(now_s, pipe, lane, self._translated(side, packet))

    def due(self, now_s: float) -> list[Departure]:
        """What left the link until now, in order of time."""
        self._advance(now_s)
        found, self._departed = self._departed, []
        return found

    def next_s(self) -> float | None:
        """When something is due or changes next; None while nothing will by itself."""
        moments = [
            pipe.under_way[0][0] for pipe in self._pipes.values() if pipe.under_way
        ]
        moments += self._changes.values()
        return min(moments, default=None)

    def snapshot(self, now_s: float) -> Counts:
        """The counts as they stand now."""
        self._advance(now_s)
        self.counts.at_s = now_s
        return self.counts

    # The schedule

    def _begin(self, now_s: float) -> None:
        """The first packet starts the schedule."""
        self.counts.first_packet_s = self._up_since_s = now_s
        self._tell(now_s, "up")
        if self.profile.up_s:
            self._changes["down"] = now_s + self._first_s
        if self.profile.switch_s:
            self._changes["switch"] = now_s + self._first_s

    def _advance(self, now_s: float) -> None:
        """Let the time come: departures and changes in the order in which they fall."""
        now_s = self._now_s = max(now_s, self._now_s)
        while self._changes:
            what, at_s = min(self._changes.items(), key=lambda change: change[1])
            if at_s > now_s:
                break
            self._depart(at_s)
            del self._changes[what]
            self._change(at_s, what)
        self._depart(now_s)
        self._count_up(now_s)

    def _change(self, at_s: float, what: Change) -> None:
        """The link goes down, comes up or changes its carrier."""
        profile = self.profile
        self._count_up(at_s)
        if what == "up":
            self.counts.is_up = True
            self._changes["down"] = at_s + profile.up_s
        elif what == "down":
            self.counts.is_up = False
            self._changes["up"] = at_s + profile.down_s
            self._flush(at_s, "outage")
        else:
            self._dead |= dict.fromkeys(self._alive, self.counts.switches)
            self._alive.clear()
            self.counts.switches += 1
            self._changes["switch"] = at_s + profile.switch_s
            self._outside = outside_address(self.counts.switches)
            self._flush(at_s, "dead")
        self._tell(at_s, what)

    def _count_up(self, now_s: float) -> None:
        if self.counts.first_packet_s is None:
            return
        if self.counts.is_up:
            self.counts.up_s += now_s - self._up_since_s
        self._up_since_s = now_s

    def _tell(self, at_s: float, what: Change) -> None:
        self.timeline.append(Event(at_s, what, dotted(self._outside)))

    # The radio and the air

    def _send(self, now_s: float, pipe: _Pipe, lane: Lane, packet: bytes) -> None:
        """Queue, radio, air. Waiting bytes follow from how long the radio is still busy."""
        profile, size = self.profile, len(packet)
        waiting_s = max(0.0, pipe.busy_until_s - now_s)
        if waiting_s * profile.rate_bit_s / 8 + size > profile.queue_bytes:
            lane.queue.add(size)
            return
        sent_s = now_s + waiting_s + size * 8 / profile.rate_bit_s
        pipe.busy_until_s = sent_s
        if self._is_lost(pipe):
            lane.loss.add(size)
            return
        delay_s = profile.rtt_s / 2
        if profile.jitter_s:
            delay_s += pipe.chance.uniform(-1, 1) * profile.jitter_s / 2
        pipe.last_due_s = max(pipe.last_due_s, sent_s + delay_s)
        pipe.under_way.append((pipe.last_due_s, packet, lane, False))

    def _is_lost(self, pipe: _Pipe) -> bool:
        burst = self.profile.burst
        if burst is None:
            return pipe.chance.random() < self.profile.loss
        turns = burst.out_of_bad if pipe.is_bad else burst.into_bad
        if pipe.chance.random() < turns:
            pipe.is_bad = not pipe.is_bad
        return pipe.chance.random() < (
            burst.loss_bad if pipe.is_bad else burst.loss_good
        )

    def _depart(self, until_s: float) -> None:
        """Move what is due to the departed, both directions in order of time."""
        found = []
        for side, pipe in self._pipes.items():
            while pipe.under_way and pipe.under_way[0][0] <= until_s:
                due_s, packet, lane, is_ours = pipe.under_way.popleft()
                if not is_ours:
                    lane.delivered.add(len(packet))
                    pipe.way.delivered_s = due_s
                found.append(Departure(due_s, side, packet))
        found.sort(key=lambda departure: departure.due_s)
        self._departed += found

    def _flush(self, at_s: float, why: str) -> None:
        """Drop what waits or is on the air; the radio is free again."""
        for pipe in self._pipes.values():
            for _, packet, lane, is_ours in pipe.under_way:
                if not is_ours:
                    getattr(lane, why).add(len(packet))
            pipe.under_way.clear()
            pipe.busy_until_s = pipe.last_due_s = at_s

    # Addresses and flows

    def _lives(self, side: Side, packet: bytes) -> bool:
        """Whether the link carries this packet; notes its flow, seen from the office."""
        if side == Side.OFFICE and packet[16:20] != self._outside:
            return False
        flow = packets.flow_of(packet)
        if flow is None:
            return True
        mine = flow if side == Side.HUB else flow.turned()._replace(source=INSIDE)
        if mine in self._dead:
            return False
        if self.profile.switch_s:
            self._alive.add(mine)
        return True

    def _translated(self, side: Side, packet: bytes) -> bytes:
        if side == Side.HUB:
            return packets.readdressed(packet, packets.SOURCE, self._outside)
        return packets.readdressed(packet, packets.TARGET, INSIDE)

    def _answer_dead(self, now_s: float, side: Side, packet: bytes) -> None:
        """Reset both ends of a dead TCP flow, where the carrier does that.

        The hub knows the flow under the outside address it had; the office under its own.
        A reset is not answered.
        """
        flags = packets.flags_of(packet)
        flow = packets.flow_of(packet)
        if self.profile.switch_mode != "rst" or not flags or flags & packets.RST:
            return
        assert flow is not None and flow.protocol == packets.TCP
        back, onward = packets.reset_back(packet), packets.reset_onward(packet)
        if side == Side.HUB:
            seen_as = outside_address(self._dead[flow])
            onward = packets.readdressed(onward, packets.SOURCE, seen_as)
        else:
            onward = packets.readdressed(onward, packets.TARGET, INSIDE)
        self._put_reset(now_s, side, onward)
        self._put_reset(now_s, Side(1 - side), back)

    def _put_reset(self, now_s: float, side: Side, packet: bytes) -> None:
        pipe = self._pipes[side]
        due_s = max(pipe.last_due_s, now_s + self.profile.rtt_s / 2)
        pipe.last_due_s = due_s
        pipe.under_way.append((due_s, packet, Lane(), True))
        self.counts.resets += 1

    def _note(self, now_s: float, way: Way, packet: bytes) -> None:
        if way.first_s is None:
            way.first_s = now_s
        way.last_s = now_s
        is_syn = packets.flags_of(packet) & packets.SYN
        if is_syn and self.counts.first_syn_s is None:
            self.counts.first_syn_s = now_s
