"""A world told in words: one line for everything that happened, Bahasa Indonesia first.

The lines are also the trace: their hash is the same whenever a seed is played, and the
first line that differs says where two runs went apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from perahu.words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, when and where."""

    at_s: float
    node: str
    words: Words
    is_fault: bool = False

    def told(self, language: str, began_s: float) -> str:
        """As it is printed: the day of the world, the hour in the west, and the words."""
        local, began = (
            datetime.fromtimestamp(moment_s, UTC) + timedelta(hours=7)
            for moment_s in (self.at_s, began_s)
        )
        day = (local.date() - began.date()).days + 1
        named = "day" if language == "en" else "hari"
        mark = "!" if self.is_fault else " "
        head = f"{named} {day:>3} {local:%H:%M}"
        return f"{head} {mark} {self.node:<10} {self.words.in_(language)}"


class Story:
    """All lines of one world."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._digest = hashlib.sha256()

    def tell(self, line: Line) -> None:
        """One more line."""
        self.lines.append(line)
        said = f"{line.at_s:.3f}|{line.node}|{line.words.en}|{line.is_fault}\n"
        self._digest.update(said.encode())

    def note(self, content: bytes) -> None:
        """Something that is part of the trace and not of the story (heads of books)."""
        self._digest.update(content)

    @property
    def trace(self) -> str:
        """The hash of all that was told."""
        return self._digest.hexdigest()
