"""What goes out when the peer, our book or its own disk is not what it was a moment ago."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import Draft, Level
from perahu.sync import limits, session
from perahu.sync.memory import Memory
from perahu.sync.offer import Gives, Offer, Takes
from perahu.sync.progress import Progress
from perahu.sync.sending import Sending
from tests.cast import SARI, District, stocked
from tests.sync.road import Meeting, drain, record, record_part


def backup(district: District, hub: Journal, folder: Path) -> Journal:
    """The hub's folder is copied at night; gives the hub, running again."""
    hub.close()
    shutil.copytree(district.members["Hub"].folder, folder)
    return district.open("Hub")


def test_it_sends_a_journal_that_began_meanwhile(
    district: District, meeting: Meeting
) -> None:
    """The first control fact of an office, stated while it is connected: it goes at once."""
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    initiator.received(drain(responder))
    with meeting.caller.writing() as book:
        ask = district.ask("Enggano", SARI)
        receipt = book.append(ask, [Draft(stocked())])
    assert meeting.answerer.journal(receipt.journal) is None
    district.members["Enggano"].clock.wall_ms += int(limits.FRESH_FACTS_S * 1000) + 1
    responder.received(drain(initiator))
    assert meeting.answerer.hash_at(receipt.journal, receipt.seq) == receipt.h


@pytest.mark.damages_book("its own segments were taken out of the book")
def test_it_goes_on_with_others_where_a_segment_is_gone(
    district: District, meeting: Meeting
) -> None:
    """A page of our book is lost: that journal waits, no receipt of it rises, all else goes."""
    enggano, hub = meeting.caller, meeting.answerer
    civil = record(district, enggano)
    with enggano.writing() as book:
        control = book.append(district.ask("Enggano", SARI), [Draft(stocked())])
    enggano.seal()
    row = enggano.journal(civil.journal)
    assert row is not None
    with enggano._book.store.transaction():
        enggano._book.store.run("DELETE FROM segments WHERE journal = ?", (row.number,))
    meeting.hold()
    assert hub.hash_at(control.journal, control.seq) == control.h
    assert enggano.level_of(control.journal, control.seq) is Level.RECEIVED
    assert enggano.level_of(civil.journal, civil.seq) is Level.RECORDED


def test_it_asks_a_restored_hub_what_it_holds(
    district: District,
    meeting: Meeting,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A digest of another book says nothing: the whole vector is asked for, all goes again."""
    monkeypatch.setattr(session, "_VECTOR_IN_FULL_MAX", 0)
    enggano = meeting.caller
    meeting.hold()
    meeting.answerer = backup(district, meeting.answerer, tmp_path / "backup")
    receipt = record(district, enggano, 3)
    meeting.hold()
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    meeting.answerer.close()
    hub = district.open("Hub", folder=tmp_path / "backup")
    hub.begin_epoch()
    assert hub.hash_at(receipt.journal, receipt.seq) is None
    Meeting(enggano, hub).hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h


@pytest.mark.parametrize("has_gap", [True, False])
def test_it_sends_a_part_again_that_an_old_copy_lost(
    district: District, meeting: Meeting, tmp_path: Path, has_gap: bool
) -> None:
    """A whole disk of yesterday, which notices nothing: parts it acknowledged go again.

    Remembered one by one behind a part that never went, or all below one entry.
    """
    enggano = meeting.caller
    meeting.answerer = backup(district, meeting.answerer, tmp_path / "backup")
    _, first = record_part(district, enggano, 9_000)
    if has_gap:
        enggano.blobs.remove(first.sha256)
    receipt, ref = record_part(district, enggano, 9_000)
    meeting.hold()
    assert meeting.answerer.blobs.has(ref.sha256)
    meeting.answerer.close()
    hub = district.open("Hub", folder=tmp_path / "backup")
    assert not hub.blobs.has(ref.sha256)
    Meeting(enggano, hub).hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h
    assert hub.blobs.has(ref.sha256) and hub.blobs.has(first.sha256) != has_gap


def test_it_knows_what_is_on_the_way(district: District, meeting: Meeting) -> None:
    """A fact goes before all: while one flies, nobody asks which parts do."""
    _, ref = record_part(district, meeting.caller, 9_000)
    initiator, responder = meeting.initiator(), meeting.responder()
    up = drain(initiator)
    while_flying = initiator.sending.flying_blobs()
    responder.received(up)
    initiator.received(drain(responder))
    assert (while_flying, initiator.sending.flying_blobs()) == (None, frozenset())
    _, other = record_part(district, meeting.caller, 90_000)
    district.members["Enggano"].clock.wall_ms += int(limits.FRESH_FACTS_S * 1000) + 1
    responder.received(initiator.to_send(6_000))
    initiator.received(drain(responder))
    while not initiator.sending.flying_blobs():
        assert initiator.to_send(6_000)
        initiator.received(drain(responder))
    assert initiator.sending.flying_blobs() == frozenset({other.sha256})
    assert other.sha256 != ref.sha256


def test_it_gives_a_journal_back_once(meeting: Meeting) -> None:
    """The common word of a hub's former epoch: given on anyway, and not a second time."""
    hub, enggano = meeting.answerer, meeting.caller
    hub.begin_epoch()
    memory, progress = Memory.load(enggano.local, hub.node_id), Progress()
    offer = Offer(Gives.OWN_AND_COMMON, Takes.OWN)
    sending = Sending(enggano, memory, offer, session.unheard, progress)
    sending.begin()
    before = sum(one.queued for one in progress.classes)
    sending.give_back(hub.chain.encode())
    assert sum(one.queued for one in progress.classes) == before > 0


def test_it_sends_a_part_anew_that_the_peers_disk_has_changed(
    district: District, meeting: Meeting
) -> None:
    """The first half rots at the hub between two sessions: the second sends all of it."""
    enggano, hub = meeting.caller, meeting.answerer
    _, ref = record_part(district, enggano, 10 * limits.CHUNK_BYTES)
    initiator, responder = meeting.initiator(), meeting.responder()
    while (held := len(hub.blobs.chunks_here(ref.sha256))) < 4:
        responder.received(initiator.to_send(8_000))
        initiator.received(responder.to_send(1 << 16))
    initiator.close()
    responder.close()
    _, behind = record_part(district, enggano, 40 * limits.CHUNK_BYTES)
    path = hub.blobs._partial(ref.sha256)
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    count = meeting.hold()
    assert hub.blobs.has(ref.sha256) and hub.blobs.has(behind.sha256)
    sent = count.up_bytes // limits.CHUNK_BYTES
    assert sent == 20 - held + 40, "what was missing, all of it again, and the other"
