"""What Perahu says to people: every sentence in Bahasa Indonesia and in English.

A leaf: it imports nothing of ours, and every room may import it.
"""

from __future__ import annotations

from typing import Any, NamedTuple


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


def in_language(value: Any, language: str) -> Any:
    """The same with every sentence in one language: what JSON can hold."""
    if isinstance(value, Words):
        return value.in_(language)
    if isinstance(value, dict):
        return {key: in_language(item, language) for key, item in value.items()}
    if isinstance(value, list):
        return [in_language(item, language) for item in value]
    return value
