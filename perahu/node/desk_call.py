"""What every desk command does alike: sign its operator in, and tell what happens.

With `--json` each thing that happens is one line of JSON with stable keys, flushed at
once, so that another program may show it live; without, it is a sentence or a bar.

Example: `with call.open() as office: officer = sign_in_officer(call, office)`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perahu.node.cli import Call, Say
from perahu.node.office import Office
from perahu.node.passphrase import secret_word
from perahu.node.signing_in import PIN_VARIABLE, sign_in
from perahu.words import Refusal, Words

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

ID_BYTES = 12

_OFFICER = Words("nama masuk petugas", "login of the operator")
_JSON = Words("satu baris JSON untuk tiap kejadian", "one line of JSON for each event")
_PIN = Words("PIN", "The PIN")
_NO_MIRROR = Words(
    "Media kedua TIDAK terpasang: yang dicatat sekarang ada di disk ini saja.",
    "The second medium is NOT there: what is recorded now lies on this disk alone.",
)


def add_desk_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """The arguments that every desk command has."""
    parser.add_argument("--officer", required=True, metavar="LOGIN", help=say(_OFFICER))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def sign_in_officer(call: Call, office: Office, *rights: str) -> bytes:
    """The operator at this desk, by her PIN; she must hold one of these. Raises Refusal."""
    if office.settings.mirror and not office.journal.mirror_present():
        # Beside what the command says: work goes on, and this is said each time.
        print(_NO_MIRROR.in_(call.lang), file=sys.stderr, flush=True)
    pin = secret_word(PIN_VARIABLE, _PIN, call.lang)
    officer = sign_in(office, call.officer, pin)
    grant = office.authority.grant(officer)
    held = [right for right in rights if grant is not None and right in grant.rights]
    office.authority.may(officer, (held or rights)[0], "", office.now().today)
    return officer


def fill(words: Words, **values: object) -> Words:
    """The sentence with these values in it; a value may be words itself."""

    def side(language: str, text: str) -> str:
        found = {
            name: value.in_(language) if isinstance(value, Words) else value
            for name, value in values.items()
        }
        return text.format(**found)

    return Words(side("id", words.id), side("en", words.en))


def hex_id(text: str) -> bytes:
    """The 12 bytes of an id typed in hex. Raises Refusal "bad_id"."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != ID_BYTES:
        raise Refusal(
            "bad_id",
            id=f"Nomor {text[:40]!r} tidak sah: harus {2 * ID_BYTES} angka heksa. "
            "Tidak ada yang diubah.",
            en=f"The id {text[:40]!r} is not valid: it has {2 * ID_BYTES} hex digits. "
            "Nothing was changed.",
        )
    return found


def may_ask(call: Call) -> bool:
    """Whether there is somebody at a keyboard to be asked."""
    return not call.json and sys.stdin.isatty()


def typed(question: Words, language: str) -> str | None:
    """What somebody types, trimmed; None where the keyboard has gone."""
    try:
        return input(question.in_(language)).strip()
    except EOFError:
        return None


class Teller:
    """Tells one run's events, as JSON lines or in sentences."""

    def __init__(self, call: Call) -> None:
        self.language = call.lang
        self.is_json: bool = call.json

    def tell(self, event: str, words: Words | None = None, **fields: object) -> None:
        """One thing that happened; without words it is for programs only."""
        if self.is_json:
            shown = {name: self._plain(value) for name, value in fields.items()}
            print(json.dumps({"event": event} | shown), flush=True)
        elif words is not None:
            print(words.in_(self.language), flush=True)

    def refused(self, refusal: Refusal, about: Words, **fields: object) -> None:
        """One of many was refused; the others go on."""
        words = fill(_REFUSED, about=about, why=refusal.words)
        self.tell("refused", words, code=refusal.code, says=refusal.words, **fields)

    @contextmanager
    def bar(self, words: Words, total: int) -> Iterator[Bar]:
        """A bar while something long runs; nothing at all with `--json`."""
        if self.is_json or not sys.stdout.isatty():
            yield Bar()
            return
        # 10 MB that a run without a person watching need not load.
        from rich.progress import Progress

        with Progress(transient=True) as progress:
            task = progress.add_task(words.in_(self.language), total=total)
            yield Bar(progress, task)

    def _plain(self, value: object) -> Any:
        if isinstance(value, bytes):
            return value.hex()
        return value.in_(self.language) if isinstance(value, Words) else value


class Bar:
    """A bar on the screen, or none."""

    def __init__(
        self, progress: Progress | None = None, task: TaskID | None = None
    ) -> None:
        self._progress, self._task = progress, task

    def to(self, done: int, text: str = "") -> None:
        """Move to `done`; `text` replaces what stands before the bar."""
        if self._progress is not None and self._task is not None:
            more = {"description": text} if text else {}
            self._progress.update(self._task, completed=done, **more)  # type: ignore[arg-type]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the bar off while somebody is asked."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


_REFUSED = Words("{about}: {why}", "{about}: {why}")
