"""Receipts at the end of a world: at the hub byte for byte, or a gap that the hub names.

A receipt says node, journal (and so its epoch), number and hash. The hub names what it lacks
by its facts:

- `EpochConfirmed`: which epoch of the node runs, by its certificate; all others are over,
  also one of the same number (an old copy that was put in twice). A number that is not
  here by then is missing. Where it is here with another hash, the paper's own tells.
- `NodeRevoked`: after which number of each journal nothing counts.
- `ForkSeen`: in which journal, and by which number, there are two histories.

That the hub could know is not enough: what people read there (`perahu history`) comes from
these facts. Nor is it enough that some gap of the node is named: another epoch's, another
journal's or a later number's is another gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from perahu.journal.journal import Journal
from perahu.journal.types import Event, Receipt
from perahu.keys.facts import EpochConfirmed, ForkSeen, NodeRevoked
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import Issued, World


def check_receipts(world: World, named: Named) -> tuple[int, list[str]]:
    """How many are named gaps, and what is missing in silence."""
    hub, gaps = world.hub.journal, 0
    missing: list[str] = []
    for one in world.receipts:
        receipt = one.receipt
        if hub.hash_at(receipt.journal, receipt.seq) == receipt.h:
            continue
        parted = _parted_at(world, one)
        if not one.is_excused and parted is None:
            missing.append(said(one, "nothing destroyed it"))
        elif why := named.lacks(one, parted):
            missing.append(said(one, f"no name for its gap: {why}"))
        else:
            gaps += 1
    return gaps, missing


@dataclass(slots=True)
class Named:
    """What the hub says of gaps and branches, by node, epoch and number."""

    hub: Node
    of_hub: Sequence[Event]
    running: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    """Node to the latest epoch that the hub states of it, and its certificate's hash: all
    before are over, and so is another book that has this number too."""
    valid_through: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """Revoked node to the last number that counts in each of its journals."""
    by_mark: int = 0
    """Receipts whose number is taken: an old copy had grown again when it was noticed. Only
    their third mark, the hash, tells them from what stands there now."""
    forks: dict[bytes, int] = field(default_factory=dict)
    """Journal to the greatest number by which two histories of it were seen."""

    def __post_init__(self) -> None:
        # What a restored hub had forgotten it hears last, and it was said first.
        for event in sorted(self.of_hub, key=lambda one: one.epoch):
            fact = event.fact
            if isinstance(fact, EpochConfirmed):
                if fact.epoch > self.running.get(fact.node, (1, b""))[0]:
                    self.running[fact.node] = fact.epoch, fact.certificate_hash
            elif isinstance(fact, NodeRevoked):
                through = {journal: seq for journal, seq, _ in fact.valid_through}
                self.valid_through[fact.node] = through
            elif isinstance(fact, ForkSeen):
                before = self.forks.get(fact.journal, 0)
                self.forks[fact.journal] = max(before, fact.seq)
        own = self.hub.journal
        self.running[own.node_id] = own.epoch, sha256(own.chain.encode()).digest()

    def lacks(self, one: Issued, parted: int | None) -> str:
        """Why no name covers this receipt; "" where one does.

        `parted` is where its history and the hub's part, where some machine shows it.
        """
        node, journal, seq = one.node.node_id, one.receipt.journal, one.receipt.seq
        fork = self.forks.get(journal, 0)
        # What no machine keeps any more may have stood behind a number that was seen twice.
        if fork and (fork <= seq if parted is None else parted <= fork):
            return ""
        if node in self.valid_through:
            return self._lacks_of_revoked(node, journal, seq)
        epoch, certificate = self.running.get(node, (1, one.certificate))
        if one.epoch > epoch or one.certificate == certificate:
            return f"epoch {one.epoch} is not over"
        if self.hub.journal.hash_at(journal, seq) is not None:
            self.by_mark += 1
        return ""

    def _lacks_of_revoked(self, node: bytes, journal: bytes, seq: int) -> str:
        """All its epochs are over; what was let stand is named with its hash."""
        if seq > self.valid_through[node].get(journal, 0):
            return ""
        if self.hub.journal.hash_at(journal, seq) is None:
            return f"number {seq} was to stand"
        self.by_mark += 1
        return ""


def _parted_at(world: World, one: Issued) -> int | None:
    """Where a receipt's history and the hub's part: a clone or an old disk made two of one.

    Only where some machine keeps what the receipt says while the hub holds the other
    history. Also in the epoch that runs: an old disk whose witnesses went back too goes on
    in it, and nobody told it; then the hub must have seen the fork (`lacks`).
    """
    node, receipt = one.node, one.receipt
    if not is_of_a_clone(world, node) and node.is_old_since_s == float("inf"):
        return None
    for other in world.alive:
        row = other.journal.journal(receipt.journal)
        if row is None or other.journal.hash_at(row.id, receipt.seq) != receipt.h:
            continue
        found = _parts(world.hub.journal, other.journal, receipt)
        if found is not None:
            return found
    return None


def _parts(ours: Journal, theirs: Journal, receipt: Receipt) -> int | None:
    """The first number, up to that of a receipt, of which two machines hold two things."""
    for seq in range(1, receipt.seq + 1):
        held = ours.hash_at(receipt.journal, seq)
        if held is None:
            # The hub holds the beginning of this very history: the rest was due to come.
            return None
        if held != theirs.hash_at(receipt.journal, seq):
            return seq
    return None


def is_of_a_clone(world: World, node: Node) -> bool:
    """Whether two machines have this node's papers, or had."""
    return node.is_clone_of is not None or any(
        one.is_clone_of is node for one in world.nodes
    )


def said(one: Issued, why: str) -> str:
    """A receipt and what is wrong with it."""
    receipt = one.receipt
    place = f"{receipt.journal.hex()[:8]}/{receipt.seq}"
    return f"{one.node.name} {place} {receipt.h.hex()[:8]}: {why}"
