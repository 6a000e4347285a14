"""The clone ratchet: honest nodes never trip it, a copied disk does at its first contact."""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.sync.memory import Memory
from perahu.sync.responder import Doors
from tests.cast import District
from tests.sync.road import Meeting, drain, met, offer_for, record


def _copy_of_enggano(district: District) -> Journal:
    """The same node from a copy of its disk."""
    source, twin = district.members["Enggano"].folder, district.folder / "twin"
    shutil.copytree(source, twin)
    return district.open("Enggano", folder=twin)


def test_it_works(district: District) -> None:
    """An honest node meets its hub again and again, cut or not, and nothing is said."""
    meeting = met(district)
    for cut in (None, 300, 700, None, 1200, 900, None):
        meeting.hold(cut=cut)
    assert meeting.evidence == []


def test_it_finds_a_clone(district: District) -> None:
    """Two copies of one disk, both alive: evidence by the second one's first contact."""
    meeting = met(district)
    twin = _copy_of_enggano(district)
    meeting.hold()
    other = Meeting(twin, meeting.answerer, doors=meeting.doors)
    other.hold()
    kinds = {(e.kind, e.node) for e in other.evidence}
    assert kinds == {("clone", twin.node_id)}


def test_it_finds_a_clone_that_has_met_more_often(district: District) -> None:
    """The clone's counter is ahead, its token is older than the last one shown."""
    meeting = met(district)
    twin = _copy_of_enggano(district)
    meeting.hold()
    meeting.hold()
    Memory.load(twin.local, meeting.answerer.node_id).raise_counts(sessions=40)
    other = Meeting(twin, meeting.answerer, doors=meeting.doors)
    other.hold()
    assert [e.kind for e in other.evidence] == ["clone"]


def test_it_receives_from_a_clone_all_the_same(district: District) -> None:
    """Evidence never stops receiving: what the clone recorded is kept or shown as a fork."""
    meeting = met(district)
    twin = _copy_of_enggano(district)
    meeting.hold()
    record(district, twin, 2)
    other = Meeting(twin, meeting.answerer, doors=meeting.doors)
    other.hold()
    civil = [e for e in meeting.answerer.events() if e.lane == 1]
    assert len(civil) == 2
    record(district, meeting.caller, 3)
    meeting.evidence.clear()
    meeting.hold()
    assert {e.kind for e in meeting.evidence} & {"fork", "different", "further"}


def test_it_takes_a_token_whose_ack_was_lost(district: District) -> None:
    """Any token issued since the last one shown is good."""
    meeting = met(district)
    for _ in range(5):
        responder, initiator = meeting.responder(), meeting.initiator()
        responder.received(drain(initiator))
        drain(responder)
    meeting.hold()
    assert meeting.evidence == []


def test_it_refuses_a_replayed_exchange(district: District) -> None:
    """A whole recorded exchange played again is refused politely and changes nothing."""
    meeting = met(district)
    record(district, meeting.caller, 3)
    recorded = b"".join(meeting.hold().up)
    before = meeting.answerer.vector(), meeting.answerer.events()
    responder = meeting.responder()
    responder.received(recorded)
    assert responder.refusal is not None and responder.refusal.code == "old_session"
    assert drain(responder) and responder.finished
    assert (meeting.answerer.vector(), meeting.answerer.events()) == before
    assert meeting.evidence == []
    meeting.hold()
    assert meeting.evidence == []


def test_it_goes_on_after_a_lost_counter(district: District) -> None:
    """A node whose counter went back is told where to go on from, and repeats itself."""
    meeting = met(district)
    meeting.hold()
    meeting.caller.local.delete("counts", meeting.answerer.node_id)
    record(district, meeting.caller)
    meeting.hold()
    assert len([e for e in meeting.answerer.events() if e.lane == 1]) == 1


def test_it_accepts_any_token_of_an_older_book_of_ours(
    district: District, tmp_path: Path
) -> None:
    """A hub that lost its book knows no token and accuses nobody."""
    meeting = met(district)
    meeting.hold()
    meeting.answerer.close()
    folder = district.members["Hub"].folder
    for name in ("book.sqlite3", "book.sqlite3-wal", "book.sqlite3-shm", "fence"):
        (folder / name).unlink(missing_ok=True)
    fresh = Meeting(meeting.caller, district.open("Hub"), doors=Doors(offer_for))
    fresh.hold()
    assert [e for e in fresh.evidence if e.kind == "clone"] == []


def test_it_fences_an_older_session(district: District) -> None:
    """A newer session of a node closes the older ones at their next byte."""
    meeting = met(district)
    record(district, meeting.caller, 2)
    old_caller, old = meeting.initiator(), meeting.responder()
    old.received(old_caller.to_send(400))
    sent = drain(old_caller)
    new_caller, new = meeting.initiator(), meeting.responder()
    new.received(drain(new_caller))
    try:
        old.received(sent)
    except Exception as refusal:  # noqa: BLE001
        assert "fenced" in str(refusal)
    else:
        assert not old.peer_id, "a session that was not admitted has nothing to fence"
