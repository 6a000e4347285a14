"""Where the start passphrase of a node comes from; what it waits for is always said."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from perahu.keys.vault import PASSPHRASE_BYTES_MAX
from perahu.words import Refusal, Words

VARIABLE = "PERAHU_PASSPHRASE"
FILE_VARIABLE = "PERAHU_PASSPHRASE_FILE"
CREDENTIAL = "perahu-passphrase"
"""The name under which systemd hands it over (LoadCredentialEncrypted=)."""

WAITING = Words(
    "Simpul menunggu frasa sandi untuk membuka bukunya",
    "The node waits for the passphrase that opens its book",
)

_CHOOSE = Words("Frasa sandi baru untuk simpul ini", "A new passphrase for this node")
_AGAIN = Words("Sekali lagi", "Once more")


def start_passphrase(language: str = "id") -> str:
    """The passphrase from the environment, a file, systemd or the keyboard, in that order.

    Raises Refusal "no_passphrase" where none of them can give one.
    """
    if text := os.environ.get(VARIABLE):
        return text
    for path in _files():
        if path.exists() or path == _named_file():
            return _first_line(path)
    if sys.stdin.isatty():
        return getpass.getpass(f"{WAITING.in_(language)}: ")
    raise Refusal(
        "no_passphrase",
        id=f"{WAITING.id}: beri lewat {VARIABLE}, {FILE_VARIABLE} atau kredensial systemd "
        f"{CREDENTIAL}.",
        en=f"{WAITING.en}: give it by {VARIABLE}, {FILE_VARIABLE} or the systemd credential "
        f"{CREDENTIAL}.",
    )


def new_passphrase(language: str = "id") -> str:
    """The passphrase a new node is to be sealed under; at the keyboard it is typed twice."""
    has_source = os.environ.get(VARIABLE) or any(path.exists() for path in _files())
    if has_source or not sys.stdin.isatty():
        return start_passphrase(language)
    phrase = getpass.getpass(f"{_CHOOSE.in_(language)}: ")
    if getpass.getpass(f"{_AGAIN.in_(language)}: ") != phrase:
        raise Refusal(
            "passphrases_differ",
            id="Kedua frasa sandi tidak sama; belum ada yang dibuat.",
            en="The two passphrases differ; nothing was made.",
        )
    return phrase


def secret_word(variable: str, question: Words, language: str) -> str:
    """A code or PIN from the environment or the keyboard, never from the command line.

    Raises Refusal "no_secret" where neither can give it.
    """
    if text := os.environ.get(variable):
        return text
    if sys.stdin.isatty():
        return getpass.getpass(f"{question.in_(language)}: ")
    raise Refusal(
        "no_secret",
        id=f"{question.id} belum diberikan; isi lewat {variable}.",
        en=f"{question.en} was not given; give it by {variable}.",
    )


def _files() -> list[Path]:
    found = []
    if (named := _named_file()) is not None:
        found.append(named)
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        found.append(Path(folder) / CREDENTIAL)
    return found


def _named_file() -> Path | None:
    text = os.environ.get(FILE_VARIABLE)
    return Path(text) if text else None


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            line = file.readline(PASSPHRASE_BYTES_MAX + 2)
        return line.rstrip(b"\r\n").decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            "no_passphrase",
            id=f"Berkas frasa sandi {path} tidak dapat dibaca; buku tidak disentuh.",
            en=f"The passphrase file {path} cannot be read; the book was not touched.",
        ) from error
