"""A peer that asks without end and takes no answer: what waits for it stays small."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.entry import genesis
from perahu.keys.certificates import open_epoch
from perahu.sync import limits
from perahu.sync.ack import EVIDENCE_BYTES, Evidence, Have, hear_end
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.initiator import Initiator
from perahu.sync.memory import Memory
from perahu.sync.postbag import frames as wire
from perahu.sync.postbag.frames import Offered
from perahu.sync.postbag.label import Label
from perahu.sync.receiving import Receiving
from perahu.sync.responder import Responder
from perahu.sync.sealed import SegmentCargo
from tests.attacks.thief import Pen
from tests.cast import District, corrected
from tests.sync.bags import Post
from tests.sync.road import AT_PROVINSI, Meeting, drain, record, record_part

_PIECE = limits.READ_BYTES


@pytest.fixture
def met(district: District) -> tuple[Initiator, Responder]:
    """Enggano has said HELLO to the hub and been heard; it takes nothing from now on."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    Meeting(enggano, hub).hold()
    record(district, enggano)
    Meeting(enggano, hub).hold()
    meeting = Meeting(enggano, hub)
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    return initiator, responder


def _ask(responder: Responder, frame: Frame, bytes_max: int = 8_000_000) -> int:
    """The same frame again and again, nothing taken; gives how many bytes were heard."""
    piece, sent = frame.encode() * (_PIECE // len(frame.encode())), 0
    while sent < bytes_max and responder.refusal is None:
        responder.received(piece)
        sent += len(piece)
    return sent


def test_it_asks_for_the_vector_without_end(met: tuple[Initiator, Responder]) -> None:
    """HAVE is answered once: ten bytes buy fifty thousand only once in a session."""
    _, responder = met
    before = len(responder._out)
    _ask(responder, Have(is_asking=True).encode())
    assert len(responder._out) - before < limits.FRAME_BYTES_MAX


def test_it_sends_nonsense_and_never_hears_so(
    met: tuple[Initiator, Responder],
) -> None:
    """Each bad segment is evidence to tell; who takes none of it is refused in time."""
    initiator, responder = met
    row = next(r for r in initiator.journal.journals() if r.own)
    cargo = SegmentCargo(row.id, 2, 2, row.lane, b"", b"", b"no segment at all")
    heard = _ask(responder, initiator._sealer.segment(cargo), 4_000_000)
    assert responder.refusal is not None and responder.refusal.code == "unread"
    waiting = len(responder._receiving.evidence) * EVIDENCE_BYTES
    assert waiting <= limits.UNREAD_BYTES_MAX + EVIDENCE_BYTES and heard < 4_000_000


def test_it_names_journals_that_nobody_knows(
    met: tuple[Initiator, Responder],
) -> None:
    """Thousands of journals without papers: the next ACK still fits a frame."""
    initiator, responder = met
    sent = b""
    for number in range(3_000):
        name = number.to_bytes(16, "little")
        cargo = SegmentCargo(name, 2, 2, 1, b"", b"", b"x")
        sent += initiator._sealer.segment(cargo).encode()
    responder.received(sent)
    said = drain(responder)
    assert responder.refusal is None and len(said) < limits.FRAME_BYTES_MAX


def test_it_goes_on_after_it_was_refused(met: tuple[Initiator, Responder]) -> None:
    """Whoever was told to stop and sends on fills nothing: not a byte is kept."""
    _, responder = met
    responder.received(b"\xff" * 40)
    assert responder.refusal is not None
    for _ in range(100):
        responder.received(b"\x03\x00\x00\x00\xff\xff" + bytes(_PIECE))
    assert responder._reader.pending_bytes < 100
    said = b""
    while piece := responder.to_send(1 << 16):
        said += piece
    *_, end = FrameReader().feed(said)
    assert hear_end(end).code == "broken_stream"


def test_it_accuses_without_end(met: tuple[Initiator, Responder]) -> None:
    """A million EVIDENCEs leave a few for the people who look, and the session goes on."""
    initiator, responder = met
    row = next(r for r in initiator.journal.journals() if r.own)
    _ask(responder, Evidence(row.id, 1, 1, "bad_segment").encode(), 500_000)
    assert len(responder.evidence_heard) == limits.EVIDENCE_KEPT_MAX
    assert responder.refusal is None


def test_it_tells_of_parcels_and_takes_no_word_of_them(post: Post) -> None:
    """PARCELS that are here already, ten thousand times: what we would say is bounded."""
    initiator, responder = post.sessions("Ketahun", "Kapal")
    for _ in range(6):
        responder.received(initiator.to_send(1 << 16))
        initiator.received(responder.to_send(1 << 16))
    talk = initiator._post
    assert talk is not None
    (parcel,) = post.lies("Kapal")
    us = post.at("Ketahun").node_id
    for number in range(10_000):
        told = _offered(parcel.label.sender, us, number)
        talk.heard(told)
    assert len(talk._got) <= 2 * 256


def _offered(sender: bytes, us: bytes, number: int) -> Frame:
    """A parcel that says it is one of our own: we need it no more, whatever it is called."""
    label = Label(
        sender=us, receiver=sender, incarnation=bytes(16), number=1, part=1, wall_ms=1
    )
    sha = number.to_bytes(32, "big")
    return wire.parcels([Offered(sha=sha, size=50_000, hops=0, label=label)])


@pytest.fixture
def post(district: District, tmp_path: Path) -> Post:
    """Enggano's letter is in Kapal's bag."""
    made = Post(district, tmp_path)
    record_part(district, made.at("Enggano"), 30_000)
    made.send("Enggano", "Hub")
    made.meet("Kapal", "Enggano")
    return made


def test_it_certifies_epochs_without_end(district: District) -> None:
    """A stolen key makes journal after journal: a vector still fits every exchange."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    member, papers = district.members["Enggano"], enggano.chain.papers
    memory = Memory.load(hub.local, enggano.node_id)
    receiving = Receiving(hub, memory, AT_PROVINSI, lambda _: None)
    for epoch in range(2, limits.EPOCHS_MAX + 12):
        nonce = epoch.to_bytes(16, "big")
        chain = open_epoch(member.keys, papers, epoch=epoch, nonce=nonce)
        raw = chain.encode()
        key = member.keys.epoch_sign_key(epoch, nonce)
        pen = Pen(chain, key, 1, h=genesis(raw)).write(corrected())
        sealed = pen.seal().encode()
        receiving.segment(SegmentCargo(pen.journal, 1, 1, 1, b"", raw, sealed))
    theirs = [row for row in hub.journals() if row.node == enggano.node_id]
    assert len(theirs) == limits.EPOCHS_MAX and receiving.stored_entries == len(theirs)
    assert all(told.code == "bad_segment" for told in receiving.evidence)
    assert hub.verify().sound
