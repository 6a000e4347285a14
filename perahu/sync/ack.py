"""ACK, HAVE, MANIFEST, END and EVIDENCE: the short messages of an exchange.

An ACK is signed and says what its sender has committed, never what it merely read. Only
an ACK makes a receipt rise; only END ends an exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from perahu.journal.types import BlobRef
from perahu.keys import cbor
from perahu.sync import frames, limits, vector
from perahu.sync.fields import Fields, bad_message, is_bytes, is_count, pruned
from perahu.sync.frames import Frame
from perahu.sync.hello import Sign, partials, signed_pair, verify
from perahu.sync.vector import Reach
from perahu.words import Refusal, Words

_PREFIX = b"JRN1-ack"
_PREFIX_BETWEEN = b"JRN1-here-ack"
_NO_WORDS = Words("", "")
FORK = "fork"
"""The code of EVIDENCE about a place that the sender holds another entry at."""
EVIDENCE_BYTES = 64
"""About what one EVIDENCE takes on the road."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What one side has committed of the other's frames."""

    session: bytes
    number: int
    """Grows with every ACK to this peer, across sessions; the peer says which it saw."""
    incarnation: bytes
    time_ms: int
    received_bytes: int = 0
    """Bytes of the peer's frames taken in during this session."""
    reached: dict[bytes, Reach] = field(default_factory=dict)
    partials: tuple[tuple[bytes, int], ...] = ()
    done: tuple[tuple[bytes, int], ...] = ()
    """(blob, level 1 or 2) of blobs held whole."""
    token: bytes = b""
    seen_ack: int = 0
    ends: int = 0
    """ENDs of the peer heard so far, with all before them committed."""

    def sign(self, sign: Sign, *, is_between: bool = False) -> Frame:
        """The frame, signed.

        Between two who said HELLO (`is_between`) session and incarnation are signed and
        not sent: both know them. In a file they stand.
        """
        assert len(self.session) == len(self.incarnation) == 16 and self.number > 0
        assert len(self.done) <= limits.ACKED_BLOBS_MAX
        assert len(self.partials) <= limits.PARTIALS_MAX
        assert all(level in (1, 2) for _, level in self.done)
        named = {} if is_between else {1: self.session, 3: self.incarnation}
        body = cbor.encode(named | pruned({
            2: self.number, 4: self.time_ms,
            5: self.received_bytes, 6: vector.plain(self.reached),
            7: [list(p) for p in self.partials], 8: [list(d) for d in self.done],
            9: self.token, 10: self.seen_ack, 11: self.ends,
        }))  # fmt: skip
        if is_between:
            signature = sign(_PREFIX_BETWEEN, self.session + self.incarnation + body)
        else:
            signature = sign(_PREFIX, body)
        return Frame(frames.ACK, cbor.encode([body, signature]))


Between = tuple[bytes, bytes]
"""A running session, and the incarnation of the side whose ACKs are heard in it."""


def hear_ack(frame: Frame, public: bytes, between: Between | None = None) -> Ack:
    """An ACK that this epoch key signed, here or in another session. Raises Refusal."""
    body, signature = signed_pair(frame.payload)
    fields = Fields(body)
    if between is not None and fields.raw(1) is None:
        session, incarnation = between
        verify(public, _PREFIX_BETWEEN + session + incarnation + body, signature)
    else:
        verify(public, _PREFIX + body, signature)
        session, incarnation = fields.sized(1, 16), fields.sized(3, 16)
    done = partials(fields.items(8, limits.ACKED_BLOBS_MAX))
    if any(level not in (1, 2) for _, level in done):
        raise bad_message("level")
    return Ack(
        session=session,
        number=fields.count(2),
        incarnation=incarnation,
        time_ms=fields.count(4),
        received_bytes=fields.count(5),
        reached=vector.parse(fields.raw(6) or {}),
        partials=partials(fields.items(7, limits.PARTIALS_MAX)),
        done=done,
        token=fields.sized_or_empty(9, 16),
        seen_ack=fields.count(10),
        ends=fields.count(11),
    )


def manifest(blobs: Sequence[BlobRef]) -> Frame:
    """The frame that announces blobs before their chunks."""
    assert len(blobs) <= limits.BLOBS_PER_MANIFEST_MAX
    items = [[b.sha256, b.size, b.blob_class] for b in blobs]
    return Frame(frames.MANIFEST, cbor.encode({1: items}))


def hear_manifest(frame: Frame) -> list[BlobRef]:
    """The blobs that a MANIFEST announces. Raises Refusal "bad_message"."""
    items = Fields(frame.payload).items(1, limits.BLOBS_PER_MANIFEST_MAX)
    return [_blob(item) for item in items]


def _blob(item: Any) -> BlobRef:
    if type(item) is not list or len(item) != 3:
        raise bad_message("MANIFEST")
    sha, size, blob_class = item
    if not (is_bytes(sha, 32) and is_count(size) and blob_class in (1, 2, 3, 4)):
        raise bad_message("MANIFEST")
    if not 0 < size <= limits.BLOB_BYTES_MAX or type(blob_class) is not int:
        raise bad_message("MANIFEST")
    return BlobRef(sha, size, blob_class)


@dataclass(frozen=True, slots=True)
class Have:
    """The whole vector where a digest was not known to the other side, or asking for it."""

    reached: dict[bytes, Reach] | None = None
    is_asking: bool = False

    def encode(self) -> Frame:
        """The frame."""
        found: dict[int, Any] = pruned({2: self.is_asking})
        if self.reached is not None:
            found[1] = vector.plain(self.reached)
        return Frame(frames.HAVE, cbor.encode(found))


def hear_have(frame: Frame) -> Have:
    """Raises Refusal "bad_message"."""
    fields = Fields(frame.payload)
    has_vector = fields.raw(1) is not None
    return Have(vector.parse(fields.raw(1)) if has_vector else None, fields.flag(2))


@dataclass(frozen=True, slots=True)
class End:
    """The end of one side's data: whether there is more, when to come back, and why."""

    more: bool = False
    retry_after_s: int = 0
    code: str = ""
    """Empty for a good end, else the stable name of a polite refusal."""
    words: Words = _NO_WORDS
    counter: int = 0
    """With "old_session": the last counter seen, so that the caller can go on from it."""

    def encode(self) -> Frame:
        """The frame."""
        return Frame(
            frames.END,
            cbor.encode(pruned({
                1: self.more, 2: self.retry_after_s, 3: self.code,
                4: self.words.id, 5: self.words.en, 6: self.counter,
            })),
        )  # fmt: skip


def hear_end(frame: Frame) -> End:
    """Raises Refusal "bad_message"."""
    fields = Fields(frame.payload)
    return End(
        more=fields.flag(1),
        retry_after_s=min(fields.count(2), limits.RETRY_AFTER_S_MAX),
        code=fields.text(3),
        words=Words(fields.text(4), fields.text(5)),
        counter=fields.count(6),
    )


def refusal_end(refusal: Refusal, counter: int = 0) -> End:
    """The polite END that tells a peer why we stop."""
    words = Words(
        refusal.words.id[: limits.TEXT_BYTES_MAX],
        refusal.words.en[: limits.TEXT_BYTES_MAX],
    )
    return End(code=refusal.code, words=words, counter=counter)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Told to the peer: bytes it sent are no facts, or two seals claim one place."""

    journal: bytes
    a: int
    b: int
    code: str
    seal: bytes = b""
    """The head and seal of the segment in dispute, as it came."""

    def encode(self) -> Frame:
        """The frame."""
        return Frame(
            frames.EVIDENCE,
            cbor.encode({1: self.journal, 2: self.a, 3: self.b, 4: self.code}),
        )


def hear_evidence(frame: Frame) -> Evidence:
    """Raises Refusal "bad_message"."""
    fields = Fields(frame.payload)
    return Evidence(
        fields.sized(1, 16), fields.count(2), fields.count(3), fields.text(4)
    )


def forged(why: str) -> Refusal:
    """What is said of an ACK that acknowledges what was never sent."""
    return Refusal(
        "forged_ack",
        f"Tanda terima dari simpul lain tidak cocok ({why}); tidak dipakai, dan semua "
        "dikirim ulang pada sambungan berikutnya.",
        f"A receipt of the other node does not fit ({why}); it was not used, and "
        "everything is sent again in the next connection.",
    )
