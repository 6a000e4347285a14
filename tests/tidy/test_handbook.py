"""The operators' handbooks say what is so: words on screens exist, commands parse."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache

from perahu.node import cli
from perahu.node.django_settings import configure
from perahu.words import Refusal
from tests.tidy.house import ROOT, complain, text, tracked
from tools import messages

PAGES, COMMANDS = "docs/id/buku-petugas.md", "docs/id/buku-perintah.md"
"""The handbook of the pages, and the one of the terminal."""
PICTURES = "docs/id/gambar/"
PICTURE_BYTES_MAX, PICTURES_BYTES_MAX = 120_000, 3_000_000
_GAP = re.compile(r"%\(\w+\)s|\{[^{}]*\}")


def commands() -> list[str]:
    """Every line of a command block."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text(COMMANDS), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


@cache
def sentences() -> frozenset[str]:
    """Every text in the program; the parts of one that is filled in stand alone."""
    return frozenset(_sentences())


def _sentences() -> Iterator[str]:
    for path in tracked():
        if path.startswith("perahu/") and path.endswith(".py"):
            for node in ast.walk(ast.parse(text(path))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


@cache
def on_screens() -> frozenset[str]:
    """Every whole word or sentence that a page can show, in Bahasa Indonesia."""
    found = {one if isinstance(one, str) else one[0] for one in messages.used()}
    return frozenset(found | sentences())


def is_on_screen(quoted: str) -> bool:
    """Whether a page says exactly this, or fills a gap of a sentence to say it."""
    if quoted in on_screens():
        return True
    gapped = (one for one in on_screens() if _GAP.search(one) and len(one) < 200)
    patterns = (".+".join(map(re.escape, _GAP.split(one))) for one in gapped)
    return any(
        pattern.strip(".+") and re.fullmatch(pattern, quoted) for pattern in patterns
    )


def test_it_quotes_the_words_on_the_buttons() -> None:
    """What the handbook of the pages prints in bold stands on a page as it is printed."""
    bold = set(re.findall(r"\*\*(.+?)\*\*", text(PAGES), re.S))
    said = {" ".join(one.split()) for one in bold}
    # Steps are numbered in bold, and the foreword says what bold is.
    steps = {one for one in said if re.match(r"\d\. ", one)}
    found = sorted(
        one for one in said - steps - {"dicetak tebal"} if not is_on_screen(one)
    )
    assert len(said) > 60
    complain(f"{PAGES} quotes what no page says:", found)


def test_it_shows_pictures_that_are_there() -> None:
    """Each picture has words for who cannot see it, is small, and is shown."""
    shown = re.findall(r"!\[(.*?)\]\(gambar/(.+?)\)", text(PAGES))
    kept = {one for one in tracked() if one.startswith(PICTURES)}
    found = [name for words, name in shown if len(words) < 10]
    found += [name for _, name in shown if PICTURES + name not in kept]
    found += sorted(kept - {PICTURES + name for _, name in shown})
    sizes = [(ROOT / one).stat().st_size for one in sorted(kept)]
    found += [f"{size} bytes" for size in sizes if size > PICTURE_BYTES_MAX]
    complain("A picture without words, missing, unused or too large:", found)
    assert sum(sizes) <= PICTURES_BYTES_MAX


def test_it_leads_to_parts_that_are_there() -> None:
    """A link inside the handbooks finds its heading."""
    heads = {
        book: {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text(book).splitlines()
            if line.startswith("#")
        }
        for book in (PAGES, COMMANDS)
    }
    found = []
    for book in heads:
        for file, part in re.findall(r"\]\((buku-\w+\.md)?#([\w-]+)\)", text(book)):
            if part not in heads[f"docs/id/{file}" if file else book]:
                found.append(f"{book}: {file}#{part}")
    complain("A link to nowhere:", found)


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
    complain(f"{COMMANDS} shows what cannot be called:", found)


def test_it_shows_every_command() -> None:
    """No command of an office is left out."""
    shown = " ".join(line for line in commands() if line.startswith("perahu"))
    found = [name for name in cli.COMMANDS if not re.search(rf" {name}\b", shown)]
    complain(f"{COMMANDS} never shows:", found)


def test_it_quotes_what_the_screen_says() -> None:
    """Each sentence it explains stands in the program as it is quoted."""
    table = text(COMMANDS).split("| yang tertulis |")[1]
    quoted = re.findall(r"^\| (.+?) \|", table, re.M)
    quoted = [one for one in quoted if set(one) != {"-"}]
    assert len(quoted) > 20
    found = [one for one in quoted if not any(one in said for said in sentences())]
    complain(f"{COMMANDS} quotes what no screen says:", found)
