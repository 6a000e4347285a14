"""An old copy of a book is noticed at the first contact, also where nothing can be compared."""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.journal import RECOUNT
from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import NodeRevoked, PolicySet
from tests.cast import SARI, District, stocked, with_hub
from tests.sync.road import TO_PROVINSI, Meeting, record


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


def test_it_notices_a_journal_for_a_node_that_was_revoked(
    district: District, tmp_path: Path
) -> None:
    """The hub first wrote to an office after its backup; restored, it takes the office out.

    Revoking is nothing that the provinsi could compare: what it holds of the hub's common
    journal the old copy holds too.
    """
    hub, enggano = with_hub(district)
    meeting = Meeting(hub, district.open("Provinsi"), TO_PROVINSI)
    meeting.hold()
    hub.close()
    shutil.copytree(district.members["Hub"].folder, tmp_path / "backup")
    hub = meeting.caller = district.open("Hub")
    with hub.writing() as book:
        said = PolicySet(policy="ONLINE_ONLY", decree="SK 9")
        draft = Draft(said, audience=enggano.node_id)
        told = book.append(district.ask("Hub"), [draft])
    meeting.hold()
    hub.close()
    old = meeting.caller = district.open("Hub", folder=tmp_path / "backup")
    assert old.journal(told.journal) is None
    with old.writing() as book:
        revoked = NodeRevoked(node=enggano.node_id, reason="dicuri")
        book.append(district.ask("Hub"), [Draft(revoked, audience=COMMON)])
    meeting.hold()
    assert ("further", told.journal) in {
        (one.kind, one.journal) for one in meeting.evidence
    }


def test_it_says_nothing_of_journals_that_are_not_ours(district: District) -> None:
    """A peer may hold much that we do not: only what bears our own name counts."""
    hub, enggano = with_hub(district)
    record(district, enggano)
    meeting = Meeting(enggano, hub)
    for _ in range(2):
        meeting.hold()
    assert meeting.evidence == []
