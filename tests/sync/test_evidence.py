"""What is no fact is told to the peer and leaves no trace; what was lost goes again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from perahu.sync import frames, limits
from perahu.sync.ack import Evidence, hear_evidence
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.initiator import Initiator
from perahu.sync.memory import Memory
from perahu.sync.sealed import ChunkCargo, SegmentCargo, blob_name
from perahu.sync.session import Side
from perahu.sync.vector import Reach
from perahu.words import Refusal
from tests.cast import District
from tests.sync.road import Meeting, drain, met, record, record_part, relay


class _Liar(Initiator):
    """A caller with good papers that says whatever a test wants."""

    def cargo(self, journal: bytes) -> SegmentCargo:
        """A true SEG content of one of its journals, to be spoilt."""
        row = self.journal.journal(journal)
        assert row is not None
        segment = next(self.journal.segments(journal, 0))
        certificate = row.certificate if segment.a == 1 else b""
        return SegmentCargo(
            journal, segment.a, segment.b, row.lane, row.audience, certificate,
            segment.encode(),
        )  # fmt: skip

    def say(self, cargo: SegmentCargo | ChunkCargo) -> bytes:
        """The frame of this content, sealed as it should be."""
        if isinstance(cargo, ChunkCargo):
            return self._sealer.chunk(cargo).encode()
        return self._sealer.segment(cargo).encode()


def _liar(meeting: Meeting) -> _Liar:
    return _Liar(Side(meeting.caller), meeting.peer, meeting.offer)


def _own_civil(meeting: Meeting) -> bytes:
    return next(r.id for r in meeting.caller.journals() if r.own and r.lane == 1)


_SPOIL: dict[str, Callable[[SegmentCargo], SegmentCargo]] = {
    "a head that says other places": lambda c: replace(c, b=c.b + 1),
    "another journal's id": lambda c: replace(c, journal=b"x" * 16),
    "another lane": lambda c: replace(c, lane=0, journal=b"y" * 16),
    "no certificate of ours": lambda c: replace(
        c, certificate=b"\x80", journal=b"z" * 16
    ),
    "no segment": lambda c: replace(c, segment=b"\x80"),
    "a broken chain": lambda c: replace(c, segment=c.segment[:-9] + b"surat des"),
}


@pytest.mark.parametrize("how", sorted(_SPOIL))
def test_it_refuses(district: District, how: str) -> None:
    """A segment with a lie in it: nothing is stored, and the peer is told."""
    meeting = met(district)
    record(district, meeting.caller)
    meeting.caller.seal()
    responder, liar = meeting.responder(), _liar(meeting)
    responder.received(liar.to_send(1 << 16))
    before = meeting.answerer.vector()
    responder.received(liar.say(_SPOIL[how](liar.cargo(_own_civil(meeting)))))
    told = [
        f for f in FrameReader().feed(drain(responder)) if f.type == frames.EVIDENCE
    ]
    assert len(told) == 1 and hear_evidence(told[0]).code
    assert meeting.answerer.vector() == before
    meeting.hold()
    assert meeting.evidence == []


def test_it_refuses_our_own_journal_from_elsewhere(district: District) -> None:
    """The hub takes no entry of its own from an office, true or not."""
    meeting = met(district)
    responder, liar = meeting.responder(), _liar(meeting)
    responder.received(liar.to_send(1 << 16))
    hubs = next(r.id for r in meeting.caller.journals() if not r.own)
    responder.received(liar.say(liar.cargo(hubs)))
    told = [f.type for f in FrameReader().feed(drain(responder))]
    assert frames.EVIDENCE in told


def test_it_hears_of_a_fork_from_a_clone(district: District) -> None:
    """Two seals over one place: the hub keeps its branch, keeps evidence, tells the clone."""
    meeting = met(district)
    twin_folder = district.folder / "twin"
    shutil.copytree(district.members["Enggano"].folder, twin_folder)
    twin = district.open("Enggano", folder=twin_folder)
    record(district, meeting.caller, 3)
    meeting.hold()
    before = meeting.answerer.events()
    record(district, twin, 2)
    Memory.load(twin.local, meeting.answerer.node_id).raise_counts(sessions=40)
    other = Meeting(twin, meeting.answerer, doors=meeting.doors)
    initiator, responder = other.initiator(), other.responder()
    responder.received(drain(initiator))
    initiator.received(drain(responder))
    assert [told.code for told in initiator.evidence_heard] == ["fork"]
    assert "further" in {found.kind for found in other.evidence}
    fork = next(found for found in other.evidence if found.kind == "fork")
    assert fork.seal and fork.ours != fork.theirs
    assert meeting.answerer.events() == before


def test_it_sends_no_more_of_a_refused_journal(district: District) -> None:
    """After EVIDENCE the sender leaves that journal alone and says which it was."""
    meeting = met(district)
    record(district, meeting.caller)
    meeting.caller.seal()
    journal = _own_civil(meeting)
    told = Evidence(journal, 1, 1, "fork").encode().encode()
    caller = meeting.initiator()
    answering = meeting.responder()
    answering.received(caller.to_send(1 << 16))
    caller.received(drain(answering) + told)
    assert [e.journal for e in caller.evidence_heard] == [journal]
    sent = [f.type for f in FrameReader().feed(frames.MAGIC + drain(caller))]
    assert frames.SEG not in sent


def test_it_begins_again_where_the_peer_lost_pieces(district: District) -> None:
    """The hub lost the pieces it had acknowledged: the blob goes again from there."""
    meeting = met(district)
    _, ref = record_part(district, meeting.caller, 12 * limits.CHUNK_BYTES)
    meeting.hold(cut=90_000)
    partial = district.members["Hub"].folder / "blobs" / "partial"
    assert meeting.answerer.blobs.chunks_here(ref.sha256)
    shutil.rmtree(partial)
    meeting.hold()
    assert meeting.answerer.blobs.has(ref.sha256)


def test_it_goes_back_where_the_peer_lost_entries(district: District) -> None:
    """The peer holds less than its last ack said: it gets all of it again."""
    meeting = met(district)
    record(district, meeting.caller, 2)
    meeting.caller.seal()
    record(district, meeting.caller, 2)
    meeting.caller.seal()
    journal = _own_civil(meeting)
    first = next(meeting.caller.segments(journal, 0))
    memory = Memory.load(meeting.caller.local, meeting.answerer.node_id)
    memory.set_acked(journal, Reach(first.b, first.h_b[:8]))
    meeting.hold()
    assert len([e for e in meeting.answerer.events() if e.lane == 1]) == 4


def test_it_passes_over_content_it_cannot_open(district: District) -> None:
    """A frame under another key is counted and passed over; the exchange goes on."""
    meeting = met(district)
    record(district, meeting.caller)
    stray, initiator, responder = _liar(meeting), _liar(meeting), meeting.responder()
    meeting.caller.seal()
    responder.received(initiator.to_send(1 << 16))
    responder.received(stray.say(stray.cargo(_own_civil(meeting))))
    assert [e for e in meeting.answerer.events() if e.lane == 1] == []
    responder.received(initiator.say(initiator.cargo(_own_civil(meeting))))
    assert [e for e in meeting.answerer.events() if e.lane == 1]
    assert responder.refusal is None


def test_it_stops_at_the_peers_budget(district: District) -> None:
    """A peer that takes so many bytes now gets the rest at the next contact."""
    meeting = met(district)
    _, ref = record_part(district, meeting.caller, 20 * limits.CHUNK_BYTES)
    responder = meeting.responder()
    responder._side.budget_bytes = 60_000
    initiator = meeting.initiator()
    count = relay(initiator, responder, None, 1 << 16)
    assert initiator.finished and responder.finished
    assert responder.peer_end is not None and responder.peer_end.more
    assert count.up_bytes < 60_000 + 2 * limits.WINDOW_START_BYTES
    initiator.close()
    meeting.hold()
    assert meeting.answerer.blobs.has(ref.sha256)


def test_it_takes_no_chunk_that_does_not_fit(district: District) -> None:
    """Pieces of a wrong size or place never become part of a blob."""
    meeting = met(district)
    _, ref = record_part(district, meeting.caller, 3 * limits.CHUNK_BYTES)
    liar, responder = _liar(meeting), meeting.responder()
    responder.received(liar.to_send(1 << 16))
    responder.received(liar.to_send(3_000))
    for index, piece in ((0, b"short"), (99, b"x" * limits.CHUNK_BYTES)):
        responder.received(liar.say(ChunkCargo(blob_name(ref.sha256), index, 3, piece)))
    assert not meeting.answerer.blobs.has(ref.sha256)
    meeting.hold()
    assert meeting.answerer.blobs.has(ref.sha256)


def test_it_refuses_a_second_hello(district: District) -> None:
    """One HELLO a session, on either side."""
    meeting = met(district)
    initiator, responder = meeting.initiator(), meeting.responder()
    hello = initiator.to_send(1 << 16)
    responder.received(hello)
    answer = responder.to_send(1 << 16)
    initiator.received(answer)
    responder.received(hello[len(frames.MAGIC) :])
    assert responder.refusal is not None and responder.refusal.code == "bad_message"
    again = next(iter(FrameReader().feed(answer)))
    assert again.type == frames.HELLO
    with pytest.raises(Refusal, match="bad_message"):
        initiator.received(Frame(again.type, again.payload).encode())


def test_it_goes_on_when_a_blob_was_erased(district: District) -> None:
    """A blob erased in the middle of its journey is left out; the rest arrives."""
    meeting = met(district)
    _, erased = record_part(district, meeting.caller, 12 * limits.CHUNK_BYTES)
    _, kept = record_part(district, meeting.caller, 2 * limits.CHUNK_BYTES)
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    meeting.caller.blobs.remove(erased.sha256)
    initiator.received(drain(responder))
    relay(initiator, responder, None, 1 << 16)
    assert initiator.finished and responder.finished
    assert meeting.answerer.blobs.has(kept.sha256)
    assert not meeting.answerer.blobs.has(erased.sha256)
