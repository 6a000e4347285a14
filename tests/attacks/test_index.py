"""The table of attacks names every file of this folder, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_it_finds_every_attack_in_the_table() -> None:
    """A new attack gets its row, and a row leads to a test."""
    cited = set(re.findall(r"`([\w/]*test_\w+\.py)`", (HERE / "README.md").read_text()))
    missing = [
        one
        for one in cited
        if not any((place / one).is_file() for place in (HERE, HERE.parent))
    ]
    ours = {path.name for path in HERE.glob("test_*.py")} - {Path(__file__).name}
    unnamed = ours - cited
    assert missing == [] and unnamed == set()
