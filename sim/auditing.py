"""Every book that a world leaves behind goes through the second reader (tools/auditor.py)."""

from __future__ import annotations

from collections.abc import Iterable

from sim.node import Node
from tools.auditor import UNREADABLE, Auditor
from tools.auditor_facts import audit

_ENDS_EARLY = ": before_whole"


def audited(nodes: Iterable[Node]) -> tuple[int, list[str]]:
    """How many books were read, and what the auditor says of them; all are closed."""
    books, wrong = 0, list[str]()
    for node in nodes:
        if not (node.folder / "book.sqlite3").exists():
            continue  # its disk is gone
        books += 1
        wrong += [f"{node.name}: {line}" for line in _said(node)]
    return books, wrong


def _said(node: Node) -> list[str]:
    papers, mirror = node.papers, node.mirror
    if node.is_lost and node.is_mirror_unseen:
        # A thief has both, and what this mirror alone holds comes home at a start.
        mirror = None
    one = Auditor(node.folder, papers.keys.secret, papers.root_public, mirror)
    try:
        wrong = audit(one).wrong
    except UNREADABLE as error:
        return [f"cannot be read: {type(error).__name__} {error}"]
    # What a torn mirror lacks of an epoch that is over, its certificate still names; that the
    # hub names it too is checked with the receipts (gaps.py).
    return [w for w in wrong if not (node.is_mirror_torn and w.endswith(_ENDS_EARLY))]
