"""The runbooks say only what is so: commands parse, screens say it, an English line is there."""

from __future__ import annotations

import re
import shlex

import pytest

from perahu.node import cli
from tests.runbooks.runbook import FOLDER, names, read

_INLINE = re.compile(r"`(perahu [^`]+)`")
FIVE = 5


def line_of(command: str) -> list[str]:
    """The words of a command as the program gets them; a filled-in number is a number."""
    return shlex.split(command.replace("NOMOR", "00" * 12))[1:]


@pytest.mark.parametrize("name", names())
def test_it_names_only_commands_that_exist(name: str) -> None:
    """Every command line of a block parses; whatever else is typed is `mv`."""
    typed = [line for block in read(name) for line in block.commands]
    assert len(typed) >= FIVE
    for line in typed:
        if not line.startswith("mv "):
            assert line.startswith("perahu --dir /srv/perahu/")
            cli.command_line("id").parse_args(line_of(line), cli.Call(lang="id"))


@pytest.mark.parametrize("name", names())
def test_it_names_only_commands_in_its_sentences(name: str) -> None:
    """So does every command in the middle of a sentence."""
    text = " ".join((FOLDER / name).read_text().split())
    for line in _INLINE.findall(text):
        found = line_of(line)
        assert found[0] in cli.COMMANDS, line
        if len(found) > 1 and "stock count" not in line:
            cli.command_line("id").parse_args(found, cli.Call(lang="id"))


@pytest.mark.parametrize("name", names())
def test_it_is_made_as_the_others_are(name: str) -> None:
    """A title, an English line, and the same parts in the same order."""
    lines = (FOLDER / name).read_text().splitlines()
    assert lines[0].startswith("# ") and lines[2].startswith("*English: ")
    parts = [line[3:] for line in lines if line.startswith("## ")]
    wanted = ["Yang terlihat", "Artinya", "Tidak ada yang hilang diam-diam"]
    wanted += ["Yang dilakukan", "Selesai bila"]
    assert [part for part in parts if part in wanted] == wanted
    assert read(name)[-1].shows, "it says how one knows that it is over"


def test_it_is_listed() -> None:
    """The index leads to every runbook."""
    index = (FOLDER / "README.md").read_text()
    assert len(names()) == FIVE
    assert all(f"({name})" in index for name in names())
