"""The papers say what is so: commands, dependencies, words, decisions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import PurePosixPath

import run
from tests.tidy.house import ROOT, complain, text, tracked

READMES = ("README.md", "README.id.md")
FOR_HUMANS = (*READMES, "CONTRIBUTING.md")


def first_cells(name: str) -> list[str]:
    """The first cell of every row of every table in a paper, without headings."""
    rows = [line for line in text(name).splitlines() if line.startswith("|")]
    cells = [row.split("|")[1].strip() for row in rows]
    return [cell for cell in cells if cell and set(cell) != {"-"}]


def test_it_offers_no_command_that_is_not_there() -> None:
    """Each `python3 run.py …` of a paper exists, and so does each bench it names."""
    found = []
    for paper in FOR_HUMANS:
        for name, rest in re.findall(
            r"python3 run\.py +(\w+)(?: +(\w+))?", text(paper)
        ):
            if name not in run.COMMANDS:
                found.append(f"{paper}: run.py {name}")
            if name == "bench" and rest and rest not in run.bench_names():
                found.append(f"{paper}: run.py bench {rest}")
    complain("A paper offers a command that is not there:", found)


def test_it_offers_every_command_in_both_languages() -> None:
    """Each command of run.py stands in the README, in English and in Indonesian."""
    found = [
        f"{paper}: {name}"
        for paper in READMES
        for name in run.COMMANDS
        if f"run.py {name}" not in text(paper)
    ]
    complain("A command is missing:", found)


def test_it_offers_no_office_command_that_is_not_there() -> None:
    """Each row of the README's table of plain commands stands in `perahu --help`."""
    words = [sys.executable, "-m", "perahu", "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for paper in READMES:
        offered = set(re.findall(r"^\| `(.*?)` \|", text(paper), re.M))
        names = {one.split()[0] for row in offered for one in re.split("`, `", row)}
        names -= {"python3"}
        missing = [name for name in names if not re.search(rf"\b{name}\b", done.stdout)]
        assert names, f"{paper} has no table of commands"
        complain(f"{paper} offers a command that perahu lacks:", missing)


def test_it_shows_the_same_commands_in_both_readmes() -> None:
    """Who reads Indonesian is told of the same commands as who reads English."""
    english, indonesian = (
        Counter(
            re.findall(
                r"^ *((?:python3|perahu|sudo|apt-get|git) .*?)(?:  +#.*)?$",
                text(one),
                re.M,
            )
        )
        for one in READMES
    )
    assert english == indonesian, (english - indonesian, indonesian - english)


def test_it_gives_a_reason_for_each_dependency() -> None:
    """What Perahu needs to run has its line of reason, and no line outlives its need."""
    lines = text("requirements.in").splitlines()
    needed = {
        re.split(r"[\[<>=! ;]", line)[0]
        for line in lines
        if line and not line.startswith(("#", "-"))
    }
    reasoned = set(first_cells("docs/dependencies.md")) - {"package"}
    assert needed == reasoned, needed ^ reasoned


def test_it_pins_what_it_needs() -> None:
    """Each dependency stands in its lock with hashes, and no lock names an address."""
    for wanted, lock in (
        ("requirements.in", "requirements.txt"),
        ("requirements-dev.in", "requirements-dev.txt"),
    ):
        pinned = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text(lock), re.M)
        known = {name.lower().replace("_", "-") for name in pinned}
        lines = [line for line in text(wanted).splitlines() if re.match(r"\w", line)]
        needed = {re.split(r"[\[<>=! ;]", line)[0].lower() for line in lines}
        assert needed <= known, (
            f"{lock} lacks {needed - known}; re-lock (CONTRIBUTING.md)"
        )
        assert text(lock).count("--hash=sha256:") >= len(pinned)
        assert "://" not in text(lock)


def test_it_lists_each_word_once() -> None:
    """One word, one meaning: docs/words.md has each word in one row."""
    rows = [cell.casefold() for cell in first_cells("docs/words.md") if cell != "word"]
    twice = [word for word, count in Counter(rows).items() if count > 1]
    assert rows, "docs/words.md has no rows"
    complain("A word has two meanings:", twice)


def test_it_gives_each_word_all_its_cells() -> None:
    """A word has its meaning, its law or place in the code, and its English."""
    found = [
        line
        for line in text("docs/words.md").splitlines()
        if line.startswith("|")
        and not all(cell.strip() for cell in line.split("|")[1:5])
    ]
    complain("A cell is empty:", found)


def test_it_lists_every_decision() -> None:
    """Each ADR stands in the index under its own number, and numbers have no gap."""
    names = [
        PurePosixPath(one).name for one in tracked() if one.startswith("docs/adr/0")
    ]
    index = text("docs/adr/README.md")
    complain(
        "Not in docs/adr/README.md:", [one for one in names if f"({one})" not in index]
    )
    numbers = [int(name[:4]) for name in names]
    assert numbers == list(range(1, len(numbers) + 1)), numbers


def test_it_points_only_at_papers_that_are_there() -> None:
    """A relative link in a paper leads to a file."""
    found = []
    for paper in (name for name in tracked() if name.endswith(".md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(paper)):
            if not (ROOT / paper).parent.joinpath(target).exists():
                found.append(f"{paper}: {target}")
    complain("A link leads nowhere:", found)
