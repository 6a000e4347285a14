"""Where a node goes on whose machine was lost: the first moments of its new book.

1. Where the mirror is still there, its last epoch is taken up once more, so that opening
   the book brings back all of it (journal/recovery.py).
2. Then the next epoch begins, for the lost machine may come back and write on in its own;
   and printing waits until the stock was counted.
"""

from __future__ import annotations

from pathlib import Path

from perahu.journal.beside.mirror import Mirror
from perahu.journal.journal import RECOUNT, Journal
from perahu.keys.certificates import Chain
from perahu.node.disk import RealDisk
from perahu.node.settings import Settings
from perahu.words import Refusal

CERTIFICATE_FILE = "certificate"


def take_chain_of_mirror(
    draft: Path, settings: Settings, chain: Chain, root: bytes
) -> None:
    """Let the new book open in the epoch that the second medium holds, where it does."""
    if not settings.mirror:
        return
    mirror, node = Mirror(Path(settings.mirror), RealDisk()), chain.node.node_id
    for item in mirror.read(node, mirror.last_epoch(node)):
        try:
            found = Chain.decode(item.certificate, root) if item.certificate else None
        except Refusal:
            continue
        if found is not None and found.papers == chain.papers:
            RealDisk().replace_durable(draft / CERTIFICATE_FILE, item.certificate)
            return


def begin_again(journal: Journal, chain: Chain) -> None:
    """Leave an epoch that the mirror gave back; in any case printing waits."""
    if journal.chain != chain:
        journal.begin_epoch()
    journal.halt(RECOUNT)
