"""An old copy of a book is noticed at the first contact, also where nothing can be compared."""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.journal import RECOUNT
from perahu.journal.types import Draft
from tests.cast import SARI, District, stocked, with_hub
from tests.sync.road import Meeting, record


def test_it_notices_a_journal_that_the_old_copy_had_not_begun(
    district: District, tmp_path: Path
) -> None:
    """The backup is from before the first stock fact: the hub shows a journal we never saw."""
    hub, enggano = with_hub(district)
    record(district, enggano)
    Meeting(enggano, hub).hold()
    enggano.close()
    shutil.copytree(district.members["Enggano"].folder, tmp_path / "backup")
    enggano = district.open("Enggano")
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(stocked())])
    Meeting(enggano, hub).hold()
    enggano.close()
    old = district.open("Enggano", folder=tmp_path / "backup")
    assert old.halts() == []
    meeting = Meeting(old, hub)
    meeting.hold()
    assert {(one.kind, one.node) for one in meeting.evidence} >= {
        ("further", old.node_id)
    }
    old.begin_epoch()
    assert old.halts() == [RECOUNT]


def test_it_says_nothing_of_journals_that_are_not_ours(district: District) -> None:
    """A peer may hold much that we do not: only what bears our own name counts."""
    hub, enggano = with_hub(district)
    record(district, enggano)
    meeting = Meeting(enggano, hub)
    for _ in range(2):
        meeting.hold()
    assert meeting.evidence == []
