"""What a node said in a book that was old lies on a branch, and the hub's word tells it so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.waiting import BRANCH
from perahu.sync.ack import Evidence
from perahu.sync.courier.reading import read
from perahu.sync.initiator import Initiator
from perahu.sync.memory import Memory
from perahu.sync.offer import Offer
from perahu.sync.session import Side
from tests.cast import District, with_hub
from tests.sync.road import TO_HUB, Meeting, drain, record
from tests.sync.sticks import hub_of, write_down, write_up

LONG = 30
"""So many entries fit no greeting: the two HELLOs come before the first segment."""


def branched(
    district: District, copies: Path, *, original: int, branch: int, common: int = 1
) -> tuple[Journal, Journal]:
    """Hub and Enggano, which both went on from one place. The copy that Enggano lives in
    had heard of no entry that it was received."""
    hub, enggano = with_hub(district)
    record(district, enggano, common)
    enggano.seal()
    enggano.close()
    folder = district.members["Enggano"].folder
    shutil.copytree(folder, copies / "old")
    enggano = district.open("Enggano")
    record(district, enggano, original)
    Meeting(enggano, hub).hold()
    enggano.close()
    shutil.rmtree(folder)
    shutil.copytree(copies / "old", folder)
    enggano = district.open("Enggano")
    record(district, enggano, branch)
    # It was refused once for the counter of its sessions, as an old copy is.
    Memory.load(enggano.local, hub.node_id).raise_counts(sessions=40)
    assert waiting(enggano) == (common + branch, 0)
    return hub, enggano


def waiting(journal: Journal) -> tuple[int, int]:
    """Entries that wait, and those that will never be sent."""
    found = journal.waiting()
    return found.entries, found.branched


@pytest.mark.parametrize(("original", "branch"), [(4, 2), (2, 2), (1, 3)])
def test_it_works(
    district: District, tmp_path: Path, original: int, branch: int
) -> None:
    """Two contacts, as it takes to get home what is lost; what is said later waits."""
    hub, enggano = branched(district, tmp_path, original=original, branch=branch)
    Meeting(enggano, hub).hold()
    enggano.begin_epoch()
    Meeting(enggano, hub).hold()
    assert waiting(enggano) == (0, 1 + branch)
    record(district, enggano)
    assert waiting(enggano) == (1, 1 + branch)
    Meeting(enggano, hub).hold()
    assert waiting(enggano) == (0, 1 + branch)
    assert not hub.local.items(BRANCH), "what an office says is no word about the hub"


@pytest.mark.parametrize(("original", "branch"), [(4, 2), (1, 3)])
def test_it_shows_in_the_vectors(
    district: District, tmp_path: Path, original: int, branch: int
) -> None:
    """Nothing of it was sent yet: whoever holds both of two hashes sees that they differ."""
    hub, enggano = branched(
        district, tmp_path, original=original, branch=branch, common=LONG
    )
    enggano.begin_epoch()
    meeting = Meeting(enggano, hub)
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(initiator.to_send(1 << 16))
    initiator.received(drain(responder))
    assert waiting(enggano) == (0, LONG + branch)
    assert initiator.acked_bytes == 0 and initiator.progress.sent_bytes < 2_000


def test_it_shows_in_a_file(district: District, tmp_path: Path) -> None:
    """The hub gives its history of us back, under our own seal."""
    hub, enggano = branched(district, tmp_path, original=4, branch=2)
    enggano.begin_epoch()
    there = write_up(enggano, hub, tmp_path / "stick")
    read(Side(hub), there.paths[0], Meeting(enggano, hub).doors.offer_for)
    back = write_down(hub, enggano, tmp_path / "stick")
    read(Side(enggano), back.paths[0], hub_of)
    assert waiting(enggano) == (0, 3)


def test_it_takes_no_other_complaint_for_a_branch(district: District) -> None:
    """A segment that came damaged is sent again the next time, and waits until then."""
    hub, enggano = with_hub(district)
    meeting = Meeting(enggano, hub)
    meeting.hold()
    journal = record(district, enggano).journal
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(initiator.to_send(1 << 16))
    told = Evidence(journal, 1, 1, "bad_segment").encode().encode()
    initiator.received(drain(responder) + told)
    assert waiting(enggano)[1] == 0
    meeting.hold()
    assert waiting(enggano) == (0, 0)


def test_it_takes_only_the_word_of_whose_acks_count(
    district: District, tmp_path: Path
) -> None:
    """A neighbour that holds another history says nothing about what the hub will take."""
    hub, enggano = branched(district, tmp_path, original=1, branch=3)
    beside = Meeting(enggano, hub)
    offer = Offer(TO_HUB.gives, TO_HUB.takes)
    side = Side(enggano, beside.evidence.append, {12: 1})
    initiator, responder = Initiator(side, beside.peer, offer), beside.responder()
    for _ in range(4):
        responder.received(drain(initiator))
        initiator.received(drain(responder))
    assert initiator.evidence_heard and waiting(enggano) == (4, 0)
