"""What one session tells the peer of what it took in: ACK after ACK.

An ACK says what was committed since the last one, and how many ENDs were heard once all
that they closed is told. The numbers of all sessions of a pair grow.
"""

from __future__ import annotations

from perahu.journal.journal import Journal
from perahu.sync.ack import Ack
from perahu.sync.memory import ACKS_A_SESSION, Memory
from perahu.sync.receiving import Receiving


class Acknowledging:
    """The acks of one session; what it counts begins at zero."""

    def __init__(self, journal: Journal) -> None:
        self.taken_bytes = 0
        """Of the peer's content, taken in so far."""
        self.ends_heard = 0
        self._journal = journal
        self._incarnation = journal.incarnation
        self._told_bytes = self._ends_told = 0
        self._number = self._base = 0

    @property
    def is_done(self) -> bool:
        """The peer said END, and every END it said is acknowledged."""
        return 0 < self.ends_heard == self._ends_told

    @property
    def owes_end(self) -> bool:
        """An END was heard that no ACK told of yet."""
        return self._ends_told != self.ends_heard

    def number_from(self, memory: Memory) -> None:
        """Take a stretch of ACK numbers that no other session of ours uses."""
        self._memory = memory
        base = memory.counts().acks + ACKS_A_SESSION
        memory.raise_counts(acks=base)
        assert memory.counts().acks == base
        self._number = self._base = base

    def next(self, session: bytes, token: bytes, receiving: Receiving) -> Ack | None:
        """The next ACK, not signed yet; None when everything is told."""
        is_told = self.taken_bytes == self._told_bytes and not self.owes_end
        if is_told and not receiving.has_news:
            return None
        self._number += 1
        reached = receiving.take_reached()
        partials = receiving.take_partials()
        done = receiving.take_done()
        if not receiving.has_news:
            if self.owes_end:
                safe = [sha for sha, _ in done]
                done += self._memory.tell_safe(self._number, self._base, safe)
            self._ends_told = self.ends_heard
        self._told_bytes = self.taken_bytes
        return Ack(
            session=session,
            number=self._number,
            incarnation=self._incarnation,
            time_ms=max(0, self._journal.ports.clock.now().wall_ms),
            received_bytes=self.taken_bytes,
            reached=reached,
            partials=partials,
            done=done,
            token=token,
            seen_ack=self._memory.seen_ack,
            ends=self._ends_told,
        )
