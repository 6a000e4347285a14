"""Who a node is: certificates, each signed by the one above it.

root key -> issuing key of the kabupaten -> long-lived node key -> key of one epoch.

- Every certificate is deterministic CBOR with integer keys, and a signature is Ed25519
  over a prefix of its own ("PRH1-issuing", "PRH1-node", "PRH1-epoch") and those bytes,
  so that a signature for one purpose is never good for another.
- Bytes are verified before they are parsed, and kept as they came.
- A node certificate is good only within the kabupaten of the key that issued it.

Example: `chain = open_epoch(keys, papers, epoch=1, nonce=n, not_before=())`.

It does not say whether a node is still trusted: that is authority.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from perahu.keys import cbor
from perahu.keys.vault import NodeKeys
from perahu.words import Refusal

FIELD, KECAMATAN, KABUPATEN, PROVINSI = "field", "kecamatan", "kabupaten", "provinsi"
HUB_ROLES = frozenset({KABUPATEN})
"""Roles whose journals may carry what only the hub may state."""
TRAVELLING_ROLES = frozenset({FIELD})
"""Roles of which several may serve one wilayah at a time."""
SECOND_SITE_ROLES = frozenset({PROVINSI})
"""Roles that keep the second copy; their wilayah may be the whole province."""

CHAIN_BYTES_MAX = 8192
NAME_LENGTH_MAX = 200
WILAYAH_MAX = 64
NOT_BEFORE_MAX = 64
WILAYAH_LENGTHS = frozenset({2, 4, 6, 10})
"""Digits of a code: provinsi, kabupaten, kecamatan, desa."""

_ISSUING, _NODE, _EPOCH = b"PRH1-issuing", b"PRH1-node", b"PRH1-epoch"
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class IssuingCertificate:
    """The root lets this key issue the nodes of one kabupaten."""

    kabupaten: str
    """The code of the kabupaten, four digits."""
    name: str
    public: bytes


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """The issuing key says who a node is, its role and where it may act."""

    node_id: bytes
    sign_public: bytes
    box_public: bytes
    age_recipient: str
    role: str
    wilayah: tuple[str, ...]
    """Prefixes of codes: "1703" covers "170301"."""
    name: str


@dataclass(frozen=True, slots=True)
class EpochCertificate:
    """The node says which key signs in this epoch of its journals."""

    node_id: bytes
    epoch: int
    public: bytes
    nonce: bytes
    not_before: tuple[tuple[bytes, int, bytes], ...]
    """(journal id, seq, hash) of its earlier journals: where it goes on from."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The bytes of a certificate and the signature over them."""

    body: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The form that travels."""
        return cbor.encode([self.body, self.signature])

    @classmethod
    def decode(cls, data: bytes) -> Signed:
        """Without any check of the signature. Raises Refusal "bad_certificate"."""
        return cls.of_fields(_decoded(data))

    @classmethod
    def of_fields(cls, fields: Any) -> Signed:
        """From the array [body, signature]. Raises Refusal "bad_certificate"."""
        if not isinstance(fields, list) or len(fields) != 2:
            raise _bad("signature form")
        body, signature = fields
        if type(body) is not bytes or type(signature) is not bytes:
            raise _bad("signature form")
        return cls(body, signature)

    def checked(self, prefix: bytes, public: bytes) -> bytes:
        """The body, if the signature stands. Raises Refusal "bad_certificate"."""
        if len(self.signature) != _SIGNATURE_BYTES:
            raise _bad("signature length")
        try:
            VerifyKey(public).verify(prefix + self.body, self.signature)
        except (CryptoError, ValueError) as error:
            raise _bad(f"signature {prefix.decode()}") from error
        return self.body


@dataclass(frozen=True, slots=True)
class Papers:
    """What a node holds about itself before its first epoch: issuing and node."""

    issuing: IssuingCertificate
    node: NodeCertificate
    signed_issuing: Signed
    signed_node: Signed

    def encode(self) -> bytes:
        """The form that stands in an enrolment file."""
        return cbor.encode([
            [self.signed_issuing.body, self.signed_issuing.signature],
            [self.signed_node.body, self.signed_node.signature],
        ])  # fmt: skip

    @classmethod
    def decode(cls, data: bytes, root_public: bytes) -> Papers:
        """Check both signatures. Raises Refusal "bad_certificate"."""
        fields = _decoded(data)
        if not isinstance(fields, list) or len(fields) != 2:
            raise _bad("papers form")
        return cls.of(
            Signed.of_fields(fields[0]), Signed.of_fields(fields[1]), root_public
        )

    @classmethod
    def of(cls, issuing: Signed, node: Signed, root_public: bytes) -> Papers:
        """Check two signed certificates. Raises Refusal "bad_certificate"."""
        issuer = _issuing_of(issuing.checked(_ISSUING, root_public))
        certificate = node_of(node.checked(_NODE, issuer.public))
        _check_scope(issuer, certificate)
        return cls(issuer, certificate, issuing, node)


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole line from the root to the key of one epoch, verified."""

    papers: Papers
    epoch: EpochCertificate
    signed_epoch: Signed

    @property
    def issuing(self) -> IssuingCertificate:
        """The issuing certificate of the kabupaten."""
        return self.papers.issuing

    @property
    def node(self) -> NodeCertificate:
        """The certificate of the node."""
        return self.papers.node

    def encode(self) -> bytes:
        """The "certificate" of the journal format: what h_0 and journal ids grow from."""
        papers = self.papers
        pairs = (papers.signed_issuing, papers.signed_node, self.signed_epoch)
        return cbor.encode([[pair.body, pair.signature] for pair in pairs])

    def sign_key(self, keys: NodeKeys) -> SigningKey:
        """The key of this epoch; `keys` are the node's own."""
        return keys.epoch_sign_key(self.epoch.epoch, self.epoch.nonce)

    def sign(self, keys: NodeKeys, domain: bytes, message: bytes) -> bytes:
        """A signature of this epoch's key outside a journal (HELLO, acks, paper receipts).

        `domain` is a prefix of its own for each purpose, never "JRN1-seal".
        """
        assert domain and domain != b"JRN1-seal"
        return self.sign_key(keys).sign(domain + message).signature

    @classmethod
    def decode(cls, data: bytes, root_public: bytes) -> Chain:
        """Verify every signature under our root. Raises Refusal "bad_certificate"."""
        return _verified(data, root_public)


@lru_cache(maxsize=256)
def _verified(data: bytes, root_public: bytes) -> Chain:
    """What stood once under a root stands: each contact shows the same few chains again."""
    fields = _decoded(data)
    if not isinstance(fields, list) or len(fields) != 3:
        raise _bad("chain form")
    issuing, node, signed = (Signed.of_fields(pair) for pair in fields)
    papers = Papers.of(issuing, node, root_public)
    epoch = _epoch_of(signed.checked(_EPOCH, papers.node.sign_public))
    if epoch.node_id != papers.node.node_id:
        raise _bad("epoch of another node")
    chain = Chain(papers, epoch, signed)
    assert chain.encode() == data
    return chain


def issue_kabupaten(root_key: SigningKey, certificate: IssuingCertificate) -> Signed:
    """Let the root sign the issuing key of a kabupaten."""
    body = cbor.encode(
        {1: certificate.kabupaten, 2: certificate.name, 3: certificate.public}
    )
    assert _issuing_of(body) == certificate
    return _signed(root_key, _ISSUING, body)


def issue_node(
    issuing_key: SigningKey, signed_issuing: Signed, certificate: NodeCertificate
) -> Papers:
    """Let the kabupaten sign a node. Raises Refusal "bad_certificate" out of its scope."""
    issuing = _issuing_of(signed_issuing.body)
    if bytes(issuing_key.verify_key) != issuing.public:
        raise _bad("not the issuing key")
    _check_scope(issuing, certificate)
    body = cbor.encode({
        1: certificate.node_id, 2: certificate.sign_public, 3: certificate.box_public,
        4: certificate.age_recipient, 5: certificate.role, 6: certificate.wilayah,
        7: certificate.name,
    })  # fmt: skip
    assert node_of(body) == certificate, "what is signed reads back as it was meant"
    signed = _signed(issuing_key, _NODE, body)
    return Papers(issuing, certificate, signed_issuing, signed)


def open_epoch(
    keys: NodeKeys,
    papers: Papers,
    *,
    epoch: int,
    nonce: bytes,
    not_before: tuple[tuple[bytes, int, bytes], ...] = (),
) -> Chain:
    """Let the node certify its own next epoch, wherever it is and with no network."""
    if bytes(keys.sign_key.verify_key) != papers.node.sign_public:
        raise _bad("keys of another node")
    public = bytes(keys.epoch_sign_key(epoch, nonce).verify_key)
    certificate = EpochCertificate(
        papers.node.node_id, epoch, public, nonce, not_before
    )
    body = cbor.encode(
        {1: certificate.node_id, 2: epoch, 3: public, 4: nonce, 5: not_before}
    )
    assert _epoch_of(body) == certificate, "what is signed reads back as it was meant"
    return Chain(papers, certificate, _signed(keys.sign_key, _EPOCH, body))


def journal_id(certificate: bytes, lane: int, audience: bytes) -> bytes:
    """The 16 bytes that name one journal (journal.md 1.1)."""
    return hashlib.sha256(certificate + bytes([lane]) + audience).digest()[:16]


def is_wilayah(code: object) -> bool:
    """Whether this is a code of 2, 4, 6 or 10 ASCII digits."""
    return (
        isinstance(code, str)
        and len(code) in WILAYAH_LENGTHS
        and code.isascii()
        and code.isdigit()
    )


def covers(prefixes: tuple[str, ...], code: object) -> bool:
    """Whether a wilayah code lies under one of the prefixes; a bad code never does."""
    if not isinstance(code, str) or not is_wilayah(code):
        return False
    return any(is_wilayah(prefix) and code.startswith(prefix) for prefix in prefixes)


def node_of(body: bytes) -> NodeCertificate:
    """Parse the body of a node certificate. Raises Refusal "bad_certificate"."""
    node_id, sign, box, age, role, wilayah, name = _fields(
        body, {1: bytes, 2: bytes, 3: bytes, 4: str, 5: str, 6: list, 7: str}
    )
    lengths = (len(node_id), len(sign), len(box))
    if lengths != (16, 32, 32) or not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise _bad("node fields")
    if not (age.startswith("age1") and age.isascii() and len(age) == 62):
        raise _bad("age recipient")
    if not (role.isascii() and role.isalpha() and role.islower() and len(role) <= 32):
        raise _bad("role")
    if not 1 <= len(wilayah) <= WILAYAH_MAX or not all(map(is_wilayah, wilayah)):
        raise _bad("wilayah")
    return NodeCertificate(node_id, sign, box, age, role, tuple(wilayah), name)


def _issuing_of(body: bytes) -> IssuingCertificate:
    kabupaten, name, public = _fields(body, {1: str, 2: str, 3: bytes})
    if len(kabupaten) != 4 or not is_wilayah(kabupaten) or len(public) != 32:
        raise _bad("issuing fields")
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise _bad("issuing name")
    return IssuingCertificate(kabupaten, name, public)


def _epoch_of(body: bytes) -> EpochCertificate:
    node_id, epoch, public, nonce, places = _fields(
        body, {1: bytes, 2: int, 3: bytes, 4: bytes, 5: list}
    )
    if (len(node_id), len(public), len(nonce)) != (16, 32, 16) or epoch < 1:
        raise _bad("epoch fields")
    if len(places) > NOT_BEFORE_MAX or not all(map(_is_place, places)):
        raise _bad("not-before")
    return EpochCertificate(
        node_id, epoch, public, nonce, tuple((j, seq, h) for j, seq, h in places)
    )


def _is_place(place: Any) -> bool:
    """Whether this is [journal id, seq, hash]."""
    if not isinstance(place, list) or len(place) != 3:
        return False
    journal, seq, h = place
    if type(journal) is not bytes or type(h) is not bytes or type(seq) is not int:
        return False
    return len(journal) == 16 and len(h) == 32 and seq >= 0


def _check_scope(issuing: IssuingCertificate, node: NodeCertificate) -> None:
    """An issuing key speaks for its own kabupaten only.

    The keeper of the second copy sits above it: its wilayah may be the whole province.
    """
    home = (issuing.kabupaten,)
    above = (issuing.kabupaten[:2],) if node.role in SECOND_SITE_ROLES else ()
    if not all(covers(home, code) or code in above for code in node.wilayah):
        raise _bad("outside the kabupaten")


def _signed(key: SigningKey, prefix: bytes, body: bytes) -> Signed:
    return Signed(body, key.sign(prefix + body).signature)


def _decoded(data: bytes) -> Any:
    try:
        return cbor.decode(data, CHAIN_BYTES_MAX)
    except Refusal as refusal:
        raise _bad("form") from refusal


def _fields(body: bytes, kinds: dict[int, type]) -> list[Any]:
    """The values of a map with exactly these keys, each of its type."""
    fields = _decoded(body)
    if not isinstance(fields, dict) or fields.keys() != kinds.keys():
        raise _bad("fields")
    values = [fields[key] for key in kinds]
    if any(type(v) is not kind for v, kind in zip(values, kinds.values(), strict=True)):
        raise _bad("field types")
    return values


def _bad(why: str) -> Refusal:
    return Refusal(
        "bad_certificate",
        id=f"Sertifikat simpul tidak sah ({why}); tidak ada yang diterima darinya dan "
        "tidak ada yang hilang. Hubungi kabupaten.",
        en=f"The node certificate is not valid ({why}); nothing was taken from it and "
        "nothing is lost. Call the kabupaten.",
    )
