"""A segment: entries a..b of one journal under one signature, the unit that travels.

The receiver recomputes every hash; only the seal is a signature. Bytes are verified and
stored before anyone asks what they mean (journal-format, "Segment").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from perahu.journal import limits
from perahu.journal.entry import Entry, Header, commit_of, decode_header, link
from perahu.keys import cbor
from perahu.words import Refusal

_SEAL_PREFIX = b"JRN1-seal"


def bad_segment(why: str) -> Refusal:
    """What is said, and kept as evidence, of bytes that are no facts."""
    return Refusal(
        "bad_segment",
        f"Kiriman rusak atau dipalsukan ({why}); tidak ada yang dipakai darinya, dan "
        "pengirim diberi tahu.",
        f"A segment is damaged or forged ({why}); nothing of it was used and the sender "
        "is told.",
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries a..b of a journal with the hash of the last and the author's seal."""

    journal: bytes
    a: int
    b: int
    h_b: bytes
    lamport: int
    wall_ms: int
    seal: bytes
    entries: tuple[Entry, ...]

    def encode(self) -> bytes:
        """The canonical bytes: the head, the seal, then headers, salts and bodies apart.

        Columns of one kind compress better than rows; the random salts stay together.
        """
        return cbor.encode(
            [
                [self.journal, self.a, self.b, self.h_b, self.lamport, self.wall_ms],
                self.seal,
                [entry.header for entry in self.entries],
                b"".join(
                    entry.commit if entry.salt is None else entry.salt
                    for entry in self.entries
                ),
                [entry.body for entry in self.entries],
            ]
        )

    def proof(self) -> Segment:
        """The same with the commits alone of what is about somebody.

        It proves as much, and holds nothing that the law may erase elsewhere.
        """
        entries = (
            Entry(one.header, one.commit, None, None)
            if decode_header(one.header).subjects
            else one
            for one in self.entries
        )
        return replace(self, entries=tuple(entries))

    def signed_bytes(self) -> bytes:
        """What the seal signs."""
        return seal_bytes(
            self.journal, self.a, self.b, self.h_b, self.lamport, self.wall_ms
        )


def seal_bytes(
    journal: bytes, a: int, b: int, h_b: bytes, lamport: int, wall_ms: int
) -> bytes:
    """The message under a seal: a prefix of its own, then the segment's head."""
    return _SEAL_PREFIX + cbor.encode([journal, a, b, h_b, lamport, wall_ms])


def close_segment(
    journal: bytes, first: int, h_b: bytes, entries: tuple[Entry, ...], key: SigningKey
) -> Segment:
    """Seal entries that follow one another, the last of which has the hash `h_b`."""
    assert 0 < len(entries) <= limits.SEGMENT_ENTRIES_MAX
    last = decode_header(entries[-1].header)
    assert last.seq == first + len(entries) - 1, "a segment has no holes"
    message = seal_bytes(journal, first, last.seq, h_b, last.lamport, last.wall_ms)
    return Segment(
        journal,
        first,
        last.seq,
        h_b,
        last.lamport,
        last.wall_ms,
        key.sign(message).signature,
        entries,
    )


def decode_segment(raw: bytes) -> Segment:
    """A segment out of its bytes; nothing is believed yet. Raises Refusal."""
    found = cbor.decode(raw, 64 * 1024)
    try:
        (journal, a, b, h_b, lamport, wall_ms), seal, headers, salts, bodies = found
        entries = _entries(headers, salts, bodies)
    except (TypeError, ValueError) as error:
        raise bad_segment("form") from error
    numbers_ok = all(type(n) is int and n > 0 for n in (a, b, lamport))
    if not (
        numbers_ok
        and type(wall_ms) is int
        and _is_bytes(journal, 16)
        and _is_bytes(h_b, 32)
        and _is_bytes(seal, 64)
        and len(entries) == b - a + 1
        and 0 < len(entries) <= limits.SEGMENT_ENTRIES_MAX
    ):
        raise bad_segment("form")
    return Segment(journal, a, b, h_b, lamport, wall_ms, seal, entries)


def _entries(headers: Any, salts: Any, bodies: Any) -> tuple[Entry, ...]:
    """Rows out of columns: 16 bytes of salt for each body, 32 of commit where erased."""
    if not (type(headers) is type(bodies) is list and type(salts) is bytes):
        raise TypeError("columns")
    entries, at = [], 0
    for header, body in zip(headers, bodies, strict=True):
        if type(header) is not bytes or type(body) not in (bytes, type(None)):
            raise TypeError("column")
        if body is not None and len(body) > limits.BODY_BYTES_MAX:
            raise ValueError("body too big")
        size = 32 if body is None else 16
        cell, at = salts[at : at + size], at + size
        if len(cell) != size:
            raise ValueError("salts too short")
        if body is None:
            entries.append(Entry(header, cell, None, None))
        else:
            entries.append(Entry(header, commit_of(cell, body), cell, body))
    if at != len(salts):
        raise ValueError("salts too long")
    return tuple(entries)


def _is_bytes(value: Any, size: int) -> bool:
    return type(value) is bytes and len(value) == size


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry whose place in the chain was verified."""

    header: Header
    entry: Entry
    h: bytes


def check_chain(segment: Segment, previous: bytes, public: VerifyKey) -> list[Checked]:
    """Recompute the chain from `previous` and check the seal. Raises Refusal "bad_segment"."""
    checked, h = [], previous
    for seq, entry in enumerate(segment.entries, start=segment.a):
        header = decode_header(entry.header)
        if header.seq != seq:
            raise bad_segment(f"seq {header.seq} at {seq}")
        h = link(h, entry.header, entry.commit)
        checked.append(Checked(header, entry, h))
    if h != segment.h_b:
        raise bad_segment(f"chain broken before {segment.b}")
    last = checked[-1].header
    if (last.lamport, last.wall_ms) != (segment.lamport, segment.wall_ms):
        raise bad_segment("time")
    try:
        public.verify(segment.signed_bytes(), segment.seal)
    except (BadSignatureError, ValueError) as error:
        raise bad_segment("seal") from error
    return checked
