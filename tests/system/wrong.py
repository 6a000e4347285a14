"""What every refused command must be: one sentence, exit code 2, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from perahu.node.cli import main
from perahu.words import Words
from tests.system.world import PIN

_PASSING = re.compile(r"(-wal|-shm|/tables\.sqlite3|lock)$")
"""Files that any opening of a node may touch and that hold no truth."""
_MISTAKES = ("Traceback", "A mistake in the program", "Kesalahan program")
SENTENCE_LENGTH_MAX = 700


@dataclass(frozen=True, kw_only=True)
class Case:
    """A wrong command: at which node, its words, its surroundings, and a word of its answer.

    `{world}` in a word is the folder of the whole district.
    """

    says: str
    """What the English sentence holds."""
    at: str = "hub"
    words: str = ""
    env: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The id of the test."""
        return f"{self.words.partition(' ')[0]}-{self.says.replace(' ', '-')}"


def snapshot(folder: Path, *, but: str = "") -> dict[str, str]:
    """Name and hash of every file that holds something."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not _PASSING.search(name) and path.name != but:
            found[name] = sha256(path.read_bytes()).hexdigest()
    return found


def with_pin(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The right PIN is known, unless the case says otherwise."""
    monkeypatch.setenv("PERAHU_PIN", PIN)
    for name, value in environ.items():
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name, raising=False)


def refused(
    given: Sequence[str], capsys: pytest.CaptureFixture[str], *, twice: bool = True
) -> Words:
    """Run a command that must be refused, in both languages; gives what it said."""
    said = []
    for language in ((), ("--lang", "en")) if twice else (("--lang", "en"),):
        try:
            code = main([*language, *given])
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        check_sentence(code, shown.err)
        assert shown.out == ""
        said.append(shown.err)
    assert not twice or said[0] != said[1], said
    return Words(said[0], said[-1])


def check_sentence(code: int, said: str) -> None:
    """Exit code 2 and one line of words for people."""
    assert code == 2, said
    assert said.endswith("\n") and said.count("\n") == 1, said
    assert len(said) < SENTENCE_LENGTH_MAX, said
    assert not any(word in said for word in _MISTAKES), said
