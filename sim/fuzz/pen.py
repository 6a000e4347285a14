"""A stolen key in a steady hand: journals that obey nothing but the chain and the seal.

Whatever it wrote is noted, because it *was* sealed by its author: the oracle lets it in,
and it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nacl.signing import SigningKey

from perahu.journal.entry import Entry, genesis, link
from perahu.journal.journal import Journal
from perahu.journal.segment import Segment, seal_bytes
from perahu.keys import cbor
from perahu.keys.certificates import Chain, journal_id, open_epoch
from perahu.keys.vault import NodeKeys
from perahu.sync.sealed import SegmentCargo
from sim.chance import Chance
from sim.fuzz.damage import as_cbor, bent, damaged

Sealed = dict[bytes, dict[int, set[tuple[bytes, bytes]]]]
"""What an author sealed: journal, place, and (header, commit) of every entry there."""

_CONTROL_LANE, _CIVIL_LANE, _LOG_LANE = 0, 1, 2


def sealed_by(journal: Journal) -> Sealed:
    """All that a node has sealed or holds sealed by others."""
    found: Sealed = {}
    for row in journal.journals():
        for segment in journal.segments(row.id, 0):
            note(found, segment)
    return found


def note(sealed: Sealed, segment: Segment) -> None:
    """Add a segment's entries."""
    places = sealed.setdefault(segment.journal, {})
    for seq, entry in enumerate(segment.entries, segment.a):
        places.setdefault(seq, set()).add((entry.header, entry.commit))


class Pen:
    """Writes with a node's real keys."""

    def __init__(self, journal: Journal, keys: NodeKeys, sealed: Sealed) -> None:
        self._papers, self._keys, self._sealed = journal.chain.papers, keys, sealed
        self._chain, self._key = journal.chain, _key_of(keys, journal.chain)
        self._templates = [
            segment
            for row in journal.journals()
            if row.own
            for segment in journal.segments(row.id, 0)
        ]
        self._lanes = {row.id: row.lane for row in journal.journals()}

    def cargo(self, chance: Chance) -> SegmentCargo:
        """A segment under a good seal that says what it likes."""
        template = chance.choice(self._templates)
        lane = self._lanes[template.journal]
        chain, key, before, first = self._chain, self._key, b"", 1
        if chance.hits(0.5):
            # A journal of its own: an epoch that nobody heard of.
            nonce = chance.randbytes(16)
            epoch = chance.choice((2, 2, 3, 1 << 31))
            chain = open_epoch(self._keys, self._papers, epoch=epoch, nonce=nonce)
            key = _key_of(self._keys, chain)
            lane = chance.choice((_CONTROL_LANE, _CIVIL_LANE, _LOG_LANE))
            before = genesis(chain.encode())
        else:
            first = template.a if chance.hits(0.5) else template.b + 1
            before = genesis(chain.encode()) if first == 1 else template.h_b
        raw = chain.encode()
        journal = journal_id(raw, lane, b"")
        segment = self._sealed_segment(chance, (journal, first, before), key, template)
        certificate = raw if first == 1 else b""
        return SegmentCargo(
            journal, segment.a, segment.b, lane, b"", certificate, segment.encode()
        )

    def _sealed_segment(
        self,
        chance: Chance,
        place: tuple[bytes, int, bytes],
        key: SigningKey,
        template: Segment,
    ) -> Segment:
        journal, first, h = place
        entries, lamport, wall_ms = [], 1, 1
        for seq, entry in enumerate(self._bent(chance, template), first):
            fields = cbor.decode(entry.header, 1 << 16)
            if type(fields) is dict and chance.hits(0.95):
                fields[1] = seq
            header = as_cbor(fields)
            entry = Entry.whole(header, entry.salt or bytes(16), entry.body or b"")
            h = link(h, entry.header, entry.commit)
            entries.append(entry)
            lamport, wall_ms = _times(fields, lamport, wall_ms)
        last = first + len(entries) - 1
        message = seal_bytes(journal, first, last, h, lamport, wall_ms)
        seal = key.sign(message).signature
        made = Segment(journal, first, last, h, lamport, wall_ms, seal, tuple(entries))
        note(self._sealed, made)
        return made

    def _bent(self, chance: Chance, template: Segment) -> Iterator[Entry]:
        """Some entries of the template with headers or bodies that no program writes."""
        for entry in template.entries[: chance.choice((1, 2, 6))]:
            header, body = entry.header, entry.body or b""
            if chance.hits(0.4):
                tree = bent(chance, cbor.decode(header, 1 << 16))
                header = as_cbor(tree)
            if chance.hits(0.6):
                tree = bent(chance, cbor.decode(body, 1 << 16)) if body else 0
                body = as_cbor(tree)
            elif chance.hits(0.2):
                body = damaged(chance, body)[:32_000]
            yield Entry.whole(header, entry.salt or bytes(16), body)


def _times(fields: Any, lamport: int, wall_ms: int) -> tuple[int, int]:
    """Lamport and wall time as the last header says them, where it says numbers."""
    if type(fields) is not dict:
        return lamport, wall_ms
    told = fields.get(4), fields.get(5)
    if all(type(one) is int and 0 < one < 1 << 63 for one in told):
        return int(told[0] or 1), int(told[1] or 1)
    return lamport, wall_ms


def _key_of(keys: NodeKeys, chain: Chain) -> SigningKey:
    return chain.sign_key(keys)
