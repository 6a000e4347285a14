"""Deterministic CBOR: one form, and nothing but that form."""

from __future__ import annotations

from random import Random

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.keys import cbor
from perahu.words import Refusal

SCALARS = (
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20)
    | st.booleans() | st.none()
)  # fmt: skip
KEYS = (st.integers(0, 2**64 - 1), st.binary(max_size=30), st.text(max_size=10))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.one_of([st.dictionaries(keys, inner, max_size=4) for keys in KEYS])
    ),
    max_leaves=12,
)


def depth(value: object) -> int:
    """How many containers lie within each other."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def shuffled(value: object, dice: Random) -> object:
    """The same value with every map in some other order."""
    if isinstance(value, list):
        return [shuffled(item, dice) for item in value]
    if isinstance(value, dict):
        items = list(value.items())
        dice.shuffle(items)
        return {key: shuffled(item, dice) for key, item in items}
    return value


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_it_gives_back_what_it_was_given(value: object) -> None:
    """Whatever the form allows comes back equal."""
    if depth(value) <= cbor.DEPTH_MAX:
        assert cbor.decode(cbor.encode(value), 1 << 16) == value


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_it_writes_the_one_form(value: object) -> None:
    """However the maps are ordered, the bytes are the library's canonical ones."""
    if depth(value) <= cbor.DEPTH_MAX:
        assert cbor.encode(value) == cbor2.dumps(value, canonical=True)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_it_refuses_keys_in_any_other_order(value: object, dice: Random) -> None:
    """Bytes whose maps are ordered otherwise are not the one form of what they say."""
    data = cbor2.dumps(shuffled(value, dice))
    if depth(value) <= cbor.DEPTH_MAX:
        if data == cbor.encode(value):
            assert cbor.decode(data, 1 << 16) == value
        else:
            with pytest.raises(Refusal):
                cbor.decode(data, 1 << 16)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_it_reads_its_own_bytes_again(value: object) -> None:
    """What passed once is read the same without the checks."""
    if depth(value) <= cbor.DEPTH_MAX:
        data = cbor.encode(value)
        assert cbor.decode_known(data) == cbor.decode(data, 1 << 16)


def test_it_says_what_is_broken_in_its_own_bytes() -> None:
    """A damaged book ends in a refusal, not in a fault of the program."""
    with pytest.raises(Refusal) as caught:
        cbor.decode_known(b"\x42a")
    assert caught.value.code == "bad_cbor"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=24))
def test_it_takes_only_bytes_that_encode_back(data: bytes) -> None:
    """Random bytes are refused, or are the one encoding of what they say."""
    try:
        value = cbor.decode(data, 64)
    except Refusal as refusal:
        assert refusal.code == "bad_cbor"
    else:
        assert cbor.encode(value) == data


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 0xFFFF), st.binary(max_size=12))
def test_it_refuses_every_tag(tag: int, rest: bytes) -> None:
    """No tag is interpreted, whatever it wraps."""
    data = b"\xd9" + tag.to_bytes(2, "big") + rest
    with pytest.raises(Refusal):
        cbor.decode(data, 64)


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("duplicate keys", b"\xa2\x01\x01\x01\x02"),
        ("keys out of order", b"\xa2\x02\x00\x01\x00"),
        ("indefinite array", b"\x9f\x01\xff"),
        ("indefinite bytes", b"\x5f\x41a\xff"),
        ("long form of a small integer", b"\x18\x01"),
        ("float", b"\xf9\x3c\x00"),
        ("float without a fraction", b"\xfa\x3f\x80\x00\x00"),
        ("not a number", b"\xf9\x7e\x00"),
        ("undefined", b"\xf7"),
        ("simple value", b"\xe0"),
        ("big integer", b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        ("negative key", b"\xa1\x20\x00"),
        ("keys of two types", b"\xa2\x01\x00\x41a\x00"),
        ("array as key", b"\xa1\x81\x01\x00"),
        ("boolean as key", b"\xa1\xf5\x00"),
        ("trailing byte", b"\x01\x00"),
        ("cut short", b"\x42a"),
        ("empty", b""),
        ("broken text", b"\x61\xff"),
        ("length of an exabyte", b"\x5b\x0f\xff\xff\xff\xff\xff\xff\xff"),
        ("array of an exabyte", b"\x9b\x0f\xff\xff\xff\xff\xff\xff\xff"),
        ("a value that holds itself", b"\xd8\x1c\x81\xd8\x1d\x00"),
        ("a datetime", cbor2.dumps({1: 2}, canonical=True) + b"\xc1\x00"),
    ],
)
def test_it_refuses(why: str, data: bytes) -> None:
    """Each way out of the form ends in one refusal."""
    with pytest.raises(Refusal) as caught:
        cbor.decode(data, 1024)
    assert caught.value.code == "bad_cbor", why


def test_it_refuses_one_level_too_deep() -> None:
    """Eight containers within each other are read, nine are not."""
    assert cbor.decode(b"\x81" * 8 + b"\x01", 64)
    with pytest.raises(Refusal):
        cbor.decode(b"\x81" * 9 + b"\x01", 64)
    with pytest.raises(ValueError):
        cbor.encode([[[[[[[[[1]]]]]]]]])


def test_it_refuses_one_byte_over_the_limit() -> None:
    """The limit itself is allowed."""
    data = cbor.encode(b"x" * 10)
    assert cbor.decode(data, len(data)) == b"x" * 10
    with pytest.raises(Refusal):
        cbor.decode(data, len(data) - 1)


@pytest.mark.parametrize(
    "value", [1.5, {1, 2}, 2**64, {-1: 0}, {1: 0, b"": 0}, object(), {(1,): 2}]
)
def test_it_does_not_write_what_it_would_refuse(value: object) -> None:
    """A value outside the form is an error of the program, told at once."""
    with pytest.raises(ValueError):
        cbor.encode(value)


def test_it_refuses_what_no_order_mends() -> None:
    """Keys out of order are put in order; a float beside them is refused all the same."""
    assert cbor.encode({2: 0, 1: 0}) == cbor.encode({1: 0, 2: 0})
    with pytest.raises(ValueError, match="float"):
        cbor.encode({2: 0, 1: {1: 0.5}})
