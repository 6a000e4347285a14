"""JSON Web Signatures as SBI 0.9.5 uses them: compact, RS256, certificates in `x5c`.

- `verified` accepts exactly one algorithm, whatever the token's header asks for.
- Trust is the pinned root given in the settings: the token's first certificate must be
  that root or be issued by it directly. Periods of certificates are not judged, as a
  node's clock may be years wrong; a device is revoked by pinning another root.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

TOKEN_CHARS_MAX = 4_000_000
_HEADER_CHARS_MAX = 16_384
_RSA_BITS_MIN, _RSA_BITS_MAX = 2_048, 4_096


class BadToken(Exception):
    """The token is malformed, or not signed by a device under the pinned root."""


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of base64url with or without padding; raises BadToken."""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (Base64Error, ValueError) as error:
        raise BadToken("not base64url") from error


def sign(payload: bytes, key: RSAPrivateKey, certificate: x509.Certificate) -> str:
    """A compact token over `payload` with its certificate in the header."""
    from cryptography.hazmat.primitives.serialization import Encoding

    der = certificate.public_bytes(Encoding.DER)
    header = {"alg": "RS256", "typ": "JWT", "x5c": [b64encode(der).decode()]}
    signed = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
    signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{encode(signature)}"


def verified(token: str, root: x509.Certificate) -> bytes:
    """The payload of a token that a device under `root` signed; raises BadToken."""
    if len(token) > TOKEN_CHARS_MAX:
        raise BadToken("too long")
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > _HEADER_CHARS_MAX:
        raise BadToken("not a compact token")
    key = _device_key(decode(parts[0]), root)
    signed = f"{parts[0]}.{parts[1]}".encode()
    try:
        key.verify(decode(parts[2]), signed, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise BadToken("wrong signature") from error
    return decode(parts[1])


_MALFORMED = (
    ValueError, KeyError, IndexError, TypeError, RecursionError,
    # Of a certificate; neither is a ValueError.
    x509.InvalidVersion, UnsupportedAlgorithm,
)  # fmt: skip


def _device_key(header: bytes, root: x509.Certificate) -> RSAPublicKey:
    """The public key of the token's first certificate, if `root` stands behind it."""
    try:
        told = json.loads(header)
        if not isinstance(told, dict) or told.get("alg") != "RS256":
            raise BadToken("not RS256")
        leaf = x509.load_der_x509_certificate(b64decode(told["x5c"][0], validate=True))
        if leaf != root:
            leaf.verify_directly_issued_by(root)
        key = leaf.public_key()
    except InvalidSignature as error:
        raise BadToken("certificate is not under the pinned root") from error
    except _MALFORMED as error:
        raise BadToken("bad header") from error
    if not isinstance(key, RSAPublicKey):
        raise BadToken("not an RSA key")
    if not _RSA_BITS_MIN <= key.key_size <= _RSA_BITS_MAX:
        raise BadToken("key size")
    return key
