"""All parsers together, and how they are fed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.chance import Chance
from sim.fuzz.parsers import Parser, desk, devices, wire
from sim.fuzz.watch import Watch

LAST, LAST_OF = "last", "last-of"
"""What was fed to a library in C before it came back, and to which parser."""


class ParserMutants:
    """Feeds every parser as often as its weight says."""

    def __init__(self, folder: Path, seed: int, watch: Watch) -> None:
        self._seed, self._watch, self._folder = seed, watch, folder
        chance = Chance(seed, "parsers")
        self.parsers: tuple[Parser, ...] = (
            *wire.parsers(folder, chance),
            *desk.parsers(folder, chance),
            *devices.parsers(chance),
        )
        assert len({one.name for one in self.parsers}) == len(self.parsers)

    def run(self, count: int, told: Callable[[int], None] = lambda _: None) -> None:
        """So many contents in all."""
        whole = sum(one.weight for one in self.parsers)
        for parser in self.parsers:
            share = max(20, count * parser.weight // whole)
            for number in range(share):
                chance = Chance(self._seed, parser.name, number)
                self.feed(parser, parser.mutant(chance))
            told(share)

    def feed(self, parser: Parser, content: bytes) -> None:
        """One content."""
        if parser.is_native:
            # A library that takes the whole process with it says nothing any more.
            (self._folder / LAST).write_bytes(content)
            (self._folder / LAST_OF).write_text(parser.name)
        with self._watch.trying(parser.name, lambda: content, parser.refuses):
            parser.read(content)

    def replay(self, name: str, content: bytes) -> None:
        """Bytes that failed once, to the parser of this name."""
        (parser,) = (one for one in self.parsers if one.name == name)
        self.feed(parser, content)
