"""How far an exchange is: what screens and the demo show while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from perahu.sync.sealed import CLASS_NAMES, CLASSES


@dataclass(slots=True)
class ClassProgress:
    """One class of the road: entries for a lane, blobs for the others."""

    queued: int = 0
    acked: int = 0
    sent_bytes: int = 0
    received: int = 0
    """Entries or blobs of the peer that are stored here now."""
    received_bytes: int = 0


@dataclass(slots=True)
class Progress:
    """Counts of one exchange so far."""

    classes: list[ClassProgress] = field(
        default_factory=lambda: [ClassProgress() for _ in range(CLASSES)]
    )
    sent_bytes: int = 0
    """Of all frames, in every connection of the exchange."""
    received_bytes: int = 0
    acked_bytes: int = 0
    """Of our content, acknowledged by the peer's node, in every connection."""
    connections: int = 0
    rtt_s: float = 0.0
    rate_bytes_s: float = 0.0
    window_bytes: int = 0
    """What may be in flight, as the last connection settled; 0 before the first ack."""

    def begin(self) -> None:
        """A new connection counts anew what is still to be sent."""
        for found in self.classes:
            found.queued = found.acked

    def queued(self, road_class: int, count: int) -> None:
        """So many more wait to be acknowledged."""
        self.classes[road_class].queued += count

    def acked(self, road_class: int, count: int) -> None:
        """So many fewer wait."""
        self.classes[road_class].acked += count

    def received(self, road_class: int, count: int, size: int) -> None:
        """The peer's content arrived and is stored."""
        self.classes[road_class].received += count
        self.classes[road_class].received_bytes += size

    def by_name(self) -> dict[str, ClassProgress]:
        """The classes under their names, in the order of the road."""
        return dict(zip(CLASS_NAMES, self.classes, strict=True))
