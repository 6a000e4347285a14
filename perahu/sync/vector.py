"""Vectors: how far a node holds each journal, as a contiguous prefix, never the highest seen.

    VV = {first 8 bytes of the journal id: (seq, first 8 bytes of h, level-2 seq)}

Equal vectors travel as a digest of 8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from perahu.keys import cbor
from perahu.sync import limits
from perahu.sync.fields import bad_message, is_bytes, is_count

SHORT = 8
"""Bytes of a journal id or a hash that a vector shows."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a journal is held, and through which entry the provinsi has it too."""

    seq: int
    h8: bytes
    safe_seq: int = 0


Vector = Mapping[bytes, Reach]


def plain(vector: Vector) -> dict[bytes, list[Any]]:
    """The vector as it is encoded; a level-2 seq of 0 is left out."""
    return {
        journal: [r.seq, r.h8, r.safe_seq] if r.safe_seq else [r.seq, r.h8]
        for journal, r in sorted(vector.items())
    }


def parse(found: Any) -> dict[bytes, Reach]:
    """The vector out of decoded CBOR. Raises Refusal "bad_message"."""
    if type(found) is not dict or len(found) > limits.JOURNALS_MAX:
        raise bad_message("vector")
    return {_journal(key): _reach(value) for key, value in found.items()}


def _journal(key: Any) -> bytes:
    if not is_bytes(key, SHORT):
        raise bad_message("vector")
    found: bytes = key
    return found


def _reach(value: Any) -> Reach:
    if type(value) is not list or len(value) not in (2, 3):
        raise bad_message("vector")
    seq, h8, safe_seq = value if len(value) == 3 else (*value, 0)
    if not (is_count(seq) and is_bytes(h8, SHORT) and is_count(safe_seq)):
        raise bad_message("vector")
    if safe_seq > seq:
        raise bad_message("vector: safe beyond received")
    return Reach(seq, h8, safe_seq)


def digest(vector: Vector) -> bytes:
    """8 bytes that are equal when two vectors hold the same entries (levels apart)."""
    held = {journal: [r.seq, r.h8] for journal, r in vector.items()}
    return sha256(b"JRN1-vv" + cbor.encode(held)).digest()[:SHORT]
