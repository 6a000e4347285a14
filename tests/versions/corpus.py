"""Books of every format kept as files for ever, and what they said when they were made.

`books/<n>/` holds two whole nodes (hub and Enggano, with book, keyring, fence, blobs), the
mirrors of both, a stick with a courier file that the hub has not read yet, and `said.json`.
`SUMS` lists every file with its SHA-256: a file that is there is never changed. Where a new
kind of fact or a new form of the book comes, a new number is added:

    python -m tests.versions.golden_book      makes books/<n> where the newest lacks something
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from perahu.journal.codec import Registry
from perahu.journal.journal import Journal
from perahu.node.office import Office
from sim.kills.town import NODES, Town

FOLDER = Path(__file__).with_name("books")
SUMS, SAID = "SUMS", "said.json"
EVENTS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """One number of the corpus."""

    folder: Path

    @property
    def said(self) -> dict[str, Any]:
        """What the nodes said when it was made."""
        found: dict[str, Any] = json.loads((self.folder / SAID).read_text())
        return found

    def files(self) -> dict[str, str]:
        """Every file here and its SHA-256, by its path."""
        found = [path for path in self.folder.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.folder)): sha256(path.read_bytes()).hexdigest()
            for path in sorted(found)
            if path.name != SUMS
        }

    def sums(self) -> dict[str, str]:
        """What the files were when they were made."""
        lines = (self.folder / SUMS).read_text().splitlines()
        pairs = [line.split("  ", 1) for line in lines]
        return {name: digest for digest, name in pairs}

    def copy(self, folder: Path) -> Town:
        """Its nodes as a town to work in: mirrors and sticks of their own."""
        shutil.copytree(self.folder, folder)
        town = Town(folder)
        for name in NODES:
            town.mirror(name).mkdir(exist_ok=True)
            town.change(name, mirror=str(town.mirror(name)))
        return town


def kept() -> list[Corpus]:
    """Every number, oldest first."""
    found = sorted(FOLDER.glob("[0-9]*"), key=lambda path: int(path.name))
    return [Corpus(path) for path in found]


def changed_in_git(folder: Path) -> list[str]:
    """Commits, as far as git knows them, that changed or took away a file of the corpus."""
    words = [
        "git", "-c", "safe.directory=*", "log", "--oneline", "--diff-filter=MDRT",
        "--no-renames", "--", str(folder),
    ]  # fmt: skip
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def told_by(office: Office) -> dict[str, Any]:
    """What a node says of its book, in values that no later program may say otherwise."""
    journal = office.journal
    events = journal.events(0, EVENTS_MAX)
    return {
        "epoch": journal.epoch,
        "journals": {
            row.id.hex(): [row.lane, row.head_seq, row.head_h.hex(), row.sealed_seq]
            for row in journal.journals()
        },
        "kinds": dict(sorted(Counter(_kind(event.fact) for event in events).items())),
        "facts": _digest(journal, office.registry),
        "parked": [[one.seq, one.code] for one in journal.parked()],
        "erased": sorted(s.hex() for s, _ in journal.local.items("erased")),
        "blobs": sorted(
            path.name
            for path in (office.folder / "blobs").glob("??/*")
            if path.is_file()
        ),
    }


def _kind(fact: Any) -> str:
    return f"{fact.KIND.type:03}-{fact.KIND.version}-{type(fact).__name__}"


def _digest(journal: Journal, registry: Registry) -> str:
    """Over every fact as it is read and written again: defaults are left out of bodies."""
    found = sha256()
    for event in journal.events(0, EVENTS_MAX):
        body, subjects = registry.encode(event.fact)
        for piece in (
            event.journal,
            event.h,
            event.op_id,
            event.officer,
            body,
            *subjects,
        ):
            found.update(len(piece).to_bytes(4, "big") + piece)
    return found.hexdigest()
