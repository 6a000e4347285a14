"""A hub out of a backup states nothing more in the epoch that is over, once it heard so."""

from __future__ import annotations

from pathlib import Path

from perahu.node.office import open_office
from perahu.node.road import Caller, side_of
from perahu.node.work import loops_of
from perahu.sync.offer import ForkEvidence
from tests.node.offices import PHRASE, found_hub


def test_it_leaves_the_epoch_before_it_decides(tmp_path: Path) -> None:
    """What a session saw at HELLO counts before the next decision, and not some time later."""
    founded = found_hub(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub, hub.at_work():
        heads = {row.id: row.head_seq for row in hub.journal.journals()}
        side_of(hub).witness(ForkEvidence(kind="further", node=founded.node_id, seq=99))
        deciding = next(
            one
            for one in loops_of(hub, Caller(hub))
            if one.words.en.startswith("Decisions")
        )
        deciding.step()
        assert hub.journal.epoch == 2
        assert heads == {
            row.id: row.head_seq for row in hub.journal.journals() if row.epoch == 1
        }
