"""What other nodes, carriers and the road itself send: frames, messages, papers, heads."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from perahu.journal.beside.mirror import Mirror
from perahu.journal.entry import decode_header
from perahu.journal.segment import decode_segment
from perahu.journal.types import PART, BlobRef
from perahu.keys import cbor
from perahu.keys.certificates import Chain
from perahu.keys.sealing import FrameKey
from perahu.node.disk import RealDisk
from perahu.sync import ack, frames, hello, passport, vector
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.http import (
    CONTENT_TYPE,
    ClientHttp,
    NotAnExchange,
    ServerHttp,
    refusal_answer,
)
from perahu.sync.links import RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.frames import Ack, Malformed, decode, stream_head
from perahu.sync.paced.seal import Seal
from perahu.sync.parts import Joining
from perahu.sync.postbag import frames as post
from perahu.sync.postbag.frames import Offered, Piece
from perahu.sync.postbag.label import Label, read_head
from perahu.sync.sealed import ChunkCargo, Opener, Sealer, SegmentCargo, road_class
from perahu.sync.vector import Reach
from perahu.words import Refusal
from sim.chance import Chance
from sim.fuzz.damage import damaged
from sim.fuzz.kabupaten import Kabupaten, peer_of
from sim.fuzz.parsers import Parser, bent_cbor
from sim.papers import REGISTRY

_LENGTH = struct.Struct(">H")
_NODE = bytes(range(16))


def parsers(folder: Path, chance: Chance) -> list[Parser]:
    """All of this file, with sound contents of a real kabupaten."""
    kabupaten = Kabupaten(folder / "papers")
    journal = kabupaten.open("Hub")
    journal.seal()
    rows = [row for row in journal.journals() if row.sealed_seq]
    segments = [one for row in rows for one in journal.segments(row.id, 0)]
    entries = [entry for segment in segments for entry in segment.entries]
    certificate, root = journal.chain.encode(), journal.root_public
    papers = passport.write(journal.chain, {1: 1, 12: 2})
    ids = chance.randbytes(16)
    found = [
        *_book(segments, [one.header for one in entries], [b.body or b"" for b in entries]),
        Parser(
            name="certificates", seeds=[certificate], make=bent_cbor,
            read=lambda raw: Chain.decode(raw, root),
        ),
        Parser(
            name="passport", seeds=[papers.content], make=bent_cbor,
            read=lambda raw: passport.read(raw, root),
        ),
        *_messages(journal.sign, bytes(journal.chain.epoch.public), ids, papers),
        *_post(journal.sign, bytes(journal.chain.epoch.public), ids),
        _courier_head(journal.sign, papers, peer_of(journal).node_id, root),
        *_content(segments[0].encode(), certificate, chance),
        *_streams(chance),
        *_http(),
        _road_b(chance),
        _mirror(folder),
    ]  # fmt: skip
    kabupaten.close()
    return found


def _book(
    segments: Sequence[object], headers: Sequence[bytes], bodies: Sequence[bytes]
) -> list[Parser]:
    kinds = [one.KIND for one in REGISTRY.kinds()]

    def read_body(raw: bytes) -> None:
        """As every kind of fact that there is; refused only where it is none of them."""
        refused, is_read = None, False
        for kind in kinds:
            subjects = (bytes(12),) * len(kind.subjects)
            try:
                REGISTRY.decode(kind.type, kind.version, raw, subjects)
                is_read = True
            except Refusal as refusal:
                refused = refusal
        if refused is not None and not is_read:
            raise refused

    raw_segments = [one.encode() for one in segments]  # type: ignore[attr-defined]
    return [
        Parser(
            name="CBOR",
            seeds=[*headers[:3], *bodies[:3], raw_segments[0]],
            make=bent_cbor,
            read=lambda raw: cbor.decode(raw, 1 << 16),
            weight=200,
        ),
        Parser(name="segment", seeds=raw_segments, make=bent_cbor, read=decode_segment),
        Parser(
            name="entry header", seeds=list(headers), make=bent_cbor, read=decode_header
        ),
        Parser(
            name="bodies of all kinds", seeds=list(bodies), make=bent_cbor,
            read=read_body, weight=60,
        ),
    ]  # fmt: skip


def _messages(
    sign: hello.Sign, public: bytes, ids: bytes, papers: passport.Passport
) -> list[Parser]:
    """HELLO, ACK, HAVE, MANIFEST, END, EVIDENCE; signed anew where they are signed."""
    said = hello.Hello(
        session=ids, counter=7, sender=_NODE, receiver=ids, incarnation=ids,
        passport_name=papers.name, passport=papers.content, wrapped_key=bytes(80),
        reached={bytes(8): Reach(3, bytes(8))}, partials=((bytes(32), 4),),
    )  # fmt: skip
    heard = ack.Ack(
        session=ids, number=4, incarnation=ids, time_ms=1, received_bytes=10,
        reached={bytes(8): Reach(3, bytes(8), 1)}, done=((bytes(32), 1),), ends=1,
    )  # fmt: skip
    ref = BlobRef(bytes(32), 50_000, PART)

    def of(kind: int, read: Callable[[Frame], object]) -> Callable[[bytes], object]:
        return lambda raw: read(Frame(kind, raw[:65_536]))

    signs = {b"JRN1-hello": sign, b"JRN1-ack": sign}
    return [
        Parser(
            name="HELLO", seeds=[said.sign(sign).payload],
            make=_signed_anew(signs[b"JRN1-hello"], b"JRN1-hello"),
            read=of(frames.HELLO, lambda one: hello.hear(one).verify(public)),
        ),
        Parser(
            name="ACK", seeds=[heard.sign(sign).payload],
            make=_signed_anew(signs[b"JRN1-ack"], b"JRN1-ack"),
            read=of(frames.ACK, lambda one: ack.hear_ack(one, public)),
        ),
        Parser(
            name="HAVE", make=bent_cbor,
            seeds=[ack.Have({bytes(8): Reach(1, bytes(8))}, True).encode().payload],
            read=of(frames.HAVE, ack.hear_have),
        ),
        Parser(
            name="MANIFEST", seeds=[ack.manifest([ref] * 3).payload], make=bent_cbor,
            read=of(frames.MANIFEST, ack.hear_manifest),
        ),
        Parser(
            name="END", seeds=[ack.End(more=True, code="x").encode().payload],
            make=bent_cbor, read=of(frames.END, ack.hear_end),
        ),
        Parser(
            name="EVIDENCE", seeds=[ack.Evidence(ids, 1, 2, "x").encode().payload],
            make=bent_cbor, read=of(frames.EVIDENCE, ack.hear_evidence),
        ),
        Parser(
            name="vector", seeds=[cbor.encode(vector.plain({ids[:8]: Reach(2, ids[:8])}))],
            make=bent_cbor, read=lambda raw: vector.parse(cbor.decode(raw, 1 << 16)),
        ),
    ]  # fmt: skip


def _signed_anew(sign: hello.Sign, prefix: bytes) -> Callable[[Chance, bytes], bytes]:
    def make(chance: Chance, content: bytes) -> bytes:
        body = bent_cbor(chance, cbor.decode(content, 1 << 20)[0])
        return cbor.encode([body, sign(prefix, body)])

    return make


def _post(sign: hello.Sign, public: bytes, ids: bytes) -> list[Parser]:
    """Other nodes' post: PARCELS, WANT, PARCEL, GOT."""
    label = Label(
        sender=_NODE, receiver=ids, incarnation=ids, number=1, part=1, wall_ms=1
    )
    offered = Offered(sha=bytes(32), size=9, hops=1, label=label)

    def read(raw: bytes) -> None:
        frame = Frame(
            raw[0] if raw else 0, raw[2:65_000], raw[1] if len(raw) > 1 else 0
        )
        hears: tuple[Callable[[Frame], object], ...] = (
            post.hear_parcels, post.hear_want, post.hear_piece,
            lambda one: post.hear_got(one, public, ids),
        )  # fmt: skip
        hears[frame.type % 4](frame)

    made = (
        post.parcels([offered]), post.want([(bytes(32), 3)]),
        post.piece(Piece(bytes(32), 0, b"x" * 900)), post.got(ids, [bytes(32)], sign),
    )  # fmt: skip
    seeds = [bytes([n, one.flags]) + one.payload for n, one in enumerate(made)]

    def make(chance: Chance, content: bytes) -> bytes:
        return content[:2] + bent_cbor(chance, content[2:])

    return [Parser(name="post", seeds=seeds, make=make, read=read)]


def _courier_head(
    sign: hello.Sign, papers: passport.Passport, node: bytes, root: bytes
) -> Parser:
    file = {1: 4, 2: sha256(b"").digest(), 3: 9_000, 4: 1, 5: 1, 6: 1, 7: 4096}
    said = hello.Hello(
        session=_NODE, counter=0, sender=node, receiver=_NODE, incarnation=_NODE,
        passport_name=papers.name, passport=papers.content, wrapped_key=bytes(80),
        file=file,
    )  # fmt: skip

    def make(chance: Chance, content: bytes) -> bytes:
        (frame,) = FrameReader().feed(content[:1] and content)
        body = bent_cbor(chance, cbor.decode(frame.payload, 1 << 20)[0])
        payload = cbor.encode([body, sign(b"JRN1-hello", body)])[:65_000]
        return frames.MAGIC + Frame(frames.HELLO, payload).encode()

    return Parser(
        name="courier head",
        seeds=[frames.MAGIC + said.sign(sign).encode()],
        make=make,
        read=lambda raw: read_head(raw, root),
    )


def _content(segment: bytes, certificate: bytes, chance: Chance) -> list[Parser]:
    """SEG and CHUNK: the clear head, and what is sealed behind it with the right key."""
    key = FrameKey(chance.randbytes(32))
    sealer = Sealer(key, level=3)
    cargo = SegmentCargo(_NODE, 1, 2, 1, b"", certificate, segment)
    made = sealer.segment(cargo), sealer.chunk(ChunkCargo(bytes(8), 0, PART, b"x" * 99))

    def read(raw: bytes) -> None:
        frame = Frame(frames.SEG if raw[:1] == b"s" else frames.CHUNK, raw[1:65_537])
        road_class(frame)
        opener = Opener(key)
        opened = opener.segment(frame) if raw[:1] == b"s" else opener.chunk(frame)
        assert opened is not None

    def make(some: Chance, content: bytes) -> bytes:
        length = _LENGTH.unpack_from(content, 1)[0]
        head = bent_cbor(some, content[3 : 3 + length])[:60_000]
        sealed = key.seal(0, head, damaged(some, b"(\xb5/\xfd" + bytes(60))[:5_000])
        return content[:1] + _LENGTH.pack(len(head)) + head + sealed

    seeds = [kind + one.payload for kind, one in zip((b"s", b"c"), made, strict=True)]
    return [Parser(name="SEG and CHUNK", seeds=seeds, make=make, read=read)]


def _streams(chance: Chance) -> list[Parser]:
    """A stream in pieces, the whole frames of damaged content, and frames in parts."""
    whole = b"".join(
        Frame(kind, chance.randbytes(size)).encode()
        for kind, size in ((1, 40), (4, 900), (200, 3), (9, 0), (2, 5_000))
    )

    def in_pieces(raw: bytes) -> None:
        reader, at = FrameReader(), 0
        while at < len(raw):
            size = 1 + raw[at] * 7
            for frame in reader.feed(raw[at : at + size]):
                assert frame.type in frames.KNOWN
            at += size

    def salvaged(raw: bytes) -> None:
        found = frames.salvage(lambda at, n: raw[at : at + n], len(raw))
        sizes = [
            one.size if isinstance(one, frames.Gap) else len(one.encode())
            for one in found
        ]
        assert sum(sizes) == len(raw)

    def in_parts(raw: bytes) -> None:
        joining, at = Joining(), 0
        while at < len(raw):
            size = 1 + raw[at] * 11
            flags = int(at + size >= len(raw))
            joining.joined(Frame(frames.PART, raw[at : at + size], flags))
            at += size

    def sums_that_fit(some: Chance, content: bytes) -> bytes:
        body = damaged(some, content[:-4])
        return body + crc32(body).to_bytes(4, "big")

    chunk = Frame(frames.CHUNK, bytes(3_000)).encode()
    return [
        Parser(name="stream", seeds=[frames.MAGIC + whole], read=in_pieces),
        Parser(name="salvage", seeds=[whole * 3], read=salvaged),
        Parser(name="PART", seeds=[chunk], make=sums_that_fit, read=in_parts),
    ]


_ASKED = b"POST /jrn/1 HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nJRN1\r\n"
_ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: " + CONTENT_TYPE.encode() + b"\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n4\r\nJRN1\r\n0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://login.hotspot/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Selamat datang</html>",
    b"HTTP/1.1 511 Network Authentication Required\r\n\r\n",
    refusal_answer(503, 30),
)


def _http() -> list[Parser]:
    """Heads of callers, and of whoever answers: the hub, a portal, a proxy."""

    def asked(raw: bytes) -> None:
        half, http = len(raw) // 2, ServerHttp()
        for piece in (raw[:half], raw[half:]):
            if piece:
                http.unwrap(piece)

    def answered(raw: bytes) -> None:
        http = ClientHttp("hub")
        http.wrap(frames.MAGIC)
        http.unwrap(raw)

    return [
        Parser(
            name="HTTP request", seeds=[_ASKED, _ASKED * 3], read=asked,
            refuses=(Refusal, NotAnExchange),
        ),
        Parser(name="HTTP answer", seeds=_ANSWERS, read=answered),
    ]  # fmt: skip


def _road_b(chance: Chance) -> Parser:
    """Datagrams: forged ones, and sealed ones of a peer that has lost its mind."""
    key = RoadKey(b"12345678", chance.randbytes(32), 4433)
    ends = (PacedEnd(Seal(key, 0, calls=False), 0.0, Guess(), follows=True),)
    counts = iter(range(1, 1 << 31))

    def read(raw: bytes) -> None:
        if raw[:1] == b"r":
            ends[0].heard(raw[1:], 0, 0.1)
            return
        content = raw[1:1_300]
        with suppress(Malformed):
            decode(content)
        seal = Seal(key, 0, calls=True)
        seal.next_number = next(counts)
        ends[0].heard(seal.seal(content), 0, 0.1)
        ends[0].take(1 << 20)

    frames_of = (
        Ack(((5, 9), (0, 3)), 0, 0).encode(), stream_head(0) + b"xyz",
        stream_head(2**40) + b"a", b"\x02", Ack(((0, 0),), 1, 2).encode() + b"\x02",
    )  # fmt: skip
    sealed = Seal(key, 0, calls=True).seal(stream_head(0) + b"abc")
    seeds = [b"s" + one for one in frames_of] + [b"r" + sealed]
    return Parser(name="road B", seeds=seeds, read=read)


def _mirror(folder: Path) -> Parser:
    """The records on a second medium, which anybody may have had in hand."""
    place = folder / "mirror"
    place.mkdir()
    path = place / f"{_NODE.hex()[:8]}-1.jrnm"

    def record(body: bytes) -> bytes:
        framed = b"PRHM" + len(body).to_bytes(4, "big") + body
        return framed + crc32(framed).to_bytes(4, "big")

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        for _ in Mirror(place, RealDisk()).read(_NODE, 1):
            continue

    tail = [2, b"header", bytes(16), b"x" * 40, bytes(32)]
    sound = record(cbor.encode([_NODE, 1, b"", b"certificate", *tail])) * 2

    def make(chance: Chance, content: bytes) -> bytes:
        size = int.from_bytes(content[4:8], "big")
        return record(bent_cbor(chance, content[8 : 8 + size])) + content

    return Parser(name="mirror", seeds=[sound], make=make, read=read, weight=40)
