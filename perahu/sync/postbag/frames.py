"""PARCELS, WANT, PARCEL, GOT: how two nodes hand each other other people's post.

    PARCELS  what I could give you: [sha256, bytes, hops, label …]
    WANT     [sha256, from which byte], for those the other side has room for
    PARCEL   sha256 ‖ u64 offset ‖ bytes; flag 1: compressed; no bytes: I have it no more
    GOT      signed: I hold these whole, or need them no more

Nobody is sent a PARCEL who did not ask, and nobody asks who was told of none: a node that
knows none of this passes over PARCELS, and nothing more comes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from perahu.keys import cbor
from perahu.sync import frames, limits
from perahu.sync.fields import Fields, bad_message, is_bytes, is_count
from perahu.sync.frames import Frame
from perahu.sync.hello import Sign, signed_pair, verify
from perahu.sync.postbag.label import Label, label_of

TOLD_MAX = 256
"""Parcels told of in one exchange: the foremost; the others in the next one."""
COMPRESSED = 0x01
_PREFIX = b"JRN1-got"
_HEAD = struct.Struct(">32sQ")
_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A parcel as the peer tells of it: nothing of it is believed before it is here."""

    sha: bytes
    size: int
    hops: int
    label: Label


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a parcel."""

    sha: bytes
    offset: int
    content: bytes


def parcels(offered: Sequence[Offered]) -> Frame:
    """The frame that tells what could be given."""
    assert len(offered) <= TOLD_MAX
    items = [[one.sha, one.size, one.hops, one.label.plain()] for one in offered]
    return Frame(frames.PARCELS, cbor.encode({1: items}))


def hear_parcels(frame: Frame) -> list[Offered]:
    """Raises Refusal "bad_message"."""
    items = Fields(frame.payload).items(1, TOLD_MAX)
    return [_offered(item) for item in items]


def _offered(item: object) -> Offered:
    if type(item) is not list or len(item) != 4:
        raise bad_message("PARCELS")
    sha, size, hops, label = item
    if not (is_bytes(sha, 32) and is_count(size) and is_count(hops)):
        raise bad_message("PARCELS")
    if type(label) is not list:
        raise bad_message("PARCELS")
    return Offered(sha=sha, size=size, hops=hops, label=label_of(label))


def want(wanted: Sequence[tuple[bytes, int]]) -> Frame:
    """The frame that asks for parcels, each from a byte on."""
    assert 0 < len(wanted) <= TOLD_MAX
    return Frame(frames.WANT, cbor.encode({1: [list(one) for one in wanted]}))


def hear_want(frame: Frame) -> list[tuple[bytes, int]]:
    """Raises Refusal "bad_message"."""
    items = Fields(frame.payload).items(1, TOLD_MAX)
    for item in items:
        if type(item) is not list or len(item) != 2:
            raise bad_message("WANT")
        if not (is_bytes(item[0], 32) and is_count(item[1])):
            raise bad_message("WANT")
    return [(item[0], item[1]) for item in items]


def piece(found: Piece) -> Frame:
    """The frame of some bytes; compressed where that is worth it (the room at the head)."""
    head = _HEAD.pack(found.sha, found.offset)
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(found.content)
    if found.content and len(packed) < len(found.content) * 9 // 10:
        return Frame(frames.PARCEL, head + packed, COMPRESSED)
    return Frame(frames.PARCEL, head + found.content)


def hear_piece(frame: Frame) -> Piece:
    """Raises Refusal "bad_message"."""
    if len(frame.payload) < _HEAD.size:
        raise bad_message("PARCEL")
    sha, offset = _HEAD.unpack_from(frame.payload)
    content = frame.payload[_HEAD.size :]
    if frame.flags & COMPRESSED:
        content = _inflated(content)
    if len(content) > limits.CHUNK_BYTES or not is_count(offset):
        raise bad_message("PARCEL")
    return Piece(sha, offset, content)


def _inflated(packed: bytes) -> bytes:
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= limits.CHUNK_BYTES:
            raise bad_message("PARCEL")
        return zstandard.ZstdDecompressor().decompress(
            packed, max_output_size=limits.CHUNK_BYTES
        )
    except zstandard.ZstdError as error:
        raise bad_message("PARCEL") from error


def got(session: bytes, shas: Sequence[bytes], sign: Sign) -> Frame:
    """The signed frame that says which parcels are here."""
    assert 0 < len(shas) <= TOLD_MAX
    body = cbor.encode({1: session, 2: list(shas)})
    return Frame(frames.GOT, cbor.encode([body, sign(_PREFIX, body)]))


def hear_got(frame: Frame, public: bytes, session: bytes) -> list[bytes]:
    """What this peer holds, signed by it in this session. Raises Refusal."""
    body, signature = signed_pair(frame.payload)
    verify(public, _PREFIX + body, signature)
    fields = Fields(body)
    shas = fields.items(2, TOLD_MAX)
    if fields.sized(1, 16) != session or not all(is_bytes(one, 32) for one in shas):
        raise bad_message("GOT")
    return shas
