"""docs/journal-format.md says what the code does: its tables, and its worked example."""

from __future__ import annotations

import re

from tests.journal import format_tables, golden
from tests.journal.format_tables import PAPER


def test_it_works() -> None:
    """The tables are those of the code (`python -m tests.journal.format_tables`)."""
    paper = PAPER.read_text()
    assert format_tables.renewed(paper) == paper


def test_it_shows_a_golden_entry() -> None:
    """The worked example is a golden file, hex for hex."""
    paper = PAPER.read_text().replace("\n", "")
    kept = golden.read(golden.FOLDER / "080-1-StockReceived.txt")
    for value in kept.values():
        assert value.hex() in re.sub(r"\s", "", paper)


def test_it_names_every_prefix_and_magic() -> None:
    """Whatever a signature, a hash or a file begins with stands in the paper."""
    root = PAPER.parent.parent / "perahu"
    written = set()
    for room in ("journal", "keys", "sync"):
        for path in (root / room).rglob("*.py"):
            written |= set(re.findall(r'b"((?:JRN1|PRH)[\w-]*)"', path.read_text()))
    paper = PAPER.read_text()
    missing = [text for text in sorted(written) if text not in paper]
    assert written and not missing, missing


def test_it_is_one_paper_with_one_title() -> None:
    """One `# Title`, and every chapter that a reader of a book needs."""
    paper = PAPER.read_text()
    assert len(re.findall(r"^# ", paper, re.M)) == 1
    chapters = re.findall(r"^## (.*)$", paper, re.M)
    for wanted in ("Identities", "Entry", "Bodies", "Segment", "The book", "Limits"):
        assert any(wanted in chapter for chapter in chapters), wanted
