"""What the link counts and tells: packets and bytes of each way, and when it changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Change = Literal["up", "down", "switch"]


@dataclass(slots=True)
class Tally:
    """Packets, and their bytes with the IP headers."""

    packets: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one packet."""
        self.packets += 1
        self.bytes += size


@dataclass(slots=True)
class Lane:
    """What became of the packets of one protocol in one direction."""

    offered: Tally = field(default_factory=Tally)
    delivered: Tally = field(default_factory=Tally)
    queue: Tally = field(default_factory=Tally)
    """Dropped before a full queue."""
    loss: Tally = field(default_factory=Tally)
    """Lost on the air."""
    outage: Tally = field(default_factory=Tally)
    """Offered, waiting or on the air while the link was down."""
    dead: Tally = field(default_factory=Tally)
    """Of a flow that a switch of the carrier ended."""

    @property
    def under_way(self) -> int:
        """Packets that wait or are on the air."""
        return self.offered.packets - sum(
            lost.packets
            for lost in (self.delivered, self.queue, self.loss, self.outage, self.dead)
        )


@dataclass(slots=True)
class Way:
    """One direction."""

    tcp: Lane = field(default_factory=Lane)
    udp: Lane = field(default_factory=Lane)
    icmp: Lane = field(default_factory=Lane)
    other: Lane = field(default_factory=Lane)
    first_s: float | None = None
    """CLOCK_MONOTONIC of the first packet offered."""
    last_s: float | None = None
    """CLOCK_MONOTONIC of the last packet offered."""
    delivered_s: float | None = None
    """CLOCK_MONOTONIC at which the last packet delivered was due."""

    @property
    def all(self) -> Lane:
        """The sum over the protocols."""
        whole = Lane()
        for lane in (self.tcp, self.udp, self.icmp, self.other):
            for one in fields(Lane):
                total, part = getattr(whole, one.name), getattr(lane, one.name)
                total.packets += part.packets
                total.bytes += part.bytes
        return whole


@dataclass(slots=True)
class Counts:
    """A snapshot; times are CLOCK_MONOTONIC, which all processes of a machine share."""

    at_s: float = 0.0
    """When the snapshot was taken."""
    first_packet_s: float | None = None
    """When the first packet of either direction came: the schedule begins there."""
    first_syn_s: float | None = None
    """When the first TCP SYN of either direction came."""
    is_up: bool = True
    up_s: float = 0.0
    """Seconds since the first packet in which the link was up."""
    switches: int = 0
    resets: int = 0
    """TCP resets that the link itself sent; they are in no lane."""
    late_max_s: float = 0.0
    """By how much the emulator wrote a packet later than it was due, at most."""
    late_sum_s: float = 0.0
    """The same, summed over all packets it wrote."""
    to_hub: Way = field(default_factory=Way)
    to_office: Way = field(default_factory=Way)


@dataclass(frozen=True, slots=True)
class Event:
    """The link changed, at a CLOCK_MONOTONIC second."""

    at_s: float
    what: Change
    """The first event is "up", at the first packet."""
    outside: str
    """The address from which the hub sees the office since then."""


def up_between_s(timeline: Iterable[Event], since_s: float, until_s: float) -> float:
    """Seconds between two moments in which the link was up; before it began it is up."""
    total, began, is_up = 0.0, since_s, True
    for event in timeline:
        at_s = min(max(event.at_s, since_s), until_s)
        if event.what == "down" and is_up:
            total += at_s - began
            is_up = False
        elif event.what == "up" and not is_up:
            began, is_up = at_s, True
    return total + (until_s - began if is_up else 0.0)


def counts_row(counts: Counts) -> dict[str, Any]:
    """What JSON can hold."""
    return asdict(counts)


def counts_of(row: dict[str, Any]) -> Counts:
    """The counts back from their row."""
    ways = {name: _way(row[name]) for name in ("to_hub", "to_office")}
    return Counts(**(row | ways))


def _way(row: dict[str, Any]) -> Way:
    lanes = {
        name: Lane(**{what: Tally(**tally) for what, tally in row[name].items()})
        for name in ("tcp", "udp", "icmp", "other")
    }
    return Way(**(row | lanes))
