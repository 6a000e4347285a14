"""A world's own chance: everything that is drawn in it comes from its seed and nothing else.

Two kinds: `Chance` for what happens (numbers, choices), `Dice` for the bytes that a node
would take from its operating system. And `seeded_age`: age files are made by a library that
asks the system for randomness by itself; while it is on, they are made here, in the same
format (age-encryption.org/v1), from the world's dice. They are opened by the real library.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import pyrage
from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHUNK_BYTES = 64 * 1024


class Chance(Random):
    """Numbers drawn from a seed; `hits(p)` is true once in 1/p."""

    def __init__(self, *names: object) -> None:
        """Two chances under different names are strangers to each other."""
        name = "/".join(map(str, names)).encode()
        super().__init__(int.from_bytes(hashlib.sha256(name).digest(), "big"))

    def hits(self, share: float) -> bool:
        """Whether something happens that happens in this share of cases."""
        return self.random() < share


class Dice:
    """Seeded bytes: what a node takes for the randomness of its system."""

    def __init__(self, *names: object) -> None:
        self._name = "/".join(map(str, names)).encode()
        self._count = 0

    def __call__(self, size: int) -> bytes:
        """`size` bytes that look random."""
        self._count += 1
        label = self._name + self._count.to_bytes(8, "big")
        return hashlib.shake_256(label).digest(size)


@contextmanager
def seeded_age(dice: Callable[[int], bytes]) -> Iterator[None]:
    """Within, age files are made with these dice instead of the system's."""
    before: Any = pyrage.encrypt

    def encrypt(plain: bytes, recipients: Sequence[object]) -> bytes:
        return age_file(plain, [str(one) for one in recipients], dice)

    pyrage.encrypt = encrypt
    try:
        yield
    finally:
        pyrage.encrypt = before


def age_file(
    plain: bytes, recipients: Sequence[str], dice: Callable[[int], bytes]
) -> bytes:
    """An age file for X25519 recipients."""
    key, head = dice(16), b"age-encryption.org/v1\n"
    for text in recipients:
        head += _stanza(key, _public_of(text), dice(32))
    head += b"---"
    mac = hmac.digest(_hkdf(key, b"", b"header"), head, "sha256")
    nonce = dice(16)
    cipher = _stream(_hkdf(key, nonce, b"payload"), plain)
    return head + b" " + _text(mac) + b"\n" + nonce + cipher


def _stanza(key: bytes, public: bytes, secret: bytes) -> bytes:
    share = crypto_scalarmult_base(secret)
    shared = crypto_scalarmult(secret, public)
    wrap = _hkdf(shared, share + public, b"age-encryption.org/v1/X25519")
    body = crypto_aead_chacha20poly1305_ietf_encrypt(key, None, bytes(12), wrap)
    return b"-> X25519 " + _text(share) + b"\n" + _text(body) + b"\n"


def _stream(key: bytes, plain: bytes) -> bytes:
    pieces = [
        plain[at : at + _CHUNK_BYTES] for at in range(0, len(plain), _CHUNK_BYTES)
    ] or [b""]
    sealed = b""
    for number, piece in enumerate(pieces):
        nonce = number.to_bytes(11, "big") + bytes([number == len(pieces) - 1])
        sealed += crypto_aead_chacha20poly1305_ietf_encrypt(piece, None, nonce, key)
    return sealed


def _hkdf(secret: bytes, salt: bytes, label: bytes) -> bytes:
    """RFC 5869, one block of SHA-256."""
    drawn = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(drawn, label + b"\x01", "sha256")


def _text(raw: bytes) -> bytes:
    return b64encode(raw).rstrip(b"=")


def _public_of(recipient: str) -> bytes:
    """The key in the text of a recipient (BIP 173)."""
    number = 0
    words = recipient.lower().rpartition("1")[2][:-6]
    for sign in words:
        number = number << 5 | _BECH32.index(sign)
    return (number >> (len(words) * 5 - 256)).to_bytes(32, "big")
