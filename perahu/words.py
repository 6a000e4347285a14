"""What Perahu says to people: every sentence in Bahasa Indonesia and in English.

A leaf: it imports nothing of ours, and every room may import it.
"""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One sentence in both languages of the screens and papers."""

    id: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in `language`: "en", or Bahasa Indonesia for anything else."""
        return self.en if language == "en" else self.id


class Refusal(Exception):
    """A rule, a limit or a check said no; nothing was done and nothing was lost.

    `code` is a stable lower-case name for tests and logs; `words` is what the person
    reads: what happened, that nothing was lost where that is in doubt, and what to do.
    """

    def __init__(self, code: str, id: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.words = Words(id, en)
