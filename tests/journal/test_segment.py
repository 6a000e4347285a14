"""Segments: what one may hold, and that no changed byte of one is ever believed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from perahu.cards.facts import StockReceived
from perahu.journal import limits
from perahu.journal.entry import Entry, Header
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.segment import Segment, check_chain, close_segment, decode_segment
from perahu.journal.types import Draft
from perahu.keys import cbor
from perahu.words import Refusal
from tests.cast import SARI, District, with_hub
from tests.journal.stores import StoreDistrict


def noted(size: int) -> StockReceived:
    """A fact with a body of about this many bytes."""
    return StockReceived(item="blanko", count=1, source="PUSAT", document="x" * size)


def write(district: StoreDistrict, journal: Journal, *sizes: int) -> list[Segment]:
    """The sealed segments of Enggano's control journal after facts of these sizes."""
    with journal.writing() as book:
        drafts = [Draft(noted(size)) for size in sizes]
        book.append(district.ask("Enggano", SARI), drafts)
    journal.seal()
    row = next(r for r in journal.journals() if r.own and r.lane == 0)
    return list(journal.segments(row.id, 0))


@pytest.mark.parametrize(
    ("count", "lengths"),
    [(1, [1]), (256, [256]), (257, [256, 1]), (600, [256, 256, 88])],
)
def test_it_holds_256_entries(
    district: StoreDistrict, count: int, lengths: list[int]
) -> None:
    """One more than a segment may hold begins the next one."""
    _, enggano = with_hub(district)
    segments = write(district, enggano, *[1] * count)
    assert [len(s.entries) for s in segments] == lengths
    assert enggano.verify().sound


def test_it_holds_48_kilobytes(district: StoreDistrict) -> None:
    """Big bodies are cut earlier; a single one of 32 KB always fits."""
    _, enggano = with_hub(district)
    segments = write(district, enggano, 20_000, 20_000, 20_000, 32_000, 32_000, 5_000)
    assert [len(s.entries) for s in segments] == [2, 1, 1, 2]
    for segment in segments:
        size = sum(entry.size for entry in segment.entries)
        assert size <= limits.SEGMENT_BYTES_MAX
        assert len(segment.encode()) <= 64 * 1024


def test_it_is_sealed_once(district: StoreDistrict) -> None:
    """Sealing again with nothing new makes no new segment."""
    _, enggano = with_hub(district)
    before = write(district, enggano, 1, 2, 3)
    enggano.seal()
    assert list(enggano.segments(before[0].journal, 0)) == before
    assert list(enggano.segments(before[0].journal, 3)) == []


def test_it_gives_the_segment_that_reaches_beyond(district: StoreDistrict) -> None:
    """Who has entry 2 of 1..3 gets 1..3: a segment is never cut."""
    _, enggano = with_hub(district)
    write(district, enggano, 1, 2, 3)
    segments = write(district, enggano, 4)
    assert [s.a for s in enggano.segments(segments[0].journal, 2)] == [1, 4]


def _heard(district: StoreDistrict) -> tuple[Journal, Segment]:
    hub, enggano = with_hub(district)
    segment = write(district, enggano, 5, 6, 7, 8)[0]
    for row in enggano.journals():
        if row.own:
            hub.introduce(row.certificate, row.lane, row.audience)
    return hub, segment


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.integers(0, 5000), flip=st.integers(1, 255))
def test_it_refuses_every_flipped_byte(
    flipping: tuple[Journal, bytes], at: int, flip: int
) -> None:
    """One changed byte anywhere in a segment: nothing of it is stored."""
    hub, raw = flipping
    torn = bytearray(raw)
    torn[at % len(raw)] ^= flip
    before = hub.vector()
    with pytest.raises(Refusal):
        hub.receive(decode_segment(bytes(torn)))
    assert hub.vector() == before


@pytest.fixture
def flipping(district: StoreDistrict) -> tuple[Journal, bytes]:
    """A hub, and the bytes of a segment it has not received yet."""
    hub, segment = _heard(district)
    return hub, segment.encode()


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=400))
def test_it_refuses_any_other_bytes(raw: bytes) -> None:
    """Whatever comes, the answer is a refusal and never a fault of ours."""
    with pytest.raises(Refusal):
        decode_segment(raw)


_SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**60) | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.integers(0, 9), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=_SHAPES)
def test_it_refuses_any_other_form(value: object) -> None:
    """Good CBOR that is no segment is refused in words too."""
    with pytest.raises(Refusal):
        decode_segment(cbor.encode(value))


@pytest.mark.parametrize(
    "change",
    [
        {"a": 2},
        {"b": 3},
        {"h_b": bytes(32)},
        {"lamport": 999},
        {"wall_ms": 5},
        {"seal": bytes(64)},
    ],
)
def test_it_refuses_another_head(
    district: StoreDistrict, change: dict[str, Any]
) -> None:
    """Each number of the head is under the seal and equal to what the entries say."""
    hub, segment = _heard(district)
    with pytest.raises(Refusal, match="bad_"):
        hub.receive(decode_segment(dataclasses.replace(segment, **change).encode()))


def test_it_replaces_a_shorter_run_from_the_same_place(district: StoreDistrict) -> None:
    """An author that lost its seals seals 1..3 where it once sealed 1..2: both verify."""
    hub, enggano = with_hub(district)
    short = write(district, enggano, 1, 2)[0]
    for row in enggano.journals():
        if row.own:
            hub.introduce(row.certificate, row.lane, row.audience)
    assert hub.receive(short) is Received.STORED
    with enggano._book.store.transaction():
        enggano._book.store.run("DELETE FROM segments WHERE a = 1 AND b = 2")
        enggano._book.store.run("UPDATE journals SET sealed_seq = 0 WHERE own = 1")
    long = write(district, enggano, 3)[0]
    assert (long.a, long.b) == (1, 3)
    assert hub.receive(long) is Received.STORED
    assert hub.receive(short) is Received.KNOWN
    assert hub.verify().sound and hub.vector()[long.journal[:8]][0] == 3
    provinsi = district.open("Provinsi")
    row = next(r for r in hub.journals() if r.node == enggano.node_id and r.head_seq)
    provinsi.introduce(row.certificate, row.lane, row.audience)
    for segment in hub.segments(row.id, 0):
        assert provinsi.receive(segment) is Received.STORED


def test_it_has_no_holes(district: District) -> None:
    """Entries that do not follow one another are never sealed together."""
    key = district.root
    header = Header(
        seq=3, fact_type=1, version=1, lamport=1, wall_ms=1, quality=0, op_id=bytes(16)
    )
    entry = Entry.whole(header.encode(), bytes(16), b"\xa0")
    with pytest.raises(AssertionError, match="no holes"):
        close_segment(bytes(16), 1, bytes(32), (entry, entry), key)


@pytest.mark.parametrize(
    "columns",
    [
        [[b"h"], bytes(16), [bytes(limits.BODY_BYTES_MAX + 1)]],
        [[b"h"], bytes(15), [b"body"]],
        [[b"h"], bytes(31), [None]],
        [[b"h"], bytes(33), [None]],
        [[b"h"], "salt", [b"body"]],
        [[7], bytes(16), [b"body"]],
    ],
)
def test_it_refuses_columns_of_another_size(columns: list[Any]) -> None:
    """Bodies over the limit, and salts that are too few, too many or none."""
    raw = cbor.encode([[bytes(16), 1, 1, bytes(32), 1, 1], bytes(64), *columns])
    with pytest.raises(Refusal, match="bad_segment"):
        decode_segment(raw)


def test_it_refuses_entries_that_stand_at_another_place(
    district: StoreDistrict,
) -> None:
    """Signed entries under another number: it is said which one stands where."""
    _, enggano = with_hub(district)
    first = write(district, enggano, 1, 1)[0]
    moved = dataclasses.replace(first, a=2, b=3)
    with pytest.raises(Refusal, match="bad_segment") as caught:
        check_chain(moved, bytes(32), VerifyKey(enggano.chain.epoch.public))
    assert "seq 1 at 2" in str(caught.value.words.en)
