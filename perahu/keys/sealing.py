"""Sealing: parts for those who may read them, frames for the road, bodies for the book.

- A part of a recording is an age file for its recipients, made at capture; the node
  that made it cannot read it back.
- A frame is XChaCha20-Poly1305 under a key drawn for one exchange or one file and
  wrapped once in a sealed box for the receiver; the clear head is authenticated.
- A body at rest is XChaCha20-Poly1305 under a key out of the keyring.

It does not know what it seals, and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import pyrage
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from perahu.words import Refusal

BLOB_BYTES_MAX = 32 * 1024 * 1024
"""One part, plain; the largest real one (a scan) is about 6 MB."""
RECIPIENTS_MAX = 16
_AGE_OVERHEAD_MAX = 64 * 1024


def seal_blob(plain: bytes, recipients: Sequence[str]) -> bytes:
    """An age file that only these recipients can open. Raises Refusal "cannot_seal"."""
    if not 1 <= len(recipients) <= RECIPIENTS_MAX or len(plain) > BLOB_BYTES_MAX:
        raise _cannot_seal()
    try:
        known = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as error:
        raise _cannot_seal() from error
    return bytes(pyrage.encrypt(plain, known))


def open_blob(cipher: bytes, identity: str) -> bytes:
    """The content of an age file. Raises Refusal "cannot_open"."""
    if len(cipher) > BLOB_BYTES_MAX + _AGE_OVERHEAD_MAX:
        raise _cannot_open()
    try:
        key = pyrage.x25519.Identity.from_str(identity)
        return bytes(pyrage.decrypt(cipher, [key]))
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise _cannot_open() from error


class FrameKey:
    """The key of one exchange or one courier file; n counts its frames, never twice."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Take 32 bytes; `new` and `unwrap` are the usual ways in."""
        if len(key) != 32:
            raise ValueError("frame key")
        self._key = key

    @classmethod
    def new(cls, rng: Callable[[int], bytes]) -> FrameKey:
        """A fresh key."""
        return cls(rng(32))

    @classmethod
    def unwrap(cls, wrapped: bytes, box_key: PrivateKey) -> FrameKey:
        """The key out of a sealed box for us. Raises Refusal "cannot_open"."""
        try:
            return cls(SealedBox(box_key).decrypt(wrapped))
        except (CryptoError, ValueError) as error:
            raise _cannot_open() from error

    def wrapped_for(self, box_public: bytes) -> bytes:
        """The key in a sealed box that only the holder of the private half can open."""
        return bytes(SealedBox(PublicKey(box_public)).encrypt(self._key))

    def seal(self, n: int, head: bytes, plain: bytes) -> bytes:
        """Frame n, with its clear head bound to it."""
        return _seal(self._key, _counter_nonce(n), head, plain)

    def open(self, n: int, head: bytes, cipher: bytes) -> bytes:
        """What `seal` was given. Raises Refusal "cannot_open"."""
        return _open(self._key, _counter_nonce(n), head, cipher)

    def mixed_with(self, other: FrameKey, purpose: bytes, context: bytes) -> bytes:
        """32 bytes that only who holds both keys can know, for one purpose."""
        keys = self._key + other._key
        return blake2b(context, digest_size=32, key=keys, person=purpose).digest()


def seal_body(key32: bytes, nonce24: bytes, plain: bytes) -> bytes:
    """A body at rest."""
    return _seal(key32, nonce24, b"", plain)


def open_body(key32: bytes, nonce24: bytes, cipher: bytes) -> bytes:
    """The body that `seal_body` was given. Raises Refusal "cannot_open"."""
    return _open(key32, nonce24, b"", cipher)


def _counter_nonce(n: int) -> bytes:
    return bytes(16) + n.to_bytes(8, "big")


def _seal(key: bytes, nonce: bytes, head: bytes, plain: bytes) -> bytes:
    return crypto_aead_xchacha20poly1305_ietf_encrypt(plain, head, nonce, key)


def _open(key: bytes, nonce: bytes, head: bytes, cipher: bytes) -> bytes:
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(cipher, head, nonce, key)
    except (CryptoError, ValueError) as error:
        raise _cannot_open() from error


def _cannot_seal() -> Refusal:
    return Refusal(
        "cannot_seal",
        id="Bagian ini tidak dapat disegel: penerimanya tidak dikenal atau ukurannya "
        "terlalu besar. Belum ada yang disimpan; hubungi kabupaten.",
        en="This part cannot be sealed: its recipients are unknown or it is too big. "
        "Nothing was saved yet; call the kabupaten.",
    )


def _cannot_open() -> Refusal:
    return Refusal(
        "cannot_open",
        id="Segel ini bukan untuk simpul ini atau isinya rusak; aslinya tetap ada pada "
        "pengirim. Minta dikirim ulang.",
        en="This seal is not for this node, or its content is damaged; the sender still "
        "has the original. Ask for it again.",
    )
