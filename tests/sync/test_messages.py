"""HELLO, ACK and the short messages: round trips, limits, and noise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from perahu.journal.types import BlobRef
from perahu.keys import cbor
from perahu.sync import ack, frames, hello, limits, vector
from perahu.sync.ack import Ack, End, Evidence, Have
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello
from perahu.sync.postbag import frames as post
from perahu.sync.postbag.frames import Offered
from perahu.sync.postbag.label import Label
from perahu.sync.vector import Reach
from perahu.words import Refusal, Words

KEY = SigningKey(bytes(32))
PUBLIC = bytes(KEY.verify_key)
REACHED = {b"journal1": Reach(7, b"hash7777", 5), b"journal2": Reach(1, b"hash1111")}


def _sign(prefix: bytes, message: bytes) -> bytes:
    return KEY.sign(prefix + message).signature


def _hello(**changes: object) -> Hello:
    fields: dict[str, object] = {
        "session": b"s" * 16,
        "counter": 3,
        "sender": b"a" * 16,
        "receiver": b"b" * 16,
        "incarnation": b"i" * 16,
        "passport_name": b"p" * 16,
        "wrapped_key": b"w" * 80,
        "reached": REACHED,
        "partials": ((b"x" * 32, 4),),
    }
    return Hello(**{**fields, **changes})  # type: ignore[arg-type]


def test_it_carries_a_hello() -> None:
    """What was said is heard, and the signature stands."""
    said = _hello(token=b"t" * 16, token_incarnation=b"i" * 16, seen_ack=9, file={1: 2})
    assert hello.hear(said.sign(_sign)).verify(PUBLIC) == said


def test_it_leaves_out_of_an_answer_what_the_call_said() -> None:
    """Session and caller are signed and not sent; to any other call it is no answer."""
    said = _hello(counter=0)
    short = said.sign(_sign, is_answer=True)
    assert len(short.payload) + 36 <= len(said.sign(_sign).payload)
    assert hello.hear(short, (b"s" * 16, b"b" * 16)).verify(PUBLIC) == said
    for call in ((b"o" * 16, b"b" * 16), (b"s" * 16, b"o" * 16)):
        with pytest.raises(Refusal, match="bad_signature"):
            hello.hear(short, call).verify(PUBLIC)
    with pytest.raises(Refusal):
        hello.hear(short)


def test_it_refuses_a_hello_of_another_key() -> None:
    """A signature of another key is nobody's."""
    heard = hello.hear(_hello().sign(_sign))
    with pytest.raises(Refusal, match="bad_signature"):
        heard.verify(bytes(SigningKey(b"o" * 32).verify_key))


def test_it_refuses_an_old_protocol_politely() -> None:
    """Another version is told in words what to do."""
    with pytest.raises(Refusal, match="old_protocol") as refused:
        hello.hear(_hello(protocol=2).sign(_sign))
    assert "Perbarui" in refused.value.words.id


def test_it_carries_an_ack() -> None:
    """Positions, blobs, token and time arrive as they were signed."""
    said = Ack(
        session=b"s" * 16, number=4, incarnation=b"i" * 16, time_ms=5, reached=REACHED,
        received_bytes=6, partials=((b"x" * 32, 2),), done=((b"y" * 32, 2),),
        token=b"t" * 16, seen_ack=3, ends=1,
    )  # fmt: skip
    assert ack.hear_ack(said.sign(_sign), PUBLIC) == said


def test_it_leaves_out_of_an_ack_what_both_know() -> None:
    """Session and incarnation are signed and not sent; elsewhere the ACK is worth nothing."""
    said = Ack(session=b"s" * 16, number=4, incarnation=b"i" * 16, time_ms=5)
    short = said.sign(_sign, is_between=True)
    assert len(short.payload) + 36 <= len(said.sign(_sign).payload)
    assert ack.hear_ack(short, PUBLIC, (b"s" * 16, b"i" * 16)) == said
    for between in ((b"o" * 16, b"i" * 16), (b"s" * 16, b"o" * 16)):
        with pytest.raises(Refusal, match="bad_signature"):
            ack.hear_ack(short, PUBLIC, between)
    with pytest.raises(Refusal):
        ack.hear_ack(short, PUBLIC)


def test_it_carries_the_short_messages() -> None:
    """MANIFEST, HAVE, END and EVIDENCE survive the road."""
    refs = [BlobRef(b"x" * 32, 1, 1), BlobRef(b"y" * 32, limits.BLOB_BYTES_MAX, 4)]
    assert ack.hear_manifest(ack.manifest(refs)) == refs
    for have in (Have(), Have(is_asking=True), Have(reached=REACHED), Have(reached={})):
        assert ack.hear_have(have.encode()) == have
    end = End(
        more=True, retry_after_s=60, code="x", words=Words("ya", "yes"), counter=8
    )
    assert ack.hear_end(end.encode()) == end
    evidence = Evidence(b"j" * 16, 1, 9, "fork")
    assert ack.hear_evidence(evidence.encode()) == evidence


@pytest.mark.parametrize(
    "item",
    [
        [b"x" * 31, 1, 1],
        [b"x" * 32, 0, 1],
        [b"x" * 32, limits.BLOB_BYTES_MAX + 1, 1],
        [b"x" * 32, 1, 5],
        [b"x" * 32, 1, True],
        [b"x" * 32, 1],
        "blob",
    ],
)
def test_it_refuses_a_bad_manifest(item: object) -> None:
    """Sizes, classes and forms outside their limits."""
    frame = Frame(frames.MANIFEST, cbor.encode({1: [item]}))
    with pytest.raises(Refusal, match="bad_message"):
        ack.hear_manifest(frame)


def test_it_refuses_too_many() -> None:
    """Every list has an end: one over the limit is refused."""
    items = [[b"x" * 32, 1, 1]] * (limits.BLOBS_PER_MANIFEST_MAX + 1)
    with pytest.raises(Refusal, match="bad_message"):
        ack.hear_manifest(Frame(frames.MANIFEST, cbor.encode({1: items})))
    many = {i.to_bytes(8, "big"): [1, b"h" * 8] for i in range(limits.JOURNALS_MAX + 1)}
    with pytest.raises(Refusal, match="bad_message"):
        vector.parse(many)


@pytest.mark.parametrize(
    "value",
    [
        [1],
        [1, b"h" * 8, 2],
        [-1, b"h" * 8],
        [1 << 53, b"h" * 8],
        [1, b"h"],
        [True, b"h" * 8],
    ],
)
def test_it_refuses_a_bad_vector(value: object) -> None:
    """A reach that is no reach, or safe beyond what was received."""
    with pytest.raises(Refusal, match="bad_message"):
        vector.parse({b"journal1": value})


def test_it_digests_what_is_held_not_how_safe() -> None:
    """Levels apart, equal vectors have equal digests; anything else differs."""
    safer = {name: Reach(r.seq, r.h8, r.seq) for name, r in REACHED.items()}
    assert vector.digest(safer) == vector.digest(REACHED)
    assert vector.digest({}) != vector.digest(REACHED)


_PARSERS = (
    hello.hear, ack.hear_manifest, ack.hear_have, ack.hear_end, ack.hear_evidence,
    lambda frame: ack.hear_ack(frame, PUBLIC),
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(st.integers(-5, 1 << 60), st.binary(max_size=40), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.integers(0, 20), inner, max_size=6),
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=100), _VALUES.map(cbor.encode)))
def test_it_never_falls_over(payload: bytes) -> None:
    """Any bytes, and any well-formed CBOR, are a message or a refusal."""
    for parse in _PARSERS:
        try:
            parse(Frame(frames.HELLO, payload))
        except Refusal as refusal:
            assert refusal.code in {
                "bad_cbor", "bad_message", "bad_signature", "old_protocol",
            }  # fmt: skip


JUNK: tuple[object, ...] = (
    None, True, -1, 1 << 63, b"", b"x" * 15, "x" * 500, [], [1], [[b"x", 1]],
    [[b"x" * 32, 1, 2]], {}, {1: 2}, {b"x": 1}, {b"journal1": 7}, {"text": 1},
)  # fmt: skip
"""What a field may hold that was meant to hold something else."""
OFFERED = Offered(
    sha=b"x" * 32,
    size=9,
    hops=1,
    label=Label(
        sender=b"a" * 16, receiver=b"b" * 16, incarnation=b"i" * 16,
        number=1, part=1, wall_ms=5,
    ),
)  # fmt: skip
HEARD: dict[str, tuple[Frame, Callable[[Frame], object]]] = {
    "HELLO": (_hello(file={1: 2}, road_port=9).sign(_sign), hello.hear),
    "ACK": (
        Ack(session=b"s" * 16, number=3, incarnation=b"i" * 16, time_ms=5).sign(_sign),
        lambda frame: ack.hear_ack(frame, PUBLIC),
    ),
    "GOT": (
        post.got(b"s" * 16, [b"x" * 32], _sign),
        lambda frame: post.hear_got(frame, PUBLIC, b"s" * 16),
    ),
    "MANIFEST": (ack.manifest([BlobRef(b"x" * 32, 1, 1)]), ack.hear_manifest),
    "HAVE": (Have(reached=REACHED).encode(), ack.hear_have),
    "END": (End(more=True, code="x", words=Words("ya", "yes")).encode(), ack.hear_end),
    "EVIDENCE": (Evidence(b"j" * 16, 1, 9, "fork").encode(), ack.hear_evidence),
    "WANT": (post.want([(b"x" * 32, 5)]), post.hear_want),
    "PARCELS": (
        post.parcels([OFFERED]),
        post.hear_parcels,
    ),
}  # fmt: skip
PREFIXES = {"HELLO": b"JRN1-hello", "ACK": b"JRN1-ack", "GOT": b"JRN1-got"}


def _altered(name: str, body: dict[int, object]) -> Frame:
    """The same message with another body, signed anew where it is signed."""
    content = cbor.encode(body)
    if name in PREFIXES:
        content = cbor.encode([content, _sign(PREFIXES[name], content)])
    return Frame(HEARD[name][0].type, content)


def _body(name: str) -> dict[int, object]:
    raw = HEARD[name][0].payload
    body: dict[int, object] = cbor.decode(raw, 65_536) if name not in PREFIXES else {}
    if name in PREFIXES:
        body = cbor.decode(cbor.decode(raw, 65_536)[0], 65_536)
    return body


@pytest.mark.parametrize("name", HEARD)
def test_it_hears_each_message_as_it_was_said(name: str) -> None:
    """The table above is of good messages, and a field of tomorrow is passed over."""
    frame, hear = HEARD[name]
    hear(frame)
    hear(_altered(name, {**_body(name), 90: "new"}))


@pytest.mark.parametrize("name", HEARD)
@pytest.mark.parametrize("key", range(1, 21))
def test_it_refuses_each_field_of_another_form(name: str, key: int) -> None:
    """Every field in turn holds what it cannot: refused in words, or it was possible."""
    body, refused = _body(name), 0
    for junk in JUNK:
        try:
            HEARD[name][1](_altered(name, {**body, key: junk}))
        except Refusal:
            refused += 1
    assert refused or key not in body


@pytest.mark.parametrize("name", PREFIXES)
@pytest.mark.parametrize(
    "payload",
    [b"", cbor.encode({}), cbor.encode([b"", b"", b""]), cbor.encode(["", 1])],
)
def test_it_refuses_what_is_no_signed_pair(name: str, payload: bytes) -> None:
    """No pair, three of them, and a pair of other things."""
    with pytest.raises(Refusal):
        HEARD[name][1](Frame(HEARD[name][0].type, payload))


def test_it_refuses_a_hash_that_proves_nothing() -> None:
    """A vector, an END and a list of partials whose items are nearly right."""
    for reach in ([1], [1, b"x" * 7], [1, b"x" * 8, -1], [b"x", 1], "seven"):
        with pytest.raises(Refusal, match="bad_message"):
            vector.parse({b"journal1": reach})
    with pytest.raises(Refusal, match="bad_message"):
        vector.parse({b"short": [1, b"x" * 8]})
    for item in (7, [b"x" * 32], [b"x" * 31, 1], [b"x" * 32, -1]):
        with pytest.raises(Refusal, match="bad_message"):
            hello.partials([item])


@pytest.mark.parametrize(
    "payload",
    [
        bytes(39),
        b"x" * 32 + (1 << 63).to_bytes(8, "big"),
        b"x" * 40 + bytes(limits.CHUNK_BYTES + 1),
    ],
)
def test_it_refuses_a_piece_of_another_size(payload: bytes) -> None:
    """Shorter than its head, beyond every file, and more than a chunk."""
    with pytest.raises(Refusal, match="bad_message"):
        post.hear_piece(Frame(frames.PARCEL, payload))


def test_it_refuses_an_ack_of_a_level_that_is_none() -> None:
    """A blob is here, or held twice; there is nothing above, below or between."""
    said = Ack(
        session=b"s" * 16, number=4, incarnation=b"i" * 16, time_ms=5,
        done=((b"y" * 32, 1),),
    )  # fmt: skip
    good = said.sign(_sign)
    body, _ = hello.signed_pair(good.payload)
    for level in (0, 3):
        lied = {**cbor.decode(body, 4096), 8: [[b"y" * 32, level]]}
        raw = cbor.encode(lied)
        frame = Frame(frames.ACK, cbor.encode([raw, _sign(ack._PREFIX, raw)]))
        with pytest.raises(Refusal, match="bad_message"):
            ack.hear_ack(frame, PUBLIC)
    assert ack.hear_ack(good, PUBLIC) == said
