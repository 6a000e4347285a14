"""A runbook as it is read: its commands in order, and what it says the screen shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
_PART = re.compile(r"^## (.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one block, and the lines that their screen must show in order."""

    part: str
    """The heading it stands under."""
    commands: tuple[str, ...]
    shows: tuple[str, ...] = ()


def read(name: str) -> list[Block]:
    """Every block of a runbook, in the order of the text."""
    text = (FOLDER / name).read_text()
    heads = [(found.start(), found[1]) for found in _PART.finditer(text)]
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        lines = tuple(line.strip() for line in fence[3].splitlines())
        if fence[2] == "sh":
            part = [head for at, head in heads if at < fence.start()][-1]
            found.append(Block(part, lines))
        else:
            last = found[-1]
            found[-1] = Block(last.part, last.commands, lines)
    return found


def names() -> list[str]:
    """Every runbook."""
    return sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")


def missing(block: Block, screen: str) -> list[str]:
    """The lines a block says the screen shows, and it did not; `…` is anything."""
    lines, at, found = screen.splitlines(), 0, []
    for wanted in block.shows:
        parts = ".*".join(re.escape(part.strip()) for part in wanted.split("…"))
        hits = [i for i in range(at, len(lines)) if re.search(parts, lines[i])]
        if not hits:
            found.append(wanted)
            continue
        at = hits[0] + 1
    return found
