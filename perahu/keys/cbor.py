"""Deterministic CBOR (RFC 8949 4.2.1): the one form of every signed or hashed map.

- Integers of 64 bits, bytes, text, booleans, null, arrays and maps; nothing else.
- The keys of one map are all non-negative integers, or all bytes, or all text, so that
  the length-first order of the library and the bytewise order of the RFC are the same.
- What is decoded must encode back to the very bytes that came.

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
    if wrong:
        raise ValueError(wrong)
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes, limit: int) -> Any:
    """The value in `data`; arrays come as lists. Raises Refusal "bad_cbor".

    Never looks at more than `limit` bytes.
    """
    if len(data) > limit:
        raise _refusal(f"{len(data)} > {limit} bytes")
    try:
        value = cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_TAGS,
            max_depth=DEPTH_MAX,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError) as error:
        raise _refusal(type(error).__name__) from error
    wrong = _why_not(value, DEPTH_MAX)
    if wrong:
        raise _refusal(wrong)
    # Trailing bytes, long forms and unsorted keys all show here.
    if cbor2.dumps(value, canonical=True) != data:
        raise _refusal("not in canonical form")
    return value


def _why_not(value: object, depth: int) -> str:
    """Why this value is outside the form, or ""."""
    kind = type(value)
    if kind in _SCALARS:
        return ""
    if kind is int:
        assert isinstance(value, int)
        return "" if _INT_MIN <= value <= _INT_MAX else "integer over 64 bits"
    if depth == 0:
        return "too deep"
    if isinstance(value, list | tuple):
        return _why_not_all(value, depth - 1)
    if isinstance(value, dict):
        kinds = set(map(type, value))
        if len(kinds) > 1 or not kinds.issubset(_KEY_TYPES):
            return "mixed or wrong keys"
        if int in kinds and not (min(value) >= 0 and max(value) <= _INT_MAX):
            return "key out of range"
        return _why_not_all(value.values(), depth - 1)
    return f"type {kind.__name__}"


def _why_not_all(items: Iterable[object], depth: int) -> str:
    """As _why_not, for each; scalars are passed over without a call, for speed."""
    for item in items:
        if type(item) not in _SCALARS and (wrong := _why_not(item, depth)):
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
