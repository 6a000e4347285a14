"""Two kinds of road to one node, each with a rate and a round trip, in told time.

As memory_road.py, but what a link takes needs its time: a test says what road A and road B
carry, and the exchange finds out which one is worth it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.sync.links import PACED, TLS, Link, RoadKey, Sight
from perahu.words import Refusal
from tests.sync.memory_road import MemoryLink, MemoryRoad


@dataclass(kw_only=True)
class Kind:
    """How one kind of road is; bytes and seconds."""

    rate: float = 20_000
    rtt_s: float = 0.0
    sight: Sight = field(default_factory=Sight)
    """What its kernel says."""
    is_open: bool = True
    is_deaf: bool = False
    """It takes bytes, and nobody is there."""
    rate_at: Callable[[float], float] | None = None
    """The rate that many seconds after the link began; else `rate`."""


class RatedLink(MemoryLink):
    """One connection over a road of some kind."""

    def __init__(self, road: TwoRoads, kind: str) -> None:
        self.kind, self.is_http = kind, kind == TLS
        super().__init__(road)
        self._as, self._clock = road.as_is[kind], road.clock
        self.began_s = self._then_s = self._clock.monotonic_s()
        self._room = 0.0
        self._coming: list[tuple[float, bytes]] = []
        self._flying: list[tuple[float, int]] = []
        self.begun_like: Sight | None = None
        self.heard_bytes = 0
        self.hurries: list[int] = []
        """After how many bytes somebody was in haste."""

    def begin_like(self, sight: Sight) -> None:
        """What the other kind has seen."""
        self.begun_like = sight

    def is_up(self) -> bool:
        """Once this kind is open."""
        return self._as.is_open

    def hurry(self) -> None:
        """Somebody waits for what it has taken."""
        self.hurries.append(self.delivered_bytes)

    def send(self, piece: bytes) -> int:
        """As much as the time since the last look carries."""
        now_s = self._clock.monotonic_s()
        age_s = now_s - self.began_s
        rate = self._as.rate_at(age_s) if self._as.rate_at else self._as.rate
        room = self._room + rate * (now_s - self._then_s)
        # A link that was idle saved up nothing.
        self._room, self._then_s = min(room, 0.2 * rate), now_s
        taken = min(len(piece), int(self._room))
        self._room -= taken
        return super().send(piece[:taken]) if taken else 0

    def _deliver(self, piece: bytes) -> None:
        self.delivered_bytes += len(piece)
        due_s = self._clock.monotonic_s() + self._as.rtt_s
        self._flying.append((due_s, len(piece)))
        said = b"" if self._as.is_deaf else self._far.take(piece)
        if said:
            self._coming.append((due_s, said))

    def receive(self) -> bytes | None:
        """What has arrived by now."""
        now_s, found = self._clock.monotonic_s(), b""
        while self._coming and self._coming[0][0] <= now_s:
            found += self._coming.pop(0)[1]
        self.heard_bytes += len(found)
        if not found and not self._coming and self._far.is_closed:
            return None
        return found

    def unacked_bytes(self) -> int:
        """What went out less than a round trip ago."""
        now_s = self._clock.monotonic_s()
        self._flying = [one for one in self._flying if one[0] > now_s]
        lost = self.delivered_bytes if self._as.is_deaf else 0
        return lost or sum(size for _, size in self._flying)

    def wire_bytes(self) -> tuple[int, int]:
        """Both ways."""
        return self.delivered_bytes, self.heard_bytes

    def sight(self) -> Sight:
        """What the test says that the kernel says."""
        return self._as.sight


@dataclass
class TwoRoads(MemoryRoad):
    """Road A first, road B where it is asked for."""

    as_is: dict[str, Kind] = field(
        default_factory=lambda: {TLS: Kind(), PACED: Kind(rate=60_000)}
    )
    is_better: bool = False
    """Whether road B did better last time."""
    asked: list[RoadKey] = field(default_factory=list)

    def _link(self, kind: str) -> RatedLink:
        link = RatedLink(self, kind)
        self.links.append(link)
        return link

    def first(self) -> MemoryLink:
        """Road A."""
        return self._link(TLS)

    def after(self, failed: Link, refusal: Refusal) -> Link:
        """Road A."""
        return self._link(TLS)

    def beside(self, stalled: Link) -> Link | None:
        """Road A."""
        return self._link(TLS)

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """Road B."""
        self.asked.append(key)
        return self._link(PACED)

    def prefers_paced(self, current: Link) -> bool:
        """As the test says."""
        return self.is_better
