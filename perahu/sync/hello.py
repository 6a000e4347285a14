"""HELLO: who speaks, to whom, what it holds; signed by the epoch key.

The signature is the node's identity: neither an address nor a TLS session says who
somebody is. A HELLO names its receiver, so that it is good for nobody else, and carries
a counter that must grow, so that it is good only once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from perahu.keys import cbor
from perahu.sync import frames, limits, vector
from perahu.sync.fields import Fields, bad_message, is_bytes, is_count, pruned
from perahu.sync.frames import Frame
from perahu.sync.vector import Reach
from perahu.words import Refusal

PROTOCOL = 1
_WRAPPED_BYTES = 80
_PREFIX = b"JRN1-hello"
_PREFIX_ANSWER = b"JRN1-answer"
_SAID_BY_THE_CALL = (2, 3, 5)

Sign = Callable[[bytes, bytes], bytes]
"""(prefix, message) to a signature of the epoch key: `Journal.sign`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What one side says first."""

    session: bytes
    """16 random bytes drawn by the side that calls; the answer repeats them."""
    counter: int
    sender: bytes
    receiver: bytes
    incarnation: bytes
    passport_name: bytes
    wrapped_key: bytes
    passport: bytes = b""
    """Left out once the receiver holds it."""
    seen_passport: bytes = b""
    """The name of the receiver's passport that we hold: it may leave its own out."""
    reached: dict[bytes, Reach] | None = None
    """How far we hold the receiver's journals; None where the digest says it."""
    digest: bytes = b""
    token: bytes = b""
    token_incarnation: bytes = b""
    seen_ack: int = 0
    """The number of the last ACK of the receiver that we took in."""
    budget_bytes: int = 0
    """What we are ready to take in now; 0 is no limit."""
    dictionary: bytes = b""
    partials: tuple[tuple[bytes, int], ...] = ()
    """(blob, whole chunks held) of blobs that were begun and not finished."""
    protocol: int = PROTOCOL
    road_port: int = 0
    """UDP port of the answering side's road B; 0 where it has none."""
    file: dict[int, Any] = field(default_factory=dict)
    """What only the head of a courier file says (courier.py)."""

    def sign(self, sign: Sign, *, is_answer: bool = False) -> Frame:
        """The frame, signed.

        An answer does not repeat session, counter and receiver: the caller knows them.
        """
        ids = (self.session, self.sender, self.receiver, self.incarnation)
        assert all(len(one) == 16 for one in (*ids, self.passport_name))
        assert self.sender != self.receiver and len(self.wrapped_key) == _WRAPPED_BYTES
        assert len(self.token) == len(self.token_incarnation)
        assert len(self.partials) <= limits.PARTIALS_MAX
        plain = self._plain()
        if is_answer:
            plain = {k: v for k, v in plain.items() if k not in _SAID_BY_THE_CALL}
        body = cbor.encode(plain)
        if is_answer:
            signature = sign(_PREFIX_ANSWER, self.session + self.receiver + body)
        else:
            signature = sign(_PREFIX, body)
        return Frame(frames.HELLO, cbor.encode([body, signature]))

    def _plain(self) -> dict[int, Any]:
        found = pruned({
            1: self.protocol, 2: self.session, 3: self.counter, 4: self.sender,
            5: self.receiver, 6: self.incarnation, 7: self.passport_name,
            8: self.passport, 9: self.seen_passport, 11: self.digest,
            12: self.token, 13: self.token_incarnation, 14: self.seen_ack,
            15: self.budget_bytes, 16: self.wrapped_key, 17: self.dictionary,
            18: [list(partial) for partial in self.partials], 19: self.file,
            20: self.road_port,
        })  # fmt: skip
        if self.reached is not None:
            found[10] = vector.plain(self.reached)
        return found


@dataclass(frozen=True, slots=True)
class Heard:
    """A HELLO as it came, its signature not checked yet: the passport comes first."""

    hello: Hello
    body: bytes
    signature: bytes
    before: bytes = _PREFIX
    """What is signed before the body."""

    def verify(self, public: bytes) -> Hello:
        """The HELLO, if this epoch key signed it. Raises Refusal "bad_signature"."""
        verify(public, self.before + self.body, self.signature)
        return self.hello


Call = tuple[bytes, bytes]
"""The session that a caller opened, and the caller: what an answer leaves out."""


def hear(frame: Frame, call: Call | None = None) -> Heard:
    """Parse a HELLO, or the answer to a call. Raises Refusal "old_protocol", "bad_message"."""
    body, signature = signed_pair(frame.payload)
    fields = Fields(body)
    protocol = fields.count(1)
    if protocol != PROTOCOL:
        raise Refusal(
            "old_protocol",
            f"Simpul lain memakai aturan kiriman versi {protocol}, di sini versi "
            f"{PROTOCOL}; tidak ada yang hilang. Perbarui program yang lebih lama.",
            f"The other node speaks version {protocol} of the protocol, this one version "
            f"{PROTOCOL}; nothing is lost. Update the older program.",
        )
    has_vector = fields.raw(10) is not None
    if call is not None and fields.raw(2) is None:
        session, receiver = call
        before = _PREFIX_ANSWER + session + receiver
    else:
        session, receiver = fields.sized(2, 16), fields.sized(5, 16)
        before = _PREFIX
    hello = Hello(
        session=session,
        counter=fields.count(3),
        sender=fields.sized(4, 16),
        receiver=receiver,
        incarnation=fields.sized(6, 16),
        passport_name=fields.sized(7, 16),
        passport=fields.up_to(8, limits.PASSPORT_BYTES_MAX),
        seen_passport=fields.sized_or_empty(9, 16),
        reached=vector.parse(fields.raw(10)) if has_vector else None,
        digest=fields.sized_or_empty(11, 8),
        token=fields.sized_or_empty(12, 16),
        token_incarnation=fields.sized_or_empty(13, 16),
        seen_ack=fields.count(14),
        budget_bytes=fields.count(15),
        wrapped_key=fields.sized(16, _WRAPPED_BYTES),
        dictionary=fields.sized_or_empty(17, 8),
        partials=partials(fields.items(18, limits.PARTIALS_MAX)),
        file=_map(fields.raw(19)),
        road_port=min(fields.count(20), 65535),
        protocol=protocol,
    )
    return Heard(hello, body, signature, before)


def partials(items: list[Any]) -> tuple[tuple[bytes, int], ...]:
    """(blob, count) pairs out of decoded CBOR. Raises Refusal "bad_message"."""
    for item in items:
        if type(item) is not list or len(item) != 2:
            raise bad_message("partials")
        if not (is_bytes(item[0], 32) and is_count(item[1])):
            raise bad_message("partials")
    return tuple((item[0], item[1]) for item in items)


def signed_pair(payload: bytes) -> tuple[bytes, bytes]:
    """The body and the signature of a signed message, unverified. Raises Refusal."""
    found = cbor.decode(payload, limits.FRAME_BYTES_MAX)
    if type(found) is not list or len(found) != 2:
        raise bad_message("signed")
    body, signature = found
    if type(body) is not bytes or not is_bytes(signature, 64):
        raise bad_message("signed")
    return body, signature


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Raises Refusal "bad_signature" unless this key signed this message."""
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError) as error:
        raise Refusal(
            "bad_signature",
            "Tanda tangan simpul lain tidak cocok: mungkin bukan simpul yang sebenarnya. "
            "Tidak ada yang dipakai darinya; beri tahu kabupaten.",
            "The signature of the other node does not check: it may not be who it says. "
            "Nothing of it was used; tell the kabupaten.",
        ) from error


def _map(found: Any) -> dict[int, Any]:
    if found is None:
        return {}
    if type(found) is not dict or not all(is_count(key) for key in found):
        raise bad_message("file")
    return found
