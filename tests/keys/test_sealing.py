"""Seals: who they are for, and what breaks them."""

from __future__ import annotations

import pytest

from perahu.keys import sealing
from perahu.keys.sealing import (
    RECIPIENTS_MAX,
    FrameKey,
    open_blob,
    open_body,
    seal_blob,
    seal_body,
)
from perahu.words import Refusal
from tests.keys.cast import create_keys, seeded

HUB, PROVINSI, KAPAL = map(create_keys, ("Hub", "Provinsi", "Kapal"))


def test_it_seals_a_part_to_hub_and_provinsi() -> None:
    """Both recipients read it, the node that made it cannot."""
    cipher = seal_blob(b"iris", [HUB.age_recipient, PROVINSI.age_recipient])
    assert open_blob(cipher, HUB.age_identity) == b"iris"
    assert open_blob(cipher, PROVINSI.age_identity) == b"iris"
    with pytest.raises(Refusal) as caught:
        open_blob(cipher, KAPAL.age_identity)
    assert caught.value.code == "cannot_open"


@pytest.mark.parametrize(
    "recipients", [[], ["age1nonsense"], [HUB.age_recipient] * (RECIPIENTS_MAX + 1)]
)
def test_it_refuses_to_seal_to_nobody(recipients: list[str]) -> None:
    """No recipient, a bad one or too many: nothing is sealed."""
    with pytest.raises(Refusal) as caught:
        seal_blob(b"iris", recipients)
    assert caught.value.code == "cannot_seal"


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_it_refuses_a_broken_part(cut: int) -> None:
    """A part cut anywhere, or with a bit turned, does not open."""
    cipher = seal_blob(b"iris" * 50, [HUB.age_recipient])
    for broken in (cipher[:cut], cipher[:-1] + bytes([cipher[-1] ^ 1])):
        with pytest.raises(Refusal):
            open_blob(broken, HUB.age_identity)


def test_it_opens_a_frame_only_at_its_place() -> None:
    """Another number, head, key or content does not open."""
    key = FrameKey.new(seeded("frame"))
    cipher = key.seal(7, b"head", b"entries")
    assert key.open(7, b"head", cipher) == b"entries"
    attempts = [(8, b"head", cipher), (7, b"tail", cipher), (7, b"head", cipher[:-1])]
    attempts.append((7, b"head", b""))
    for n, head, content in attempts:
        with pytest.raises(Refusal):
            key.open(n, head, content)
    with pytest.raises(Refusal):
        FrameKey.new(seeded("other")).open(7, b"head", cipher)


def test_it_wraps_a_frame_key_for_one_receiver() -> None:
    """The receiver unwraps the same key; nobody else does."""
    key = FrameKey.new(seeded("frame"))
    wrapped = key.wrapped_for(bytes(HUB.box_key.public_key))
    opened = FrameKey.unwrap(wrapped, HUB.box_key)
    assert opened.open(1, b"", key.seal(1, b"", b"x")) == b"x"
    for bad, box in ((wrapped, KAPAL.box_key), (wrapped[:-1], HUB.box_key)):
        with pytest.raises(Refusal):
            FrameKey.unwrap(bad, box)


def test_it_seals_a_body_under_its_own_key() -> None:
    """A body opens under its key and nonce only."""
    cipher = seal_body(b"k" * 32, b"n" * 24, b"body")
    assert open_body(b"k" * 32, b"n" * 24, cipher) == b"body"
    with pytest.raises(Refusal):
        open_body(b"K" * 32, b"n" * 24, cipher)
    with pytest.raises(Refusal):
        open_body(b"k" * 32, b"N" * 24, cipher)


def test_it_opens_no_part_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part as big as allowed is read; one far over it is not even looked at."""
    monkeypatch.setattr(sealing, "BLOB_BYTES_MAX", 10)
    # age puts a stanza of a random length into its head, so that readers pass it by.
    monkeypatch.setattr(sealing, "_AGE_OVERHEAD_MAX", 4000)
    cipher = seal_blob(b"0123456789", [HUB.age_recipient])
    assert open_blob(cipher, HUB.age_identity) == b"0123456789"
    with pytest.raises(Refusal):
        seal_blob(b"0123456789a", [HUB.age_recipient])
    with pytest.raises(Refusal):
        open_blob(cipher + bytes(4000), HUB.age_identity)


def test_it_wants_a_whole_frame_key() -> None:
    """A short key is an error of the program."""
    with pytest.raises(ValueError, match="frame key"):
        FrameKey(b"short")
