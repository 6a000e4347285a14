"""What a peer shows of a journal and our book does not hold: evidence, and of what.

A journal of our own that our book does not even know was begun after a copy of it was made,
so there is no head to compare; but its id follows from our chain, its lane and its audience
(journal-format, "Journals"), and is told again.
"""

from __future__ import annotations

from collections.abc import Mapping

from perahu.journal.book import JournalRow
from perahu.journal.journal import Journal
from perahu.journal.types import COMMON
from perahu.keys.certificates import journal_id
from perahu.kinds import CIVIL, CONTROL, TELEMETRY
from perahu.sync.offer import ForkEvidence, Witness
from perahu.sync.vector import SHORT, Reach


def witness_forgotten(
    journal: Journal, reached: Mapping[bytes, Reach], witness: Witness
) -> None:
    """Tell of every journal of our running epoch that the peer shows and we do not know."""
    known = {row.id[:SHORT] for row in journal.journals()}
    strange = {name: r for name, r in reached.items() if r.seq and name not in known}
    if not strange:
        return
    chain = journal.chain.encode()
    # Also those that the old copy has revoked since: it forgot what it had told them.
    for audience in (b"", COMMON, *journal.authority.ever_enrolled()):
        for lane in (CONTROL, CIVIL, TELEMETRY):
            own = journal_id(chain, lane, audience)
            reach = strange.get(own[:SHORT])
            if reach is not None:
                witness(
                    ForkEvidence(
                        kind="further",
                        node=journal.node_id,
                        journal=own,
                        seq=reach.seq,
                        theirs=reach.h8,
                    )
                )


def witness_other(
    journal: Journal, row: JournalRow, shown: Reach, witness: Witness
) -> None:
    """Tell of a journal that the peer shows further than we hold it, or otherwise."""
    ours = journal.hash_at(row.id, shown.seq)
    # Other epochs of ours were left behind on purpose: the peer may hold more of them,
    # or a twin's; a new epoch would make neither of them ours.
    is_current = row.certificate == journal.chain.encode()
    if is_current or (ours is not None and not row.own):
        witness(
            ForkEvidence(
                kind="further" if ours is None else "different",
                node=row.node,
                journal=row.id,
                seq=shown.seq,
                ours=ours or b"",
                theirs=shown.h8,
            )
        )
