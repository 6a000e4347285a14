"""Every reader of outside bytes but the two that carry the book, each fed by itself.

A parser is a name, what sound bytes look like, and the one call that reads them. Whatever
it is fed, it reads or refuses in words. Where a good signature or a good sum stands before
the reader, `make` puts one there: else nothing behind it would ever be reached.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from perahu.keys import cbor
from perahu.words import Refusal
from sim.chance import Chance
from sim.fuzz.damage import as_cbor, bent, damaged

Make = Callable[[Chance, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One reader of bytes that come from outside."""

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    """Sound contents."""
    refuses: tuple[type[Exception], ...] = (Refusal,)
    make: Make | None = None
    """Bends a sound content in its own form; the bytes are damaged anyhow besides."""
    weight: int = 100
    """How often it is fed; less where one reading is dear."""
    is_native: bool = False
    """Read by a library in C: what it is fed is written down before."""

    def check_sound(self) -> None:
        """What is sound is read: else every mutant would be refused for nothing."""
        for seed in self.seeds:
            self.read(seed)

    def mutant(self, chance: Chance) -> bytes:
        """Something to feed it."""
        sound = chance.choice(self.seeds)
        if chance.hits(0.02):
            return sound
        if self.make is not None and chance.hits(0.6):
            sound = self.make(chance, sound)
            if chance.hits(0.7):
                return sound
        return damaged(chance, sound, self.seeds)


def bent_cbor(chance: Chance, content: bytes) -> bytes:
    """A map or a list with a branch that nobody expects."""
    try:
        tree: Any = cbor.decode(content, 1 << 20)
    except Refusal:
        return content
    for _ in range(chance.choice((1, 1, 2, 3))):
        tree = bent(chance, tree)
    return as_cbor(tree)


def bent_json(chance: Chance, content: bytes) -> bytes:
    """The same for JSON; sometimes so deep that nothing finds its ground."""
    if chance.hits(0.02):
        depth = chance.choice((500, 5_000, 100_000))
        return b"[" * depth + chance.choice((b"", b"]" * depth))
    tree: Any = json.loads(content)
    for _ in range(chance.choice((1, 1, 2, 3))):
        tree = bent(chance, tree)
    return json.dumps(plain(tree)).encode()


def plain(tree: Any) -> Any:
    """A tree as JSON can hold it."""
    if isinstance(tree, dict):
        return {str(key): plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [plain(one) for one in tree]
    return tree.hex() if isinstance(tree, bytes) else tree
