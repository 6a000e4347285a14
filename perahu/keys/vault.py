"""The node's own secret, and every key that grows out of it.

- The secret is 32 random bytes and an age identity; it lives outside the book, sealed
  under the start passphrase (argon2id, then a secretbox). The cost parameters stand in
  the sealed record, so they can be raised later.
- Each purpose has its own key, derived by keyed BLAKE2b under its own label; no key is
  used for two things, and none of them gives away another.

Example: `keys = open_secret(seal_secret(new_secret(rng), phrase, rng), phrase)`.

It does not decide where the sealed record lies nor who asks for the passphrase: node/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyrage
from nacl.bindings import crypto_generichash_blake2b_salt_personal
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import SigningKey

from perahu.keys import cbor
from perahu.words import Refusal

SEALED_BYTES_MAX = 4096
"""A sealed secret is about 250 bytes."""
PASSPHRASE_BYTES_MIN = 8
PASSPHRASE_BYTES_MAX = 1024

_SECRET_BYTES_MAX = 512
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_OPS_MAX = 16
_MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""A record that asks for more than a small PC has is damaged or hostile."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase or PIN costs (argon2id)."""

    ops: int
    memory_bytes: int


MODERATE = Cost(ops=3, memory_bytes=64 * 1024 * 1024)


class NodeKeys:
    """The keys of one node; alive in memory only."""

    __slots__ = (
        "_seed", "age_identity", "age_recipient", "book_key", "box_key", "device_key",
        "sign_key", "tables_key", "wrap_key",
    )  # fmt: skip

    def __init__(self, seed: bytes, age_identity: str) -> None:
        """Grow all keys from a 32-byte seed; raises ValueError for a bad identity."""
        if len(seed) != 32:
            raise ValueError("seed")
        try:
            recipient = pyrage.x25519.Identity.from_str(age_identity).to_public()
        except pyrage.IdentityError as error:
            raise ValueError("age identity") from error
        self._seed = seed
        self.age_identity = age_identity
        self.age_recipient = str(recipient)
        self.sign_key = SigningKey(self._derive(b"sign"))
        self.box_key = PrivateKey(self._derive(b"box"))
        self.book_key = self._derive(b"book")
        self.tables_key = self._derive(b"tables")
        self.wrap_key = self._derive(b"wrap")
        self.device_key = self._derive(b"device")

    def epoch_sign_key(self, epoch: int, nonce16: bytes) -> SigningKey:
        """The key that signs in one epoch.

        The nonce keeps two branches of a cloned node apart: each draws its own, so the
        same epoch number never means the same key twice.
        """
        if len(nonce16) != 16:
            raise ValueError("nonce")
        return SigningKey(self._derive(b"epoch", epoch.to_bytes(8, "big") + nonce16))

    def _derive(self, label: bytes, rest: bytes = b"") -> bytes:
        return crypto_generichash_blake2b_salt_personal(
            rest, digest_size=32, key=self._seed, person=b"PRH1-" + label
        )

    @property
    def secret(self) -> bytes:
        """What they grew from, as it stands in the vault."""
        return cbor.encode({1: self._seed, 2: self.age_identity})

    def __repr__(self) -> str:
        """Never the keys: a repr ends up in logs."""
        return f"NodeKeys({self.age_recipient})"


def new_secret(rng: Callable[[int], bytes]) -> bytes:
    """A fresh node secret; `NodeKeys` grow from it."""
    identity = _bech32("age-secret-key-", rng(32)).upper()
    secret = cbor.encode({1: rng(32), 2: identity})
    assert keys_of(secret).age_identity == identity
    return secret


def keys_of(secret: bytes) -> NodeKeys:
    """The keys of an unsealed secret. Raises Refusal "bad_vault"."""
    try:
        fields = cbor.decode(secret, _SECRET_BYTES_MAX)
    except Refusal as refusal:
        raise _bad_vault() from refusal
    seed, identity = _picked(fields, {1: bytes, 2: str})
    try:
        return NodeKeys(seed, identity)
    except ValueError as error:
        raise _bad_vault() from error


def seal_secret(
    secret: bytes,
    passphrase: str,
    rng: Callable[[int], bytes],
    cost: Cost = MODERATE,
) -> bytes:
    """The secret sealed under a passphrase. Raises Refusal "weak_passphrase"."""
    phrase = _phrase_bytes(passphrase)
    if len(phrase) < PASSPHRASE_BYTES_MIN:
        raise Refusal(
            "weak_passphrase",
            id=f"Frasa sandi paling sedikit {PASSPHRASE_BYTES_MIN} huruf; belum ada yang "
            "disimpan. Pilih frasa yang lebih panjang.",
            en=f"The passphrase needs at least {PASSPHRASE_BYTES_MIN} characters; nothing "
            "was saved yet. Choose a longer one.",
        )
    salt, nonce = rng(16), rng(24)
    box = SecretBox(stretch(phrase, salt, cost))
    cipher = box.encrypt(secret, nonce).ciphertext
    return cbor.encode(
        {1: 1, 2: salt, 3: cost.ops, 4: cost.memory_bytes, 5: nonce, 6: cipher}
    )


def open_secret(blob: bytes, passphrase: str) -> NodeKeys:
    """The keys in a sealed secret. Raises Refusal "wrong_passphrase" or "bad_vault"."""
    try:
        fields = cbor.decode(blob, SEALED_BYTES_MAX)
    except Refusal as refusal:
        raise _bad_vault() from refusal
    version, salt, ops, memory, nonce, cipher = _picked(
        fields, {1: int, 2: bytes, 3: int, 4: int, 5: bytes, 6: bytes}
    )
    if version != 1 or len(nonce) != 24:
        raise _bad_vault()
    key = stretch(_phrase_bytes(passphrase), salt, Cost(ops, memory))
    try:
        secret = SecretBox(key).decrypt(cipher, nonce)
    except CryptoError as error:
        raise Refusal(
            "wrong_passphrase",
            id="Frasa sandi salah; semua tersimpan tetap utuh. Ketik sekali lagi.",
            en="The passphrase is wrong; everything stored is intact. Type it again.",
        ) from error
    return keys_of(secret)


def stretch(phrase: bytes, salt: bytes, cost: Cost) -> bytes:
    """32 bytes out of a phrase by argon2id. Raises Refusal "bad_vault" on absurd costs."""
    if len(salt) != 16 or not 1 <= cost.ops <= _OPS_MAX:
        raise _bad_vault()
    if not argon2id.MEMLIMIT_MIN <= cost.memory_bytes <= _MEMORY_BYTES_MAX:
        raise _bad_vault()
    return argon2id.kdf(32, phrase, salt, opslimit=cost.ops, memlimit=cost.memory_bytes)


def _phrase_bytes(passphrase: str) -> bytes:
    """Cut, not refused: a phrase over the limit still opens what it sealed."""
    return passphrase.encode("utf-8", "surrogatepass")[:PASSPHRASE_BYTES_MAX]


def _picked(fields: Any, kinds: dict[int, type]) -> list[Any]:
    """The values of a map that has exactly these keys, each of its type."""
    if not isinstance(fields, dict) or fields.keys() != kinds.keys():
        raise _bad_vault()
    values = [fields[key] for key in kinds]
    if any(type(v) is not kind for v, kind in zip(values, kinds.values(), strict=True)):
        raise _bad_vault()
    return values


def _bad_vault() -> Refusal:
    return Refusal(
        "bad_vault",
        id="Berkas kunci simpul ini rusak atau bukan berkas kunci; buku tidak disentuh. "
        "Ambil salinan berkas kunci dari cadangan.",
        en="The key file of this node is damaged or is no key file; the book was not "
        "touched. Take the copy of the key file from the backup.",
    )


def _bech32(prefix: str, payload: bytes) -> str:
    """BIP 173 text of 32 bytes, the form of an age identity.

    Own code because the library draws an identity only from the system's randomness,
    and a simulated node must get the same one from the same seed.
    """
    bits = int.from_bytes(payload, "big") << 4
    words = [bits >> shift & 31 for shift in range(255, -1, -5)]
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _bech32_polymod([*spread, *words, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_BECH32[word] for word in words + tail)


def _bech32_polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for i, term in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            if top >> i & 1:
                check ^= term
    return check
