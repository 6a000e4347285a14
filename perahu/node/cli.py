"""The command line: which command, in which language, and how a command ends.

Every command ends in one of four ways: done (0); one clear sentence on stderr and
nothing half-done (2); a part of what was to come in is in, and the sentence says how the
rest comes (1); Ctrl-C (130). A traceback is shown only under PERAHU_DEBUG.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn, Protocol

from perahu import __version__
from perahu.node.django_settings import configure
from perahu.node.office import Office, open_office
from perahu.node.sentences import sentence_for
from perahu.words import Refusal, Words

LANGUAGE_VARIABLE = "PERAHU_LANG"
DEBUG_VARIABLE = "PERAHU_DEBUG"
FOLDER_VARIABLE = "PERAHU_DIR"

INCOMPLETE, REFUSED, STOPPED = 1, 2, 130

COMMANDS = (
    "init", "enrol", "rescue", "grant", "revoke", "policy", "pin", "serve", "sync", "road",
    "courier", "relay", "import", "find", "record", "print", "hand-over", "stock",
    "field", "case", "status", "history", "verify", "trust", "map",
)  # fmt: skip
"""Every command, in the order of the help."""

Say = Callable[[Words], str]
"""Words to the sentence in the language of this run."""


class Call(argparse.Namespace):
    """What was asked on the command line, and the language to answer in."""

    lang: str
    dir: str

    def say(self, words: Words) -> None:
        """Tell the person one sentence."""
        print(words.in_(self.lang), flush=True)

    def open(self) -> Office:
        """Open the node that `--dir` names."""
        return open_office(Path(self.dir), language=self.lang)


class Command(Protocol):
    """What the module of a command holds."""

    NAME: str
    HELP: Words

    def add_arguments(self, parser: argparse.ArgumentParser, say: Say) -> None:
        """Declare its arguments."""

    def run(self, call: Call) -> int | None:
        """Do it; None is 0."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    language = _language(given)
    # Databases make their own files; none of them is for other accounts to read.
    os.umask(0o077)
    # Commands import the rooms, and the rooms' models need Django set up.
    configure()
    try:
        parser = command_line(language)
        if not given:
            parser.print_help()
            return 0
        call = parser.parse_args(given, Call(lang=language))
        command: Command = call.command
        return command.run(call) or 0
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # The reader of our output has gone; what was to be done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        print(sentence_or_mistake(error).in_(language), file=sys.stderr)
        return REFUSED


def sentence_or_mistake(error: Exception) -> Words:
    """The sentence for any error; one that was not foreseen is called a mistake."""
    words = sentence_for(error)
    if words is not None:
        return words
    what = f"{type(error).__name__}: {error}"[:300]
    return Words(
        f"Kesalahan program ({what}); yang sudah tercatat tetap utuh. Ulangi dengan "
        f"{DEBUG_VARIABLE}=1 dan kirimkan hasilnya kepada pengembang.",
        f"A mistake in the program ({what}); what was recorded is intact. Repeat it with "
        f"{DEBUG_VARIABLE}=1 and send the output to the developers.",
    )


def _language(given: Sequence[str]) -> str:
    """The language, before any parser exists: its own help is in that language."""
    for position, word in enumerate(given):
        if word.startswith("--lang="):
            return "en" if word == "--lang=en" else "id"
        if word == "--lang" and position + 1 < len(given):
            return "en" if given[position + 1] == "en" else "id"
    return "en" if os.environ.get(LANGUAGE_VARIABLE) == "en" else "id"


def command_line(language: str) -> argparse.ArgumentParser:
    """All commands with their arguments, and their help in one language."""

    def say(words: Words) -> str:
        return words.in_(language)

    parser = _Parser(language, prog="perahu", description=say(_ABOUT))
    parser.add_argument(
        "--version", action="version", version=__version__, help=say(_VERSION)
    )
    _add_common(parser, say, is_top=True)
    rooms = parser.add_subparsers(
        dest="name",
        required=True,
        metavar="COMMAND" if language == "en" else "PERINTAH",
    )
    for name in COMMANDS:
        command: Command = import_module(
            f"perahu.node.commands.{name.replace('-', '_')}"
        )
        about = say(command.HELP)
        sub = rooms.add_parser(
            command.NAME, help=about, description=about, language=language
        )
        _add_common(sub, say, is_top=False)
        command.add_arguments(sub, say)
        sub.set_defaults(command=command)
    return parser


def _add_common(parser: argparse.ArgumentParser, say: Say, *, is_top: bool) -> None:
    # A subcommand's default would hide what was given before its name.
    silent = argparse.SUPPRESS
    parser.add_argument("-h", "--help", action="help", default=silent, help=say(_HELP))
    parser.add_argument(
        "--lang",
        choices=("id", "en"),
        default="id" if is_top else silent,
        help=say(_LANG),
    )
    parser.add_argument(
        "--dir",
        default=os.environ.get(FOLDER_VARIABLE, ".") if is_top else silent,
        help=say(_DIR),
    )


class _Parser(argparse.ArgumentParser):
    """argparse, with its own words in the language of this run, and Refusal for exit."""

    def __init__(self, language: str, **more: object) -> None:
        self._is_english = language == "en"
        super().__init__(
            **more,  # type: ignore[arg-type]
            allow_abbrev=False,
            add_help=False,
            formatter_class=_Help if language == "en" else _HelpId,
        )
        if not self._is_english:
            self._positionals.title = "argumen"
            self._optionals.title = "pilihan"

    def error(self, message: str) -> NoReturn:
        """Refuse a wrong command line in one sentence."""
        in_indonesian = message
        for pattern, text in _ARGPARSE_WORDS:
            in_indonesian = re.sub(pattern, text, in_indonesian)
        raise Refusal(
            "usage",
            id=f"{self.prog}: {in_indonesian}. Lihat `{self.prog} --help`.",
            en=f"{self.prog}: {message}. See `{self.prog} --help`.",
        )


class _Help(argparse.RawDescriptionHelpFormatter):
    """The help in English."""


class _HelpId(_Help):
    """The help in Bahasa Indonesia."""

    def add_usage(
        self, usage: object, actions: object, groups: object, prefix: object = None
    ) -> None:
        """As argparse does, with our word for it."""
        # The parser of a command asks for its own name alone, with an empty prefix.
        shown = "pemakaian: " if prefix is None else prefix
        super().add_usage(usage, actions, groups, shown)  # type: ignore[arg-type]


_ARGPARSE_WORDS = (
    (r"the following arguments are required: ", "yang berikut wajib diberikan: "),
    (r"unrecognized arguments: ", "tidak dikenal: "),
    (r"argument ", "pilihan "),
    (r"invalid choice: (\S+) \(choose from (.*)\)", r"\1 tidak ada; pilih \2"),
    (r"invalid \w+ value: ", "nilai tidak sah: "),
    (r"expected (one|at least one) arguments?", "perlu satu nilai"),
    (r"not allowed with argument", "tidak boleh bersama"),
    (r"one of the arguments (.*) is required", r"salah satu wajib diberikan: \1"),
)
_ABOUT = Words(
    "Perahu: catatan sipil yang tetap bekerja ketika jaringan tidak ada.",
    "Perahu: the civil registry that keeps working when the network does not.",
)
_HELP = Words("tampilkan bantuan ini", "show this help")
_VERSION = Words("tampilkan versi", "show the version")
_LANG = Words("bahasa layar: id atau en", "language of the screen: id or en")
_DIR = Words(
    "folder simpul, tempat node.toml dan bukunya (bawaan: PERAHU_DIR, atau folder ini)",
    "folder of the node, with node.toml and its book (default: PERAHU_DIR, or this folder)",
)
