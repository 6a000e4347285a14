"""The node's secret under a passphrase, and the keys that grow out of it."""

from __future__ import annotations

import pyrage
import pytest

from perahu.keys import cbor
from perahu.keys.vault import (
    SEALED_BYTES_MAX,
    NodeKeys,
    keys_of,
    new_secret,
    open_secret,
    seal_secret,
)
from perahu.words import Refusal
from tests.keys.cast import CHEAP, create_keys, seeded

PHRASE = "perahu di laut biru"


def sealed() -> bytes:
    """A sealed secret that is cheap to open."""
    return seal_secret(new_secret(seeded("a")), PHRASE, seeded("b"), CHEAP)


def test_it_works() -> None:
    """What was sealed opens with the same passphrase, and gives the same keys."""
    keys = open_secret(sealed(), PHRASE)
    assert keys.book_key == create_keys("a").book_key
    assert keys.age_identity.startswith("AGE-SECRET-KEY-1")


def test_it_refuses_a_wrong_passphrase() -> None:
    """A wrong passphrase is said so, not taken for damage."""
    with pytest.raises(Refusal) as caught:
        open_secret(sealed(), PHRASE + "!")
    assert caught.value.code == "wrong_passphrase"


def test_it_refuses_a_short_passphrase() -> None:
    """Seven characters are too few, eight are enough."""
    secret = new_secret(seeded("a"))
    with pytest.raises(Refusal) as caught:
        seal_secret(secret, "1234567", seeded("b"), CHEAP)
    assert caught.value.code == "weak_passphrase"
    assert seal_secret(secret, "12345678", seeded("b"), CHEAP)


def test_it_derives_a_different_key_for_each_use() -> None:
    """No two purposes, nodes, epochs or nonces share a key."""
    keys, other = create_keys("a"), create_keys("b")
    found = [
        bytes(keys.sign_key), bytes(keys.box_key), keys.book_key, keys.tables_key,
        keys.wrap_key, keys.device_key, other.book_key,
        bytes(keys.epoch_sign_key(1, bytes(16))),
        bytes(keys.epoch_sign_key(2, bytes(16))),
        bytes(keys.epoch_sign_key(1, b"n" * 16)),
    ]  # fmt: skip
    assert len(set(found)) == len(found)


def test_it_gives_an_age_identity_that_the_library_reads() -> None:
    """Our own bech32 text is the library's form, for many seeds."""
    for n in range(30):
        identity = create_keys(str(n)).age_identity
        assert str(pyrage.x25519.Identity.from_str(identity)) == identity


@pytest.mark.parametrize(
    "blob",
    [
        b"", b"not a vault", b"\xa0", sealed()[:-1], sealed() + b"\x00",
        b"\x00" * (SEALED_BYTES_MAX + 1),
        cbor.encode({1: 1, 2: b"s", 3: 1, 4: 8192, 5: bytes(24), 6: b""}),
        cbor.encode({1: 1, 2: bytes(16), 3: 1, 4: 1 << 40, 5: bytes(24), 6: b""}),
        cbor.encode({1: 1, 2: bytes(16), 3: 999, 4: 8192, 5: bytes(24), 6: b""}),
        cbor.encode({1: 2, 2: bytes(16), 3: 1, 4: 8192, 5: bytes(24), 6: b""}),
        cbor.encode({1: 1, 2: bytes(16), 3: 1, 4: 8192, 5: bytes(24), 6: "text"}),
    ],
)  # fmt: skip
def test_it_says_when_the_file_is_damaged(blob: bytes) -> None:
    """Damage, a foreign file and absurd costs end in one clear refusal."""
    with pytest.raises(Refusal) as caught:
        open_secret(blob, PHRASE)
    assert caught.value.code == "bad_vault"


@pytest.mark.parametrize(
    "secret",
    [
        cbor.encode({1: b"short", 2: "AGE-SECRET-KEY-1"}),
        cbor.encode({1: bytes(32), 2: "x"}),
        b"?",
    ],
)
def test_it_refuses_a_secret_of_wrong_form(secret: bytes) -> None:
    """A secret that opens but is none is damage too."""
    with pytest.raises(Refusal) as caught:
        keys_of(secret)
    assert caught.value.code == "bad_vault"


def test_it_keeps_the_keys_out_of_its_repr() -> None:
    """What ends up in a log shows the public name only."""
    keys = create_keys("a")
    assert keys.age_identity not in repr(keys)
    assert keys.book_key.hex() not in repr(keys)


def test_it_refuses_a_nonce_of_wrong_length() -> None:
    """A short nonce would let two branches of a clone share a key."""
    with pytest.raises(ValueError):
        create_keys("a").epoch_sign_key(1, b"short")
    with pytest.raises(ValueError):
        NodeKeys(b"short", create_keys("a").age_identity)


def test_it_grows_from_its_secret_again() -> None:
    """What stands in the vault is all there is: the same keys grow out of it."""
    keys = create_keys("a")
    again = keys_of(keys.secret)
    assert again.secret == keys.secret
    assert again.book_key == keys.book_key
    assert again.age_recipient == keys.age_recipient
