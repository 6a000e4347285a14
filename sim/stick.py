"""Sticks that people carry: courier files by the production export and import, and their fate.

A stick is a folder. It may be lost on the way, be read twice, be an old one that somebody
finds in a drawer, come with changed bytes, a torn end or bad sectors, be full, lie about its
size, or be pulled out while it is written or read. It is never the only copy: what does not
arrive is written again from the last signed ack on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from perahu.node.courier import Haul, export_to, take_all
from perahu.sync.courier.exporting import Exported
from perahu.words import Refusal
from sim.chance import Chance
from sim.faults import Tally
from sim.node import Node

SPOILS = ("stick_flipped", "stick_torn", "stick_sectors")
"""What may become of a file between writing and reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Shares of sticks that meet each fate."""

    stick_lost: float = 0.0
    stick_stale: float = 0.0
    stick_twice: float = 0.0
    stick_flipped: float = 0.0
    stick_torn: float = 0.0
    stick_full: float = 0.0
    stick_counterfeit: float = 0.0
    stick_pulled: float = 0.0
    stick_sectors: float = 0.0


@dataclass(slots=True)
class Stick:
    """One stick on its way."""

    folder: Path
    to: Node
    bad: set[int] = field(default_factory=set)


class Sticks:
    """All sticks of one world, also those in drawers."""

    def __init__(self, folder: Path, chance: Chance, tally: Tally, luck: Luck) -> None:
        self.folder, self.chance, self.tally, self.luck = folder, chance, tally, luck
        self._count = 0
        self.drawer: list[Stick] = []

    def _is(self, kind: str) -> bool:
        """Whether this fate strikes now; then it is counted."""
        strikes = self.chance.hits(getattr(self.luck, kind))
        if strikes:
            self.tally.add(kind)
        return strikes

    def write(self, source: Node, target: Node) -> Stick | None:
        """Write what the target lacks; None where the stick got lost. Raises Refusal."""
        self._count += 1
        stick = Stick(self.folder / f"{self._count}", target)
        stick.folder.mkdir(parents=True)
        disk, chance = source.disk, self.chance
        if self._is("stick_full"):
            disk.stick_room = chance.choice((0, 512, 4_096))
        elif self._is("stick_pulled"):
            disk.stick_pulled_after = chance.randrange(8)
        try:
            with source.at_work():
                made = export_to(source.office, target.node_id, stick.folder)
        finally:
            disk.fails_no_more()
        self._meets_fate(stick, made)
        if self._is("stick_lost"):
            return None
        return stick

    def _meets_fate(self, stick: Stick, made: Exported) -> None:
        for path in made.paths:
            content = bytearray(path.read_bytes())
            if self._is("stick_counterfeit"):
                # What lies beyond its true size was never kept.
                true = self.chance.randrange(len(content))
                content[true:] = bytes(len(content) - true)
            if self._is("stick_flipped"):
                for _ in range(self.chance.choice((1, 3, 40))):
                    content[self.chance.randrange(len(content))] ^= 0x10
            if self._is("stick_torn"):
                del content[self.chance.randrange(len(content)) :]
            path.write_bytes(bytes(content))
            if self._is("stick_sectors"):
                blocks = len(content) // 4096 + 1
                stick.bad.add(self.chance.randrange(blocks))

    def read(self, stick: Stick, *, answers: Path | None = None) -> Haul | None:
        """Read it where it was carried to; None where nothing of it could be used."""
        target = stick.to
        target.disk.stick_bad = set(stick.bad)
        if self._is("stick_pulled"):
            target.disk.stick_pulled_after = self.chance.randrange(12)
        try:
            with target.at_work():
                haul = take_all(target.office, [stick.folder], answers)
        except Refusal:
            haul = None
        finally:
            target.disk.fails_no_more()
        return haul

    def is_read_again(self) -> bool:
        """Whether somebody reads the same stick once more."""
        return self._is("stick_twice")

    def keep(self, stick: Stick) -> None:
        """Into the drawer, from where it may come back months later."""
        if len(self.drawer) < 3:
            self.drawer.append(stick)
        else:
            shutil.rmtree(stick.folder, ignore_errors=True)

    def out_of_the_drawer(self) -> Stick | None:
        """An old stick is taken for a new one."""
        found = [one for one in self.drawer if not one.to.is_lost and one.to.is_open]
        if found and self._is("stick_stale"):
            return self.chance.choice(found)
        return None
