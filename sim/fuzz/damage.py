"""Ways to damage bytes as media, roads and hostile people do; and to bend a tree of CBOR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cbor2

from perahu.keys import cbor
from sim.chance import Chance

Damage = Callable[[Chance, bytes, Sequence[bytes]], bytes]
"""(chance, content, other contents of the same kind) to what is left of it."""

ODD_NUMBERS = (
    0, 1, -1, 2, 23, 24, 127, 128, 255, 256, 512, 4095, 4096, 65535, 65536, 2**24, 2**31 - 1,
    2**31, 2**32 - 1, 2**32, 2**40, 2**52, 2**53 - 1, 2**53, 2**62, 2**63 - 1, 2**63,
    2**64 - 1,
)  # fmt: skip


def flip_bits(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """A few bits anywhere."""
    if not content:
        return b"\0"
    made = bytearray(content)
    for _bit in range(chance.choice((1, 1, 1, 2, 5, 40))):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def change_bytes(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """Some bytes become others; often those with a meaning of their own."""
    if not content:
        return b"\xff"
    made = bytearray(content)
    for _byte in range(chance.choice((1, 1, 2, 8))):
        odd = chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))
        made[chance.randrange(len(made))] = odd
    return bytes(made)


def odd_number(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """Where a length may stand, another number stands: 1, 2, 4 or 8 bytes, either end."""
    size = chance.choice((1, 2, 2, 4, 4, 8))
    if len(content) < size:
        return content + bytes(size)
    at = chance.randrange(min(len(content), chance.choice((40, 1 << 30))))
    at = min(at, len(content) - size)
    number = chance.choice(ODD_NUMBERS) % (1 << 8 * size)
    order = chance.choice(("big", "big", "little"))
    piece = number.to_bytes(size, "big" if order == "big" else "little")
    return content[:at] + piece + content[at + size :]


def truncate(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """The rest never came."""
    return content[: chance.randrange(len(content) + 1)]


def extend(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """More than there was."""
    return content + chance.randbytes(chance.choice((1, 3, 64, 5000)))


def zero_run(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """A run of zeros, as a sector that is gone."""
    at, size = _span(chance, content)
    return content[:at] + bytes(size) + content[at + size :]


def noise_run(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """A run of noise."""
    at, size = _span(chance, content)
    return content[:at] + chance.randbytes(size) + content[at + size :]


def cut_out(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """Something in the middle is missing; what is behind it moves up."""
    at, size = _span(chance, content)
    return content[:at] + content[at + size :]


def repeat(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """Something stands twice, or very often."""
    at, size = _span(chance, content)
    piece = content[at : at + size]
    times = chance.choice((1, 1, 2, 30))
    return content[:at] + piece * (times if size < 2000 else 1) + content[at:]


def swap(chance: Chance, content: bytes, _: Sequence[bytes]) -> bytes:
    """Two places change theirs."""
    at, size = _span(chance, content)
    to = chance.randrange(len(content) + 1)
    rest = content[:at] + content[at + size :]
    return rest[:to] + content[at : at + size] + rest[to:]


def splice(chance: Chance, content: bytes, others: Sequence[bytes]) -> bytes:
    """One ends as another begins, or holds a piece of it."""
    other = chance.choice(others) if others else content
    at, size = _span(chance, other)
    here = chance.randrange(len(content) + 1)
    if chance.hits(0.5):
        return content[:here] + other[at:]
    return content[:here] + other[at : at + size] + content[here + size :]


ALL: tuple[Damage, ...] = (
    flip_bits, change_bytes, odd_number, truncate, extend, zero_run, noise_run, cut_out,
    repeat, swap, splice,
)  # fmt: skip
IN_PLACE: tuple[Damage, ...] = (flip_bits, change_bytes, zero_run, noise_run)
"""Those that move nothing: what a bad medium does."""


def _span(chance: Chance, content: bytes) -> tuple[int, int]:
    at = chance.randrange(len(content) + 1)
    size = chance.choice((1, 2, 8, 60, 512, 4096, 20_000))
    return at, min(size, len(content) - at)


def damaged(chance: Chance, content: bytes, others: Sequence[bytes] = ()) -> bytes:
    """One way, sometimes several on top of each other."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(ALL)(chance, content, others)
    return content


# -- trees -------------------------------------------------------------------------------


def odd_value(chance: Chance, depth: int = 3) -> Any:
    """Any value that our CBOR may hold, mostly where nobody expects it."""
    kind = chance.randrange(8 if depth else 6)
    if kind == 0:
        return chance.choice(ODD_NUMBERS)
    if kind == 1:
        return chance.randbytes(chance.choice((0, 1, 7, 8, 16, 32, 33, 64, 300)))
    if kind == 2:
        return chance.choice(("", "1703", "x" * 300, "\u202e\0", "170301", "é"))
    if kind in (3, 4):
        return chance.choice((None, True, False))
    if kind == 5:
        return chance.randrange(-5, 40)
    inner = [odd_value(chance, depth - 1) for _ in range(chance.randrange(5))]
    return inner if kind == 6 else dict(enumerate(inner))


def bent(chance: Chance, tree: Any) -> Any:
    """The same tree with one of its branches changed, taken away or added."""
    if isinstance(tree, dict) and tree and chance.hits(0.8):
        made = dict(tree)
        key = chance.choice(list(made))
        if chance.hits(0.7):
            made[key] = bent(chance, made[key])
        elif chance.hits(0.5):
            del made[key]
        elif type(key) is int:
            made[chance.randrange(40)] = odd_value(chance)
        return made
    if isinstance(tree, list | tuple) and tree and chance.hits(0.8):
        items = list(tree)
        at = chance.randrange(len(items))
        if chance.hits(0.7):
            items[at] = bent(chance, items[at])
        elif chance.hits(0.5):
            del items[at]
        else:
            items.insert(at, items[at])
        return items
    if isinstance(tree, bytes) and chance.hits(0.6):
        return damaged(chance, tree)[:70_000]
    if type(tree) is int and chance.hits(0.6):
        return tree + chance.choice((-1, 1, 255, 1 << 31))
    return odd_value(chance)


def as_cbor(tree: Any) -> bytes:
    """The bytes of any tree: in our one form where that allows it, else in another."""
    try:
        return cbor.encode(tree)
    except (ValueError, TypeError, AssertionError, RecursionError):
        return bytes(cbor2.dumps(tree, canonical=False))
