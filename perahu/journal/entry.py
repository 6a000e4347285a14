"""One entry: the header everybody keeps, the body the law may erase, the hash that chains.

    commit = SHA-256(0x02 ‖ salt ‖ body)
    h_n    = SHA-256(0x01 ‖ h_(n-1) ‖ SHA-256(header) ‖ commit)
    h_0    = SHA-256(0x00 ‖ certificate)

The salt makes the commit of an erased body unguessable, so the chain still verifies and
says nothing (journal-format, "Entry").
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from perahu.journal import limits
from perahu.journal.types import BlobRef
from perahu.keys import cbor
from perahu.words import Refusal


def _bad_entry(why: str) -> Refusal:
    return Refusal(
        "bad_entry",
        f"Catatan yang diterima rusak ({why}) dan tidak dipakai; pengirim akan mengulang.",
        f"A received entry is damaged ({why}) and was not used; the sender will repeat it.",
    )


@dataclass(frozen=True, slots=True)
class Header:
    """What an entry says in the clear, for ever."""

    seq: int
    fact_type: int
    version: int
    lamport: int
    wall_ms: int
    quality: int
    """Index into ports.CLOCK_QUALITIES."""
    op_id: bytes
    subjects: tuple[bytes, ...] = ()
    parents: tuple[tuple[bytes, int], ...] = ()
    """(first 8 bytes of a journal id, seq): how far the author knew that journal."""
    officer: bytes = b""
    blobs: tuple[BlobRef, ...] = ()

    def encode(self) -> bytes:
        """Deterministic CBOR with integer keys; empty fields and quality 0 are left out."""
        found: dict[int, Any] = {
            1: self.seq,
            2: self.fact_type,
            3: self.version,
            4: self.lamport,
            5: self.wall_ms,
            7: self.op_id,
        }
        if self.quality:
            found[6] = self.quality
        if self.subjects:
            found[8] = list(self.subjects)
        if self.parents:
            found[9] = [list(parent) for parent in self.parents]
        if self.officer:
            found[10] = self.officer
        if self.blobs:
            found[11] = [[b.sha256, b.size, b.blob_class] for b in self.blobs]
        return cbor.encode(found)


def decode_header(raw: bytes) -> Header:
    """The header out of its bytes. Raises Refusal "bad_entry" or "bad_cbor".

    A number of a newer program is passed over; the bytes themselves are kept as they came.
    """
    header = _header(cbor.decode(raw, limits.HEADER_BYTES_MAX))
    _check(header)
    return header


def decode_known_header(raw: bytes) -> Header:
    """The header out of bytes that passed `decode_header` before this book stored them."""
    return _header(cbor.decode_known(raw))


def _header(found: Any) -> Header:
    if type(found) is not dict:
        raise _bad_entry("header")
    get = found.get
    try:
        return Header(
            seq=found[1],
            fact_type=found[2],
            version=found[3],
            lamport=found[4],
            wall_ms=found[5],
            quality=get(6, 0),
            op_id=found[7],
            subjects=tuple(_list(get(8, []))),
            parents=tuple([(j, seq) for j, seq in map(_list, _list(get(9, [])))]),
            officer=get(10, b""),
            blobs=tuple([BlobRef(*_list(b)) for b in _list(get(11, []))]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _bad_entry("header") from error


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError("not a list")
    return value


def _check(header: Header) -> None:
    """Refuse a header outside its limits; numbers past 2^53 have no honest use."""
    numbers = (header.seq, header.fact_type, header.version, header.lamport)
    parents_ok = all(
        type(j) is bytes and len(j) == 8 and _count(seq) for j, seq in header.parents
    )
    blobs_ok = all(
        type(b.sha256) is bytes
        and len(b.sha256) == 32
        and _count(b.size)
        and b.size <= limits.BLOB_BYTES_MAX
        and type(b.blob_class) is int
        and b.blob_class in (1, 2, 3, 4)
        for b in header.blobs
    )
    if not (
        all(_count(n) for n in numbers)
        and type(header.wall_ms) is int
        and abs(header.wall_ms) < 1 << 53
        and type(header.quality) is int
        and header.quality in (0, 1, 2, 3)
        and _sized((header.op_id,), limits.OP_ID_BYTES)
        and _sized(header.subjects, limits.SUBJECT_BYTES)
        and (header.officer == b"" or _sized((header.officer,), limits.OFFICER_BYTES))
        and len(header.subjects) <= limits.SUBJECTS_MAX
        and len(header.parents) <= limits.PARENTS_MAX
        and len(header.blobs) <= limits.BLOBS_PER_ENTRY_MAX
        and parents_ok
        and blobs_ok
    ):
        raise _bad_entry("header")


def _count(value: Any) -> bool:
    return type(value) is int and 0 < value < 1 << 53


def _sized(items: tuple[Any, ...], size: int) -> bool:
    return all(type(item) is bytes and len(item) == size for item in items)


def commit_of(salt: bytes, body: bytes) -> bytes:
    """The commit that binds a body into the chain."""
    return sha256(b"\x02" + salt + body).digest()


def genesis(certificate: bytes) -> bytes:
    """h_0 of every journal under this certificate."""
    return sha256(b"\x00" + certificate).digest()


def link(previous: bytes, header: bytes, commit: bytes) -> bytes:
    """The hash of an entry, over the one before it."""
    return sha256(b"\x01" + previous + sha256(header).digest() + commit).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it travels: with its body, or, where the law erased it, the commit alone."""

    header: bytes
    commit: bytes
    salt: bytes | None
    body: bytes | None

    @classmethod
    def whole(cls, header: bytes, salt: bytes, body: bytes) -> Entry:
        """An entry with its body; the commit is computed, never believed."""
        return cls(header, commit_of(salt, body), salt, body)

    @property
    def size(self) -> int:
        """Bytes that count against SEGMENT_BYTES_MAX."""
        return len(self.header) + 32 + len(self.body or b"")
