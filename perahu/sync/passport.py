"""A node's passport: its certificate chain and the fact versions its program knows.

It changes about once a year, so it travels once; afterwards 16 bytes of its hash do.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from perahu.keys import cbor
from perahu.keys.certificates import Chain
from perahu.sync import limits
from perahu.sync.fields import Fields, bad_message, is_count

NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Passport:
    """A verified passport, and the bytes it came in."""

    content: bytes
    chain: Chain
    versions: dict[int, int]
    """The highest version known of each type of fact."""

    @property
    def name(self) -> bytes:
        """What a HELLO says instead of the passport once the peer holds it."""
        return name_of(self.content)

    @property
    def node_id(self) -> bytes:
        """Whose passport it is."""
        return self.chain.node.node_id


def name_of(content: bytes) -> bytes:
    """The 16 bytes that stand for a passport."""
    return sha256(b"JRN1-passport" + content).digest()[:NAME_BYTES]


def write(chain: Chain, versions: dict[int, int]) -> Passport:
    """Our own passport."""
    assert len(versions) <= limits.FACT_KINDS_MAX
    assert all(number > 0 and version > 0 for number, version in versions.items())
    content = cbor.encode({1: chain.encode(), 2: versions})
    assert len(content) <= limits.PASSPORT_BYTES_MAX, "passport too big"
    return Passport(content, chain, versions)


def read(content: bytes, root_public: bytes) -> Passport:
    """A peer's passport, every signature of its chain verified under our root.

    Raises Refusal "bad_certificate" or "bad_message".
    """
    fields = Fields(content)
    chain = Chain.decode(fields.up_to(1, limits.PASSPORT_BYTES_MAX), root_public)
    versions = fields.raw(2)
    if type(versions) is not dict or len(versions) > limits.FACT_KINDS_MAX:
        raise bad_message("versions")
    if not all(is_count(k) and is_count(v) for k, v in versions.items()):
        raise bad_message("versions")
    return Passport(content, chain, versions)
