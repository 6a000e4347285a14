"""Device signatures, and the ways to forge them."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from perahu.devices.jws import TOKEN_CHARS_MAX, BadToken, decode, encode, sign, verified
from perahu.devices.sim_keys import DeviceKeys

KEYS = DeviceKeys.new()
STRANGER = DeviceKeys.new()
TOKEN = sign(b"payload", KEYS.key, KEYS.certificate)


def test_it_works() -> None:
    """A token of a device under the pinned root gives its payload."""
    assert verified(TOKEN, KEYS.root) == b"payload"


def test_it_refuses_another_root() -> None:
    """The token's own certificate is worth nothing without the pinned root."""
    with pytest.raises(BadToken, match="pinned root"):
        verified(TOKEN, STRANGER.root)


def test_it_refuses_a_payload_changed_after_signing() -> None:
    """One changed payload ends the token."""
    head, _, signature = TOKEN.split(".")
    with pytest.raises(BadToken, match="wrong signature"):
        verified(f"{head}.{encode(b'other')}.{signature}", KEYS.root)


def test_it_refuses_a_strangers_key_with_a_borrowed_certificate() -> None:
    """A good certificate does not help who lacks its key."""
    forged = sign(b"payload", STRANGER.key, KEYS.certificate)
    with pytest.raises(BadToken, match="wrong signature"):
        verified(forged, KEYS.root)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "", None, 7])
def test_it_takes_one_algorithm_only(algorithm: object) -> None:
    """The header's wish for another algorithm, or for none, is refused."""
    der = b64encode(KEYS.certificate.public_bytes(Encoding.DER)).decode()
    header = encode(json.dumps({"alg": algorithm, "x5c": [der]}).encode())
    _, payload, signature = TOKEN.split(".")
    with pytest.raises(BadToken):
        verified(f"{header}.{payload}.{signature}", KEYS.root)


def test_it_refuses_a_certificate_of_a_version_that_is_none() -> None:
    """A flipped bit may make it version 38, which its reader takes for no mere bad value."""
    der = KEYS.certificate.public_bytes(Encoding.DER)
    odd = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x26", 1)
    assert odd != der
    told = {"alg": "RS256", "x5c": [b64encode(odd).decode()]}
    _, payload, signature = TOKEN.split(".")
    with pytest.raises(BadToken, match="bad header"):
        verified(
            f"{encode(json.dumps(told).encode())}.{payload}.{signature}", KEYS.root
        )


def test_it_refuses_a_token_above_the_limit() -> None:
    """A token that is too long is not even taken apart."""
    with pytest.raises(BadToken, match="too long"):
        verified("." * (TOKEN_CHARS_MAX + 1), KEYS.root)


@given(st.text(max_size=200))
def test_it_never_breaks_on_noise(noise: str) -> None:
    """Random text is refused and raises nothing else."""
    for token in (
        noise,
        f"{noise}.{noise}.{noise}",
        f"{TOKEN.split('.')[0]}.{noise}.x",
    ):
        with pytest.raises(BadToken):
            verified(token, KEYS.root)


@given(st.binary(max_size=100))
def test_it_decodes_what_it_encoded(plain: bytes) -> None:
    """Base64url without padding goes both ways."""
    assert decode(encode(plain)) == plain
