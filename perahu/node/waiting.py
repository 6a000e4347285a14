"""What of this node's own the parent has not acknowledged yet: entries, blobs, bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from perahu.journal.journal import Journal
from perahu.journal.types import Level


@dataclass(slots=True)
class Waiting:
    """Counts it, and remembers how far everything has arrived.

    Levels only rise, so a process that counts often looks at each old blob once.
    """

    journal: Journal
    _arrived: dict[bytes, int] = field(default_factory=dict)
    """Journal to the seq through which every cited blob is with the parent."""

    def count(self) -> dict[str, int]:
        """Entries, blobs and bytes as of now."""
        own = [row for row in self.journal.journals() if row.own and not row.audience]
        entries = sum(row.head_seq - row.received_seq for row in own)
        unsent = {sha for row in own for sha in self._unsent(row.id, row.head_seq)}
        sizes = [ref.size for sha in unsent if (ref := self.journal.blobs.cited(sha))]
        return {"entries": entries, "blobs": len(sizes), "bytes": sum(sizes)}

    def _unsent(self, journal: bytes, head: int) -> list[bytes]:
        cited = self.journal.blobs_cited(journal, self._arrived.get(journal, 0))
        found = [
            (seq, sha)
            for seq, sha in cited
            if self.journal.blob_level(sha) < Level.RECEIVED
        ]
        self._arrived[journal] = found[0][0] - 1 if found else head
        return [sha for _, sha in found]
