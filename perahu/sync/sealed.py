"""The two frames that carry content: SEG (a segment) and CHUNK (a piece of a blob).

    payload = u16 length of the head ‖ clear head (CBOR) ‖ sealed content
    SEG   head [n, journal id, a, b, class, size]; content zstd(CBOR [certificate, lane,
          audience, segment]), the certificate only where a = 1, the segment without the
          beginning that the head says
    CHUNK head [n, name of the blob, index, class]; content the raw piece

A carrier can sort by the clear head and never read. The head is bound to the content; n
counts the frames under one key, so that no two are sealed with one nonce.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from perahu.keys import cbor
from perahu.keys.sealing import FrameKey
from perahu.sync import dictionary, frames, limits
from perahu.sync.fields import bad_message, is_bytes, is_count
from perahu.sync.frames import Frame

CLASS_OF_LANE = (0, 1, 5)
CLASS_OF_BLOB = {1: 2, 2: 3, 3: 4, 4: 6}
CLASSES = 7
"""The order of the road: lane 0, lane 1, thumbnails, photos, parts, lane 2, scans."""

CLASS_NAMES = ("lane0", "lane1", "thumbnail", "photo", "part", "lane2", "scan")

_NAME_BYTES = 8
"""What tells announced blobs apart; whether it is the right one, the whole hash says."""
_LENGTH = struct.Struct(">H")
_HEAD_BYTES_MAX = 256
_HASH = b"\x58\x20"
"""How 32 bytes begin in CBOR."""


@dataclass(frozen=True, slots=True)
class SegmentCargo:
    """What a SEG frame carries; the certificate is empty unless a journal begins here."""

    journal: bytes
    a: int
    b: int
    lane: int
    audience: bytes
    certificate: bytes
    segment: bytes


@dataclass(frozen=True, slots=True)
class ChunkCargo:
    """What a CHUNK frame carries."""

    blob: bytes
    """Its name on the road (blob_name)."""
    index: int
    blob_class: int
    piece: bytes


def blob_name(sha256: bytes) -> bytes:
    """What a blob is called in a CHUNK, once a MANIFEST has said its whole hash."""
    assert len(sha256) == 32
    return sha256[:_NAME_BYTES]


class Sealer:
    """Makes the content frames of one direction of one exchange, or of one file."""

    def __init__(
        self, key: FrameKey, *, level: int, with_dictionary: bool = False
    ) -> None:
        self._key = key
        self._with_dictionary = with_dictionary
        self._compressor = dictionary.compressor(level, with_dictionary=with_dictionary)
        self._n = 0

    def segment(self, cargo: SegmentCargo) -> Frame:
        """The SEG frame of a segment."""
        assert len(cargo.journal) == 16 and 0 < cargo.a <= cargo.b
        assert bool(cargo.certificate) == (cargo.a == 1), (
            "a journal begins with its papers"
        )
        known = _beginning(cargo.journal, cargo.a, cargo.b)
        rest = cargo.segment.removeprefix(known)
        plain = cbor.encode([cargo.certificate, cargo.lane, cargo.audience, rest])
        packed = self._compressor.compress(plain)
        head = [cargo.journal, cargo.a, cargo.b, CLASS_OF_LANE[cargo.lane], len(plain)]
        flags = frames.DICTIONARY if self._with_dictionary else 0
        return Frame(frames.SEG, self._sealed(head, packed), flags)

    def chunk(self, cargo: ChunkCargo) -> Frame:
        """The CHUNK frame of a piece; it is ciphertext already and does not compress."""
        assert len(cargo.blob) == _NAME_BYTES and cargo.index >= 0
        assert 0 < len(cargo.piece) <= limits.CHUNK_BYTES
        head = [cargo.blob, cargo.index, CLASS_OF_BLOB[cargo.blob_class]]
        return Frame(frames.CHUNK, self._sealed(head, cargo.piece))

    def _sealed(self, fields: list[Any], content: bytes) -> bytes:
        head = cbor.encode([self._n, *fields])
        assert len(head) <= _HEAD_BYTES_MAX
        sealed = self._key.seal(self._n, head, content)
        self._n += 1
        return _LENGTH.pack(len(head)) + head + sealed


class Opener:
    """Opens the content frames of the other side."""

    def __init__(self, key: FrameKey) -> None:
        self._key = key

    def segment(self, frame: Frame) -> SegmentCargo:
        """The segment in a SEG frame, as yet unverified. Raises Refusal."""
        head, fields, content = _parted(frame.payload, 6)
        n, journal, a, b, road_class, size = fields
        numbers = (n, a, b, road_class, size)
        if not (is_bytes(journal, 16) and all(is_count(x) for x in numbers)):
            raise bad_message("SEG head")
        packed = self._key.open(n, head, content)
        plain = dictionary.inflate(
            packed, size, with_dictionary=bool(frame.flags & frames.DICTIONARY)
        )
        found = cbor.decode(plain, limits.FRAME_BYTES_MAX)
        if type(found) is not list or len(found) != 4:
            raise bad_message("SEG")
        certificate, lane, audience, rest = found
        if lane not in (0, 1, 2) or type(lane) is not int:
            raise bad_message("SEG lane")
        if any(type(x) is not bytes for x in (certificate, audience, rest)):
            raise bad_message("SEG")
        # What begins with the hash of its last entry lacks what the head says.
        is_rest = rest.startswith(_HASH)
        segment = _beginning(journal, a, b) + rest if is_rest else rest
        return SegmentCargo(journal, a, b, lane, audience, certificate, segment)

    def chunk(self, frame: Frame) -> ChunkCargo:
        """The piece in a CHUNK frame. Raises Refusal."""
        head, fields, content = _parted(frame.payload, 4)
        n, blob, index, road_class = fields
        known = {road: blob for blob, road in CLASS_OF_BLOB.items()}
        if not (is_bytes(blob, _NAME_BYTES) and is_count(n) and is_count(index)):
            raise bad_message("CHUNK head")
        if type(road_class) is not int or road_class not in known:
            raise bad_message("CHUNK class")
        piece = self._key.open(n, head, content)
        if not 0 < len(piece) <= limits.CHUNK_BYTES:
            raise bad_message("CHUNK size")
        return ChunkCargo(blob, index, known[road_class], piece)


def road_class(frame: Frame) -> int:
    """The class in the clear head of a SEG or CHUNK: all that a carrier needs to sort."""
    fields = _parted(frame.payload, 6 if frame.type == frames.SEG else 4)[1]
    found = fields[4] if frame.type == frames.SEG else fields[3]
    if not is_count(found) or found >= CLASSES:
        raise bad_message("class")
    return int(found)


def number_of(frame: Frame) -> int:
    """Which frame of its key an opened SEG or CHUNK is: two of one number are one frame."""
    return int(_parted(frame.payload, 6 if frame.type == frames.SEG else 4)[1][0])


def _beginning(journal: bytes, a: int, b: int) -> bytes:
    """How the canonical bytes of a segment begin: five things, the first of them six."""
    said = b"".join(cbor.encode(one) for one in (journal, a, b))
    return b"\x85\x86" + said


def _parted(payload: bytes, count: int) -> tuple[bytes, list[Any], bytes]:
    """The head as it came, its fields, and the sealed content. Raises Refusal."""
    if len(payload) < _LENGTH.size:
        raise bad_message("head")
    (length,) = _LENGTH.unpack_from(payload)
    head = payload[_LENGTH.size : _LENGTH.size + length]
    fields = cbor.decode(head, _HEAD_BYTES_MAX)
    if type(fields) is not list or len(fields) != count or len(head) != length:
        raise bad_message("head")
    return head, fields, payload[_LENGTH.size + length :]
