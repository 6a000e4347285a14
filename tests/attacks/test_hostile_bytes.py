"""Bytes made to hurt the reader: huge lengths, depth, bombs of any kind."""

from __future__ import annotations

import tracemalloc
from zlib import crc32

import pytest

from perahu.journal import limits
from perahu.journal.beside.mirror import Mirror
from perahu.journal.entry import decode_header
from perahu.journal.segment import decode_segment
from perahu.keys import cbor
from perahu.keys.certificates import Chain
from perahu.node.disk import RealDisk
from perahu.words import Refusal
from tests.attacks.thief import Pen
from tests.cast import corrected, stocked, with_hub
from tests.journal.stores import StoreDistrict, with_mirror

_HUGE = b"\xff" * 8
BOMBS = {
    "array of 2^64": b"\x9b" + _HUGE,
    "map of 2^64": b"\xbb" + _HUGE,
    "bytes of 2^64": b"\x5b" + _HUGE,
    "text of 2^64": b"\x7b" + _HUGE,
    "array of 2^32": b"\x9a\xff\xff\xff\xff",
    "bytes of 2^31": b"\x5a\x7f\xff\xff\xff",
    "depth": b"\x81" * 30_000,
    "depth of maps": b"\xa1\x01" * 10_000,
    "endless": b"\x9f" * 10_000,
    "bignum": b"\xc2\x59\xff\xff" + bytes(0xFFFF),
    "shared": b"\xd8\x1c\x81\xd8\x1d\x00",
    "nothing": b"",
    "too long": bytes(70_000),
    "segment of bombs": b"\x85" + b"\x9b" + _HUGE,
    "many headers": b"\x85\x86\x40\x01\x02\x40\x03\x04\x40\x9a\x00\xff\xff\xff",
}


@pytest.mark.parametrize("name", BOMBS)
def test_it_refuses_hostile_bytes_cheaply(name: str) -> None:
    """Each reader refuses, and takes no memory for what was only announced."""
    raw = BOMBS[name]
    tracemalloc.start()
    try:
        for read in (
            decode_segment,
            decode_header,
            lambda b: cbor.decode(b, limits.BODY_BYTES_MAX),
            lambda b: Chain.decode(b, bytes(32)),
        ):
            with pytest.raises(Refusal):
                read(raw)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_it_refuses_a_hostile_header_under_a_good_seal(
    district: StoreDistrict, name: str
) -> None:
    """Even signed by a real node, what is no header is not stored."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Ketahun", 1)
    pen.seq = 1
    pen.add(BOMBS[name], b"\xa0")
    hub.introduce(pen.chain.encode(), 1, b"")
    before = hub.vector()
    with pytest.raises(Refusal):
        hub.receive(pen.seal())
    assert hub.vector() == before


def test_it_refuses_more_entries_than_a_segment_holds(district: StoreDistrict) -> None:
    """257 entries under one good seal."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Ketahun", 1)
    for _ in range(limits.SEGMENT_ENTRIES_MAX + 1):
        pen.write(corrected())
    hub.introduce(pen.chain.encode(), 1, b"")
    with pytest.raises(Refusal):
        hub.receive(decode_segment(pen.seal().encode()))


def test_it_refuses_a_body_over_its_limit(district: StoreDistrict) -> None:
    """32 KB and one byte, sealed: refused where it is read."""
    pen = Pen.of(district, "Ketahun", 1)
    pen.write(corrected(), body=bytes(limits.BODY_BYTES_MAX + 1))
    with pytest.raises(Refusal, match="bad_segment"):
        decode_segment(pen.seal().encode())


@pytest.mark.parametrize("name", BOMBS)
def test_it_starts_with_a_hostile_stick(district: StoreDistrict, name: str) -> None:
    """A mirror whose records are bombs with good checksums does not stop the node."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    path = next(folder.glob("*.jrnm"))
    raw = path.read_bytes()
    enggano.close()
    bomb = b"PRHM" + len(BOMBS[name]).to_bytes(4, "big") + BOMBS[name]
    path.write_bytes(raw + bomb + _checked(bomb) + _record([1] * 9) + _record([]) + raw)
    enggano = district.open("Enggano")
    assert enggano.epoch == 1 and enggano.verify().sound
    read = list(Mirror(folder, RealDisk()).read(enggano.node_id, 1))
    assert {m.seq for m in read} == {1}


def _record(value: object) -> bytes:
    body = cbor.encode(value)
    framed = b"PRHM" + len(body).to_bytes(4, "big") + body
    return framed + _checked(framed)


def _checked(framed: bytes) -> bytes:
    return crc32(framed).to_bytes(4, "big")


def test_it_believes_no_planted_entry_on_a_stick(district: StoreDistrict) -> None:
    """Whoever found the stick adds an entry that chains on: it has no key, so no body."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    path = next(folder.glob("*.jrnm"))
    pen = Pen.of(district, "Enggano", 1)
    pen.seq = 1
    pen.write(corrected())
    entry = pen.entries[0]
    planted = [
        pen.journal, 1, b"", b"", 2, entry.header, entry.salt, b"x" * 40, bytes(32),
    ]  # fmt: skip
    path.write_bytes(path.read_bytes() + _record(planted))
    enggano = district.open("Enggano")
    assert [r.head_seq for r in enggano.journals() if r.own and r.epoch == 1] == [1]
    assert district.state(enggano) and not [
        w for w in enggano.verify().faults if "mirror" not in w.en
    ]


def test_it_takes_its_tail_back_from_between_planted_records(
    district: StoreDistrict,
) -> None:
    """Foreign journals, garbage headers and false bodies stand around the true tail."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    district.state(enggano, stocked(1), corrected())
    events = enggano.events()
    enggano.close()
    district.restore(saved, keep=("fence",))
    path = next(folder.glob("*.jrnm"))
    ours, theirs = (Pen.of(district, name, 2) for name in ("Enggano", "Ketahun"))
    for pen in (ours, theirs):
        pen.write(corrected())
    header = ours.entries[0].header
    tail = [1, header, bytes(16), b"x" * 40, bytes(32)]
    planted = [
        [theirs.journal, 2, b"", theirs.chain.encode(), *tail],
        [bytes(16), 2, b"", ours.chain.encode(), *tail],
        [ours.journal, 2, b"", b"no certificate", *tail],
        [ours.journal, 2, b"", ours.chain.encode(), *tail],
        [ours.journal, 2, b"", b"", 1, b"no header", bytes(16), b"x", bytes(32)],
        [ours.journal, 2, b"", b"", 7, header, bytes(16), b"x" * 40, bytes(32)],
    ]
    around = b"".join(map(_record, planted))
    path.write_bytes(around + path.read_bytes() + around)
    enggano = district.open("Enggano")
    assert enggano.healing.copied_back == 2
    assert enggano.events() == events
    assert not [w for w in enggano.verify().faults if "mirror" not in w.en]
