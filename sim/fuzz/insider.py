"""A peer with good papers and bad intent: frames that open, and hold what nobody expects."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zstandard

from perahu.journal.journal import Journal
from perahu.keys.sealing import FrameKey
from perahu.sync import frames
from perahu.sync.frames import Frame
from perahu.sync.sealed import CLASS_OF_LANE, SegmentCargo, blob_name
from sim.chance import Chance
from sim.fuzz.damage import ODD_NUMBERS, as_cbor, bent, damaged, odd_value
from sim.fuzz.pen import Pen

ACK_IN_FILE, ACK_HERE = b"JRN1-ack", b"JRN1-here-ack"
_GOT = b"JRN1-got"
_LENGTH = struct.Struct(">H")
_PIECE = struct.Struct(">32sQ")
_KINDS_MAX = 256


@dataclass
class Insider:
    """Makes one frame after the other under a key that the other side has been given."""

    journal: Journal
    pen: Pen
    key: FrameKey
    session: bytes
    incarnation: bytes
    """Whose ACKs the other side listens to."""
    numbers: int = 1 << 20
    """Of frames: far from those that an honest sealer of this key uses."""
    ack_prefix: bytes = ACK_IN_FILE

    def frame(self, chance: Chance) -> Frame:
        """A frame that may be anything."""
        makers: tuple[Callable[[Chance], Frame], ...] = (
            self._good_seal, self._good_seal, self._odd_segment, self._odd_segment,
            self._odd_chunk, self._manifest, self._ack, self._plain, self._post,
            self._unknown,
        )  # fmt: skip
        return chance.choice(makers)(chance)

    def _sealed(self, kind: int, fields: list[Any], content: bytes) -> Frame:
        self.numbers += 1
        head = as_cbor([self.numbers, *fields])
        sealed = self.key.seal(self.numbers, head, content)
        return Frame(kind, (_LENGTH.pack(len(head)) + head + sealed)[:65_536])

    def _good_seal(self, chance: Chance) -> Frame:
        """A segment that its author did seal."""
        return self._segment(self.pen.cargo(chance), chance)

    def _segment(self, cargo: SegmentCargo, chance: Chance | None = None) -> Frame:
        tree = [cargo.certificate, cargo.lane, cargo.audience, cargo.segment]
        plain = as_cbor(tree)
        packed = zstandard.ZstdCompressor(level=1).compress(plain)
        road_class = CLASS_OF_LANE[cargo.lane]
        head = [cargo.journal, cargo.a, cargo.b, road_class, len(plain)]
        return self._sealed(frames.SEG, head, packed)

    def _odd_segment(self, chance: Chance) -> Frame:
        """Head, packing or content is not what it should be."""
        cargo = self.pen.cargo(chance)
        tree: Any = [cargo.certificate, cargo.lane, cargo.audience, cargo.segment]
        if chance.hits(0.6):
            tree = bent(chance, tree)
        plain = as_cbor(tree) if chance.hits(0.9) else damaged(chance, b"x" * 99)
        packed = zstandard.ZstdCompressor(level=1).compress(plain[:70_000])
        how = chance.randrange(6)
        if how == 0:
            packed = damaged(chance, packed)
        elif how == 1:
            packed = zstandard.ZstdCompressor(level=1).compress(bytes(2_000_000))
        elif how == 2:
            packed = packed + packed
        said = len(plain) if chance.hits(0.7) else chance.choice(ODD_NUMBERS)
        head: Any = [
            cargo.journal,
            cargo.a,
            cargo.b,
            CLASS_OF_LANE[cargo.lane],
            max(0, said),
        ]
        if chance.hits(0.3):
            head = bent(chance, head)
        return self._sealed(frames.SEG, head if type(head) is list else [head], packed)

    def _odd_chunk(self, chance: Chance) -> Frame:
        """A piece of a blob with another name, place, class or length."""
        cited = [ref.sha256 for ref in self.journal.blobs.missing()] or [bytes(32)]
        name = blob_name(chance.choice(cited))
        head: Any = [name, chance.choice((0, 1, 7, 1 << 40)), chance.choice((2, 3, 4))]
        if chance.hits(0.5):
            head = bent(chance, head)
        piece = chance.randbytes(chance.choice((0, 1, 100, 16_384, 16_385)))
        return self._sealed(frames.CHUNK, head if type(head) is list else [head], piece)

    def _manifest(self, chance: Chance) -> Frame:
        one = [chance.randbytes(32), chance.choice(ODD_NUMBERS), chance.randrange(6)]
        tree = {1: [one] * chance.choice((0, 1, 64, 65, 500))}
        return self._tree(
            frames.MANIFEST, bent(chance, tree) if chance.hits(0.5) else tree
        )

    def _tree(self, kind: int, tree: Any) -> Frame:
        return Frame(kind, as_cbor(tree)[:65_536])

    def _ack(self, chance: Chance) -> Frame:
        """A receipt, signed by who may sign it, for what was never sent."""
        named = {1: self.session, 3: self.incarnation} if chance.hits(0.7) else {}
        rows = self.journal.journals()
        reach = [chance.choice(ODD_NUMBERS), chance.randbytes(8), chance.randrange(9)]
        reached = {row.id[:8]: reach for row in rows if chance.hits(0.5)}
        tree: Any = named | {
            2: chance.choice(ODD_NUMBERS), 4: chance.choice(ODD_NUMBERS),
            5: chance.choice(ODD_NUMBERS), 6: reached,
            8: [[chance.randbytes(32), chance.randrange(4)]],
            10: chance.choice(ODD_NUMBERS), 11: chance.randrange(3),
        }  # fmt: skip
        if chance.hits(0.6):
            tree = bent(chance, tree)
        body = as_cbor(tree)
        before = b"" if named else self.session + self.incarnation
        prefix = ACK_IN_FILE if named else ACK_HERE
        signature = self.journal.sign(prefix, before + body)
        return self._tree(frames.ACK, [body, signature])

    def _plain(self, chance: Chance) -> Frame:
        """END, HAVE and EVIDENCE, which nobody signs."""
        journal = chance.choice(self.journal.journals()).id
        tree: Any = chance.choice((
            {1: True}, {2: 1 << 40}, {3: "revoked", 4: "x", 5: "y", 6: 7}, {},
            {1: {journal[:8]: [3, bytes(8)]}, 2: True}, {2: True}, {1: {}},
            {1: journal, 2: 1, 3: 1, 4: "fork"},
        ))  # fmt: skip
        kind = chance.choice((frames.END, frames.HAVE, frames.HAVE, frames.EVIDENCE))
        return self._tree(kind, bent(chance, tree) if chance.hits(0.7) else tree)

    def _post(self, chance: Chance) -> Frame:
        """Other nodes' post: told of, asked for, given, acknowledged."""
        kind = chance.choice(sorted(frames.POST))
        sha = chance.randbytes(32)
        if kind == frames.PARCEL:
            offset = max(0, chance.choice(ODD_NUMBERS)) % (1 << 64)
            return Frame(kind, _PIECE.pack(sha, offset) + chance.randbytes(40), 1)
        if kind == frames.GOT:
            body = as_cbor({1: self.session, 2: [sha]})
            return self._tree(kind, [body, self.journal.sign(_GOT, body)])
        label = [bytes(16), bytes(16), bytes(16), 1, 1, 1]
        tree = {1: [[sha, chance.choice(ODD_NUMBERS), 0, label]]}
        return self._tree(kind, bent(chance, tree))

    def _unknown(self, chance: Chance) -> Frame:
        """A kind of a newer program, or any content under any kind but a greeting."""
        kind = chance.choice([n for n in range(_KINDS_MAX) if n != frames.HELLO])
        if chance.hits(0.4):
            return Frame(kind, chance.randbytes(chance.choice((0, 1, 40, 60_000))))
        return self._tree(kind, odd_value(chance))
