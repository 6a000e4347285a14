"""A chunk in parts: whole at the other end, and a new fact goes between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.sync import frames, limits
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.parts import LAST, Joining, Parting
from perahu.words import Refusal
from tests.cast import District
from tests.sync.road import Meeting, drain, record, record_part

_CHUNK = Frame(frames.CHUNK, bytes(limits.CHUNK_BYTES))


@given(st.binary(min_size=3_000, max_size=60_000), st.integers(1, 1_400))
def test_it_works(content: bytes, bytes_max: int) -> None:
    """However small the parts are, the frame comes out of them as it was."""
    parting, joining = Parting(), Joining()
    frame = Frame(frames.CHUNK, content, 0)
    assert parting.takes(frame, bytes_max)
    found = []
    while parting.is_on:
        found.append(joining.joined(parting.next(bytes_max)))
    assert found[-1] == frame and not any(found[:-1])


def test_it_leaves_small_frames_and_facts_whole() -> None:
    """Only a chunk that is much more than what goes out at once is parted."""
    parting = Parting()
    assert not parting.takes(_CHUNK, 9_000)
    assert not parting.takes(Frame(frames.SEG, bytes(30_000)), 1_000)
    assert not parting.is_on


def test_it_refuses_parts_that_are_no_chunk() -> None:
    """Parts of a HELLO, of nonsense, and without end: the stream cannot go on."""
    hello = Frame(frames.HELLO, b"hello").encode()
    for content in (hello, b"nonsense", _CHUNK.encode() + b"!"):
        with pytest.raises(Refusal, match="broken_stream"):
            Joining().joined(Frame(frames.PART, content, LAST))
    joining = Joining()
    with pytest.raises(Refusal, match="broken_stream"):
        for _ in range(40):
            joining.joined(Frame(frames.PART, bytes(2_000)))


def test_it_lets_a_fact_go_between(district: District, meeting: Meeting) -> None:
    """A fact recorded while a chunk is on its way waits for one part of it at most."""
    hub, enggano = meeting.answerer, meeting.caller
    record_part(district, enggano, 10 * limits.CHUNK_BYTES)
    initiator, responder = meeting.initiator(), meeting.responder()
    greeting = initiator.to_send(4_000)
    responder.received(greeting)
    initiator.received(drain(responder))
    said = b"".join(initiator.to_send(4_000) for _ in range(6))
    record(district, enggano)
    district.members["Enggano"].clock.wall_ms += 2_000
    later = b"".join(initiator.to_send(4_000) for _ in range(3))
    reader = FrameReader()
    list(reader.feed(greeting + said))
    kinds = [frame.type for frame in reader.feed(later)]
    assert frames.SEG in kinds[:3] and kinds.count(frames.PART) >= 2
    responder.received(said + later)
    assert len([e for e in hub.events() if e.lane == 1]) == 2
    initiator.received(drain(responder))
    while piece := initiator.to_send(4_000):
        responder.received(piece)
        initiator.received(drain(responder))
    assert initiator.finished and hub.blobs.missing() == []
