"""Headers of entries: the one canonical form, and each limit one under and one over."""

from __future__ import annotations

import dataclasses
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.journal import limits
from perahu.journal.entry import Entry, Header, commit_of, decode_header, genesis, link
from perahu.journal.types import BlobRef
from perahu.keys import cbor
from perahu.words import Refusal

COUNTS = st.integers(1, 2**53 - 1)
BLOBS = st.builds(
    BlobRef,
    sha256=st.binary(min_size=32, max_size=32),
    size=st.integers(1, limits.BLOB_BYTES_MAX),
    blob_class=st.sampled_from([1, 2, 3, 4]),
)
HEADERS = st.builds(
    Header,
    seq=COUNTS,
    fact_type=COUNTS,
    version=COUNTS,
    lamport=COUNTS,
    wall_ms=st.integers(-(2**53) + 1, 2**53 - 1),
    quality=st.integers(0, 3),
    op_id=st.binary(min_size=16, max_size=16),
    subjects=st.lists(st.binary(min_size=12, max_size=12), max_size=8).map(tuple),
    parents=st.lists(
        st.tuples(st.binary(min_size=8, max_size=8), COUNTS), max_size=8
    ).map(tuple),
    officer=st.just(b"") | st.binary(min_size=8, max_size=8),
    blobs=st.lists(BLOBS, max_size=16).map(tuple),
)
PLAIN = Header(
    seq=1, fact_type=24, version=1, lamport=7, wall_ms=5, quality=0, op_id=bytes(16)
)


@settings(max_examples=150)
@given(header=HEADERS)
def test_it_works(header: Header) -> None:
    """Any honest header comes back as it went, and fits."""
    raw = header.encode()
    assert decode_header(raw) == header
    assert len(raw) <= limits.HEADER_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "fits", "over"),
    [
        ("seq", 2**53 - 1, 2**53),
        ("seq", 1, 0),
        ("fact_type", 1, -1),
        ("version", 1, 0),
        ("lamport", 2**53 - 1, 2**53),
        ("wall_ms", 1 - 2**53, -(2**53)),
        ("quality", 3, 4),
        ("op_id", bytes(16), bytes(17)),
        ("officer", bytes(8), bytes(7)),
        ("subjects", (bytes(12),) * 8, (bytes(12),) * 9),
        ("subjects", (bytes(12),), (bytes(13),)),
        ("parents", ((bytes(8), 1),) * 8, ((bytes(8), 1),) * 9),
        ("parents", ((bytes(8), 1),), ((bytes(9), 1),)),
        ("parents", ((bytes(8), 1),), ((bytes(8), 0),)),
        ("blobs", (BlobRef(bytes(32), 1, 1),) * 16, (BlobRef(bytes(32), 1, 1),) * 17),
        (
            "blobs",
            (BlobRef(bytes(32), limits.BLOB_BYTES_MAX, 1),),
            (BlobRef(bytes(32), limits.BLOB_BYTES_MAX + 1, 1),),
        ),
        ("blobs", (BlobRef(bytes(32), 1, 4),), (BlobRef(bytes(32), 1, 5),)),
        ("blobs", (BlobRef(bytes(32), 1, 1),), (BlobRef(bytes(31), 1, 1),)),
        ("blobs", (BlobRef(bytes(32), 1, 1),), (BlobRef(bytes(32), 0, 1),)),
    ],
)
def test_it_limits(name: str, fits: Any, over: Any) -> None:
    """One under is a header, one over is none."""
    good = dataclasses.replace(PLAIN, **{name: fits})
    assert decode_header(good.encode()) == good
    with pytest.raises(Refusal, match="bad_entry"):
        decode_header(dataclasses.replace(PLAIN, **{name: over}).encode())


def fields(**changes: Any) -> bytes:
    """The bytes of a plain header with some numbers set otherwise, or left out."""
    found: dict[int, Any] = {1: 1, 2: 24, 3: 1, 4: 7, 5: 5, 7: bytes(16)}
    for name, value in changes.items():
        found[int(name[1:])] = value
    return cbor.encode({k: v for k, v in found.items() if v is not ...})


@pytest.mark.parametrize(
    "raw",
    [
        cbor.encode([]),
        cbor.encode(7),
        fields(n1=...),
        fields(n7=...),
        fields(n1=True),
        fields(n4="7"),
        fields(n6=True),
        fields(n7="0123456789abcdef"),
        fields(n8=b"0123456789ab"),
        fields(n8={b"0123456789ab": 1}),
        fields(n8=None),
        fields(n9=[[bytes(8), 1, 1]]),
        fields(n9=[{0: bytes(8), 1: 1}]),
        fields(n10=None),
        fields(n11=[[bytes(32), 1]]),
        fields(n11=[[bytes(32), 1, 1, 1]]),
        fields(n11=[[bytes(32), 1, True]]),
        fields(n11={1: [bytes(32), 1, 1]}),
    ],
)
def test_it_refuses_another_shape(raw: bytes) -> None:
    """A field missing, of another type or longer than its form: no header."""
    with pytest.raises(Refusal, match="bad_entry"):
        decode_header(raw)


def test_it_passes_over_a_newer_field() -> None:
    """A number of tomorrow's program is read past."""
    assert decode_header(fields(n12=["later"], n99=1)) == PLAIN


def test_it_has_a_limit_on_the_whole() -> None:
    """4 KB of header, and not a byte more, is looked at."""
    room = limits.HEADER_BYTES_MAX - len(fields(n12=b"")) - 2
    assert decode_header(fields(n12=bytes(room))) == PLAIN
    with pytest.raises(Refusal, match="bad_cbor"):
        decode_header(fields(n12=bytes(room + 1)))


@settings(max_examples=200)
@given(raw=st.binary(max_size=200))
def test_it_refuses_any_other_bytes(raw: bytes) -> None:
    """Whatever comes, the answer is a refusal."""
    with pytest.raises(Refusal):
        decode_header(raw)


def test_it_hashes_as_the_format_says() -> None:
    """The three hashes, computed here from the words of the format document."""
    salt, body, raw = bytes(range(16)), b"\xa1\x01\x02", PLAIN.encode()
    commit = sha256(b"\x02" + salt + body).digest()
    h_0 = sha256(b"\x00" + b"certificate").digest()
    assert commit_of(salt, body) == commit == Entry.whole(raw, salt, body).commit
    assert genesis(b"certificate") == h_0
    whole = sha256(b"\x01" + h_0 + sha256(raw).digest() + commit).digest()
    assert link(h_0, raw, commit) == whole
