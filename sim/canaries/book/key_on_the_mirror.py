"""The key of an erased person stays on the second medium.

What the law wants destroyed is destroyed where the program looks, and not in its copies:
old backups, free pages, a stick in a drawer.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import erasure
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The mirror keeps its copy of the keyring."""
    return rewritten(erasure.erase, ("    if mirror.present():\n", "    if False:\n"))
