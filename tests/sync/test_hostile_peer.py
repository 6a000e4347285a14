"""Attacks by a peer that holds good papers, and by one that does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from perahu.journal.types import COMMON, Draft, Level
from perahu.keys.facts import NodeRevoked
from perahu.sync import frames
from perahu.sync.ack import Ack, End, hear_ack, hear_end, manifest
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.initiator import Initiator
from perahu.sync.offer import Peer
from perahu.sync.vector import Reach
from perahu.words import Refusal
from tests.cast import District
from tests.sync.road import Meeting, drain, met, record, record_part


def _frames(stream: bytes) -> list[Frame]:
    return list(FrameReader().feed(stream))


def _stream(sent: list[Frame]) -> bytes:
    return frames.MAGIC + b"".join(frame.encode() for frame in sent)


def _end_code(stream: bytes) -> str:
    ends = [hear_end(f) for f in _frames(stream) if f.type == frames.END]
    return ends[-1].code


def test_it_refuses_an_ack_of_another_key(district: District) -> None:
    """An ACK signed by another key raises no receipt."""
    meeting = met(district)
    receipt = record(district, meeting.caller)
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    answer = _frames(drain(responder))
    stranger = district.open("Ketahun")
    for i, frame in enumerate(answer):
        if frame.type == frames.ACK:
            said = _said(meeting, initiator, frame)
            answer[i] = said.sign(stranger.sign)
    with pytest.raises(Refusal, match="bad_signature"):
        initiator.received(_stream(answer))
    level = meeting.caller.level_of(receipt.journal, receipt.seq)
    assert level is Level.RECORDED


def _said(meeting: Meeting, initiator: Initiator, frame: Frame) -> Ack:
    """What the hub acknowledges in this session."""
    hub = meeting.answerer
    between = (initiator._id, hub.incarnation)
    return hear_ack(frame, hub.chain.epoch.public, between)


def _with_ack(
    meeting: Meeting, change: Callable[[Ack], Ack]
) -> tuple[list[Frame], object]:
    """The hub's answer with its ACK changed and signed again: a hub that lies."""
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    answer = _frames(drain(responder))
    changed = [
        change(_said(meeting, initiator, f)).sign(meeting.answerer.sign)
        if f.type == frames.ACK
        else f
        for f in answer
    ]
    return changed, initiator


def test_it_refuses_an_ack_of_more_than_was_sent(district: District) -> None:
    """A receiver cannot acknowledge bytes that never left."""
    meeting = met(district)
    record(district, meeting.caller)
    answer, initiator = _with_ack(
        meeting, lambda a: dataclasses.replace(a, received_bytes=1 << 30)
    )
    with pytest.raises(Refusal, match="forged_ack"):
        initiator.received(_stream(answer))  # type: ignore[attr-defined]


def test_it_refuses_an_ack_of_another_session(district: District) -> None:
    """An ACK is good in its own session only."""
    meeting = met(district)
    record(district, meeting.caller)
    answer, initiator = _with_ack(
        meeting, lambda a: dataclasses.replace(a, session=b"x" * 16)
    )
    with pytest.raises(Refusal, match="forged_ack"):
        initiator.received(_stream(answer))  # type: ignore[attr-defined]


def test_it_finds_an_ack_of_another_history(district: District) -> None:
    """A hub that shows our journal otherwise than we hold it: evidence, no receipt."""
    meeting = met(district)
    receipt = record(district, meeting.caller)
    name = receipt.journal[:8]
    answer, initiator = _with_ack(
        meeting,
        lambda a: dataclasses.replace(
            a, reached={name: Reach(receipt.seq, b"otherwis")}
        ),
    )
    initiator.received(_stream(answer))  # type: ignore[attr-defined]
    assert [e.kind for e in meeting.evidence] == ["different"]
    level = meeting.caller.level_of(receipt.journal, receipt.seq)
    assert level is Level.RECORDED


def test_it_finds_an_ack_further_than_our_journal(district: District) -> None:
    """A hub that holds more of our journal than we do: we were rolled back."""
    meeting = met(district)
    receipt = record(district, meeting.caller)
    name = receipt.journal[:8]
    answer, initiator = _with_ack(
        meeting,
        lambda a: dataclasses.replace(a, reached={name: Reach(99, b"further!")}),
    )
    initiator.received(_stream(answer))  # type: ignore[attr-defined]
    assert [(e.kind, e.seq) for e in meeting.evidence] == [("further", 99)]


def test_it_lets_no_office_raise_the_hubs_receipts(district: District) -> None:
    """Only the ack of a hub or a second site makes a receipt rise."""
    meeting = met(district)
    hub = meeting.answerer
    row = next(r for r in hub.journals() if r.own and r.audience == COMMON)
    assert row.safe_seq == 0 and row.received_seq == 0


def test_it_refuses_a_hello_for_somebody_else(district: District) -> None:
    """A HELLO that names another receiver is refused politely."""
    meeting = met(district)
    ketahun = district.open("Ketahun")
    stray = Meeting(meeting.caller, ketahun)
    responder = meeting.responder()
    responder.received(drain(stray.initiator()))
    assert _end_code(drain(responder)) == "wrong_recipient"
    assert responder.finished


def test_it_refuses_an_answer_of_somebody_else(district: District) -> None:
    """A node with good papers answers in the hub's place: nothing of it is believed."""
    meeting = met(district)
    ketahun = district.open("Ketahun")
    stray = Meeting(meeting.caller, ketahun)
    initiator = meeting.initiator()
    responder = stray.responder()
    responder.received(drain(stray.initiator()))
    answer = drain(responder)
    with pytest.raises(Refusal):
        initiator.received(answer)


def test_it_refuses_a_stranger_of_another_root(district: District) -> None:
    """Papers under another root open no door."""
    meeting = met(district)
    other = District(district.folder / "other", seed="2")
    stranger = other.open("Enggano")
    node = meeting.answerer.certificate
    stray = Meeting(stranger, meeting.answerer)
    assert stray.peer == Peer(node.node_id, node.box_public, node.name)
    responder = meeting.responder()
    responder.received(drain(stray.initiator()))
    assert _end_code(drain(responder)) == "bad_certificate"
    other.close()


def test_it_refuses_a_revoked_node(district: District) -> None:
    """A revoked node is told so and brings nothing in."""
    meeting = met(district)
    hub, before = meeting.answerer, meeting.answerer.vector()
    fact = NodeRevoked(node=meeting.caller.node_id, reason="dicuri")
    with hub.writing() as book:
        book.append(district.ask("Hub"), [Draft(fact, audience=COMMON)])
    hub.catch_up()
    record(district, meeting.caller)
    responder = meeting.responder()
    responder.received(drain(meeting.initiator()))
    assert _end_code(drain(responder)) == "revoked"
    assert hub.vector().keys() == before.keys()


def test_it_refuses_a_node_without_business_here(district: District) -> None:
    """Good papers alone are not enough: node must know what the caller is to us."""
    meeting = met(district)
    meeting.doors.offer_for = lambda _: None
    responder = meeting.responder()
    responder.received(drain(meeting.initiator()))
    assert _end_code(drain(responder)) == "unknown_peer"


def test_it_takes_no_journal_of_another_office(district: District) -> None:
    """An office may bring its own journals only, however well they are signed."""
    meeting = met(district)
    ketahun = district.open("Ketahun")
    Meeting(ketahun, meeting.answerer, doors=meeting.doors).hold()
    from perahu.sync.offer import Gives, Offer, Takes

    record(district, meeting.caller)
    hub = meeting.answerer
    meeting.hold()
    # Ketahun's session claims everything it holds, the hub's journals among them.
    wide = Meeting(ketahun, hub, Offer(Gives.ALL, Takes.OWN), doors=meeting.doors)
    wide.hold()
    nodes = {row.node for row in hub.journals()}
    assert nodes <= {hub.node_id, meeting.caller.node_id, ketahun.node_id}
    assert hub.verify().sound


def test_it_keeps_no_blob_that_nobody_cites(district: District) -> None:
    """A peer cannot fill the disk with blobs that no fact cites."""
    meeting = met(district)
    initiator, responder = meeting.initiator(), meeting.responder()
    _, ref = record_part(district, meeting.caller, 500)
    responder.received(drain(initiator))
    uncited = dataclasses.replace(ref, sha256=b"u" * 32)
    responder.received(manifest([uncited]).encode())
    drain(responder)
    assert not meeting.answerer.blobs.has(uncited.sha256)
    assert meeting.answerer.blobs.chunks_here(uncited.sha256) == set()


@pytest.mark.parametrize("kind", [frames.SEG, frames.ACK, frames.END, frames.CHUNK])
def test_it_refuses_content_before_hello(district: District, kind: int) -> None:
    """Nothing is believed of a peer that has not said who it is."""
    meeting = met(district)
    responder = meeting.responder()
    responder.received(_stream([Frame(kind, End().encode().payload)]))
    assert _end_code(drain(responder)) == "bad_message"


def test_it_takes_frames_in_any_order_and_twice(district: District) -> None:
    """Reordered and repeated content frames leave the book sound and the vector honest."""
    meeting = met(district)
    for _ in range(3):
        record(district, meeting.caller, 2)
        meeting.caller.seal()
    sent = _frames(drain(meeting.initiator()))
    content = [f for f in sent if f.type == frames.SEG]
    assert len(content) == 3
    mixed = [sent[0], content[2], content[0], content[0], content[2], content[1]]
    responder = meeting.responder()
    responder.received(_stream(mixed))
    civil = [e for e in meeting.answerer.events() if e.lane == 1]
    assert [e.seq for e in civil] == [1, 2, 3, 4]
    meeting.hold()
    assert len([e for e in meeting.answerer.events() if e.lane == 1]) == 6


def test_it_stops_at_noise(district: District) -> None:
    """Garbage in the stream ends the connection; what was whole before stands."""
    meeting = met(district)
    record(district, meeting.caller, 2)
    responder = meeting.responder()
    responder.received(drain(meeting.initiator()) + b"\xff" * 50)
    assert responder.refusal is not None
    assert responder.refusal.code == "broken_stream"
    assert len([e for e in meeting.answerer.events() if e.lane == 1]) == 2
    meeting.hold()
