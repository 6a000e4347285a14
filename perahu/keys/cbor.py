"""Deterministic CBOR (RFC 8949 4.2.1): the one form of every signed or hashed map.

- Integers of 64 bits, bytes, text, booleans, null, arrays and maps; nothing else.
- The keys of one map are all non-negative integers, or all bytes, or all text, so that
  the length-first order of the library and the bytewise order of the RFC are the same.
- What is decoded must encode back to the very bytes that came.

Maps are looked at in the order they stand in: where that is the one order already, the
library need not sort, which is half of the cost of a fact.

It does not know what the values mean; the rooms check fields and types themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import cbor2

from perahu.words import Refusal

DEPTH_MAX = 8
"""Containers within containers; our deepest form needs five."""

_INT_MIN, _INT_MAX = -(2**64), 2**64 - 1
_SCALARS = frozenset({bytes, str, bool, type(None)})
_KEY_TYPES = (int, bytes, str)


def encode(value: object) -> bytes:
    """The one encoding of `value`; raises ValueError for what the form does not allow."""
    wrong = _why_not(value, DEPTH_MAX)
    if wrong == _NOT_CANONICAL:
        wrong = _why_not(value, DEPTH_MAX, in_order=False)
        if not wrong:
            return cbor2.dumps(value, canonical=True)
    if wrong:
        raise ValueError(wrong)
    return cbor2.dumps(value)


def decode(data: bytes, limit: int) -> Any:
    """The value in `data`; arrays come as lists. Raises Refusal "bad_cbor".

    Never looks at more than `limit` bytes.
    """
    if len(data) > limit:
        raise _refusal(f"{len(data)} > {limit} bytes")
    value = _load(data)
    wrong = _why_not(value, DEPTH_MAX)
    if wrong:
        raise _refusal(wrong)
    # Trailing bytes and long forms all show here; the order of keys was looked at above.
    if cbor2.dumps(value) != data:
        raise _refusal(_NOT_CANONICAL)
    return value


def decode_known(data: bytes) -> Any:
    """The value in bytes that passed `decode` before they were stored; a third of its cost.

    Only for bytes out of our own book, read many times over. Raises Refusal "bad_cbor".
    """
    return _load(data)


def _load(data: bytes) -> Any:
    try:
        return cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_TAGS,
            max_depth=DEPTH_MAX,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError) as error:
        raise _refusal(type(error).__name__) from error


_NOT_CANONICAL = "not in canonical form"


def _why_not(value: object, depth: int, *, in_order: bool = True) -> str:
    """The first reason why this value is outside the form, or ""."""
    kind = type(value)
    if kind in _SCALARS:
        return ""
    if kind is int:
        assert isinstance(value, int)
        return "" if _INT_MIN <= value <= _INT_MAX else "integer over 64 bits"
    if depth == 0:
        return "too deep"
    if isinstance(value, list | tuple):
        return _why_not_all(value, depth - 1, in_order)
    if isinstance(value, dict):
        wrong = _why_not_keys(value, in_order) if value else ""
        return wrong or _why_not_all(value.values(), depth - 1, in_order)
    return f"type {kind.__name__}"


def _why_not_keys(value: dict[Any, object], in_order: bool) -> str:
    """As _why_not, for the keys of one map that is not empty."""
    kinds = set(map(type, value))
    kind = kinds.pop()
    if kinds or kind not in _KEY_TYPES:
        return "mixed or wrong keys"
    keys = list(value)
    if kind is int:
        ordered = sorted(keys)
        if ordered[0] < 0 or ordered[-1] > _INT_MAX:
            return "key out of range"
    else:
        ordered = sorted(keys, key=_text_order if kind is str else _bytes_order)
    return _NOT_CANONICAL if in_order and keys != ordered else ""


def _bytes_order(key: bytes) -> tuple[int, bytes]:
    return len(key), key


def _text_order(key: str) -> tuple[int, bytes]:
    return _bytes_order(key.encode())


def _why_not_all(items: Iterable[object], depth: int, in_order: bool) -> str:
    """As _why_not, for each; what most items are is passed over without a call."""
    for item in items:
        kind = type(item)
        if kind in _SCALARS:
            continue
        if kind is int and _INT_MIN <= item <= _INT_MAX:  # type: ignore[operator]
            continue
        if wrong := _why_not(item, depth, in_order=in_order):
            return wrong
    return ""


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tag")


# Every tag the library would interpret by itself; the hook catches all others.
_TAGS: dict[int, Any] = dict.fromkeys(
    (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004,
     43000, 55799),
    _refuse_tag,
)  # fmt: skip


def _refusal(why: str) -> Refusal:
    return Refusal(
        "bad_cbor",
        id=f"Isi berkas tidak berbentuk benar ({why}); tidak ada yang dipakai darinya. "
        "Minta dikirim ulang.",
        en=f"The content is not well-formed ({why}); nothing of it was used. "
        "Ask for it to be sent again.",
    )
