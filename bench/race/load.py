"""What every contender of `bench road` carries: eight packets, and small facts behind them."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.workload import recordings
from perahu.journal.types import Draft
from tests.cast import Dice

PACKETS, PACKETS_MIN, PACKET_BYTES = 8, 4, 300_000
"""A market day of a far office: about as many recordings as packets of `bench sizes`."""
SMALL = 100
SMALL_BYTES = 40 * SMALL
"""Small facts as we send them, sealed and compressed (`bench journal`, 39.6 B a fact): the
payload that counts is the same for every contender."""
QUEUED_BYTES_MIN = 600_000
"""What of the packets still waits, at the least, when the small facts are stated."""


@dataclass(frozen=True, slots=True)
class Load:
    """The packets of one cell; they look like what sealed fingerprints are: like noise."""

    seed: int
    packets: tuple[bytes, ...]

    @property
    def payload_bytes(self) -> int:
        """What must be carried, nothing of anybody's envelopes."""
        return sum(map(len, self.packets)) + SMALL_BYTES

    def write(self, folder: Path) -> None:
        """As files, for contenders that send files: `out` now, `small` when it is told."""
        for name in ("out", "small", "in"):
            (folder / name).mkdir(parents=True)
        for number, packet in enumerate(self.packets, start=1):
            (folder / "out" / f"packet-{number}.bin").write_bytes(packet)
        for number, draft in enumerate(small_facts(self.seed), start=1):
            path = folder / "small" / f"fact-{number:03}.json"
            path.write_text(as_json(draft))


def load_of(seed: int, packets: int = PACKETS) -> Load:
    """The load of a seed, the same in every profile."""
    dice = Dice(f"road-{seed}")
    return Load(seed, tuple(dice(PACKET_BYTES) for _ in range(packets)))


def small_facts(seed: int, count: int = SMALL) -> list[Draft]:
    """Civil facts as desks state them all day, the parts left out."""
    return list(islice(recordings(count // 6 + 1, seed, parts=False), count))


def as_json(draft: Draft) -> str:
    """A fact as most registers would send it: JSON, nothing sealed or signed."""
    row = dataclasses.asdict(draft.fact)  # type: ignore[call-overload]
    row["kind"] = type(draft.fact).__name__
    return json.dumps(row, default=lambda value: value.hex())
