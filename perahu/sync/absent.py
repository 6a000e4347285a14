"""Blobs that a node cites itself and no longer has: what a dead disk took with it.

Entries come back from the second medium, blobs do not, and no ack of theirs is remembered.
They are named in a MANIFEST once all else was sent, and the peer answers as it does to any:
what it holds is acknowledged. Named once; what it does not hold is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from perahu.journal.types import BlobRef
from perahu.sync.ack import manifest
from perahu.sync.frames import Frame
from perahu.sync.memory import Memory

_NAMED_AT_ONCE = 32


@dataclass(slots=True)
class Absent:
    """What is still to be named to one peer."""

    memory: Memory
    _refs: list[BlobRef] = field(default_factory=list)

    def note(self, ref: BlobRef | None) -> None:
        """Ours (else None), not here, not acknowledged as far as we remember."""
        if ref is not None and ref.sha256 not in self.memory.partials:
            self._refs.append(ref)

    def next_frame(self) -> Frame | None:
        """The next MANIFEST, or None when all were named."""
        named = self._refs[:_NAMED_AT_ONCE]
        del self._refs[:_NAMED_AT_ONCE]
        # Beside the blobs that are on their way: the peer holds no chunk of these.
        self.memory.partials |= {ref.sha256: 0 for ref in named}
        return manifest(named) if named else None
