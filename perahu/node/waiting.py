"""What waits to be sent, as the plain values of `perahu status` and the pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from perahu.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Waiting:
    """Asks the journal, which keeps the sums."""

    journal: Journal

    def count(self) -> dict[str, Any]:
        """Entries, blobs, bytes, the oldest, and each class, as of now."""
        return asdict(self.journal.waiting())
