"""The links that the exchanges are measured on: numbers only, and why they are these.

Both directions are alike. Loss is drawn for each packet and each way; a packet that is
lost has used the air all the same. The queue is a modem's: bytes, drop-tail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SwitchMode = Literal["silent", "rst"]

MTU_BYTES = 1500
"""The largest IP packet of either namespace."""
QUEUE_BYTES_MIN = 30_000
"""Firmware and USB driver of a cheap modem hold some twenty full packets, however slow
the radio is just then: at 64 kbit/s that alone is 3.75 s of waiting."""
QUEUE_S = 1.5
"""On a quicker radio they hold about this much time of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Loss of Gilbert and Elliott: a good and a bad state that change with each packet."""

    into_bad: float
    """Chance of each packet to turn good air into bad, 0..1."""
    out_of_bad: float
    """Chance of each packet to turn bad air into good, 0..1."""
    loss_good: float
    """Chance of a packet in good air to be lost, 0..1."""
    loss_bad: float
    """Chance of a packet in bad air to be lost, 0..1."""

    @property
    def mean_loss(self) -> float:
        """The share of packets lost in the long run, 0..1."""
        bad = self.into_bad / (self.into_bad + self.out_of_bad)
        return bad * self.loss_bad + (1 - bad) * self.loss_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One link: rates in bits of IP packets a second, times in seconds, sizes in bytes."""

    name: str
    words: str
    """What it is like, for the table of a bench."""
    rate_bit_s: float
    """Each way, bits of IP packets (with their headers) a second."""
    rtt_s: float
    """The whole round trip in seconds without any waiting; half of it each way."""
    jitter_s: float = 0.0
    """The round trip is this many seconds longer or shorter at most, half of it each
    way, evenly drawn for each packet. The order stays: as on a radio, what comes too
    early waits for what was sent before it, so dense traffic sees more of the longer."""
    loss: float = 0.0
    """Chance of each packet each way to be lost, 0..1; unused where `burst` is given."""
    burst: Burst | None = None
    up_s: float = 0.0
    """Seconds between two outages; 0 is always up."""
    down_s: float = 0.0
    """Seconds of one outage."""
    switch_s: float = 0.0
    """Seconds between two switches of the carrier; 0 is never."""
    switch_mode: SwitchMode = "silent"
    """What becomes of the flows of before a switch: nothing answers, or a TCP reset."""
    first_s: tuple[float, float] = (0.0, 0.0)
    """The first outage or switch comes this many seconds after the first packet: evenly
    drawn between the two."""
    queue_bytes: int
    """Bytes that may wait in front of each direction, drop-tail; the packet on the air
    counts with what is left of it."""

    @property
    def mean_loss(self) -> float:
        """The share of packets lost in the long run, 0..1."""
        return self.loss if self.burst is None else self.burst.mean_loss

    def limit_s(self, payload_bytes: float) -> float:
        """Seconds of a link that is up, for a sender who wastes nothing."""
        return payload_bytes * 8 / (self.rate_bit_s * (1 - self.mean_loss))


def queue_of(rate_bit_s: float) -> int:
    """Bytes that a cheap modem holds in front of a radio of this rate in bits/s."""
    return max(QUEUE_BYTES_MIN, round(QUEUE_S * rate_bit_s / 8))


_LOSS2 = Profile(
    name="loss2",
    words="a far cell: 128 kbit/s, 0.6 s, 2 % lost",
    rate_bit_s=128_000.0,
    rtt_s=0.6,
    loss=0.02,
    queue_bytes=queue_of(128_000),
)
"""Most of the profiles are this with one thing more."""

_ALL = (
    Profile(
        name="clean256",
        words="a clean slow line: 256 kbit/s, 0.1 s, no loss",
        rate_bit_s=256_000.0,
        rtt_s=0.1,
        queue_bytes=queue_of(256_000),
    ),
    _LOSS2,
    replace(
        _LOSS2,
        name="loss20",
        words="a far cell in rain: 128 kbit/s, 0.6 s, 20 % lost",
        loss=0.20,
    ),
    Profile(
        name="edge64",
        words="EDGE at the rim: 64 kbit/s, 1.2 s ± 0.2 s, 10 % lost",
        rate_bit_s=64_000.0,
        rtt_s=1.2,
        jitter_s=0.2,
        loss=0.10,
        queue_bytes=queue_of(64_000),
    ),
    replace(
        _LOSS2,
        name="burst",
        words="fades: 128 kbit/s, 0.6 s, 10 % lost in bursts of some seven packets",
        loss=0.0,
        # An eighth of the packets meet bad air, and four of five of those are lost.
        burst=Burst(into_bad=0.02, out_of_bad=0.14, loss_good=0.0, loss_bad=0.8),
    ),
    replace(
        _LOSS2,
        name="flap60",
        words="loss2 that is up 60 s and down 30 s",
        up_s=60.0,
        down_s=30.0,
        first_s=(20.0, 60.0),
    ),
    replace(
        _LOSS2,
        name="switch90",
        words="loss2 with another carrier every 90 s, old flows die in silence",
        switch_s=90.0,
        first_s=(30.0, 90.0),
    ),
    replace(
        _LOSS2,
        name="switch90rst",
        words="loss2 with another carrier every 90 s, old flows are reset",
        switch_s=90.0,
        switch_mode="rst",
        first_s=(30.0, 90.0),
    ),
    replace(
        _LOSS2,
        name="flap20",
        words="loss2 that is up 20 s and down 40 s",
        up_s=20.0,
        down_s=40.0,
        first_s=(8.0, 20.0),
    ),
)

PROFILES: dict[str, Profile] = {profile.name: profile for profile in _ALL}
"""The profiles by name."""
