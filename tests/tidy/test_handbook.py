"""The operator's handbook says what is so: its commands parse, its sentences exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

from perahu.node import cli
from perahu.node.django_settings import configure
from perahu.words import Refusal
from tests.tidy.house import complain, text, tracked

HANDBOOK = "docs/id/buku-petugas.md"


def commands() -> list[str]:
    """Every line of the handbook's command blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text(HANDBOOK), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


def sentences() -> Iterator[str]:
    """Every text in the program; the parts of one that is filled in stand alone."""
    for path in tracked():
        if path.startswith("perahu/") and path.endswith(".py"):
            for node in ast.walk(ast.parse(text(path))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_it_shows_commands_that_work() -> None:
    """Each command is one that the command line understands."""
    configure()
    line_of = cli.command_line("id")
    found = []
    for line in commands():
        program, *words = shlex.split(line)
        try:
            if program == "perahu" and words[-1] != "--help":
                line_of.parse_args(words, cli.Call(lang="id"))
            assert program in ("perahu", "export"), "no command of an office"
        except (Refusal, AssertionError) as error:
            found.append(f"{line}: {error}")
    assert len(commands()) > 20
    complain(f"{HANDBOOK} shows what cannot be called:", found)


def test_it_shows_every_command() -> None:
    """No command of an office is left out."""
    shown = " ".join(line for line in commands() if line.startswith("perahu"))
    found = [name for name in cli.COMMANDS if not re.search(rf" {name}\b", shown)]
    complain(f"{HANDBOOK} never shows:", found)


def test_it_quotes_what_the_screen_says() -> None:
    """Each sentence it explains stands in the program as it is quoted."""
    table = text(HANDBOOK).split("| yang tertulis |")[1]
    quoted = re.findall(r"^\| (.+?) \|", table, re.M)
    quoted = [one for one in quoted if set(one) != {"-"}]
    known = list(sentences())
    assert len(quoted) > 20
    found = [one for one in quoted if not any(one in said for said in known)]
    complain(f"{HANDBOOK} quotes what no screen says:", found)
