"""The pages' sentences: found in templates and code, kept with their English beside them.

    python -m tools.messages check             what is missing or stale; 1 if anything
    python -m tools.messages learn FILE.json   {"Bahasa Indonesia": "English"} into the .po
    python -m tools.messages missing           what has no English yet, as JSON to fill in

The sentence in Bahasa Indonesia is the key itself, so a screen in Indonesian never shows
English by accident. `.po` and `.mo` are both committed: no GNU gettext is needed anywhere.
"""

from __future__ import annotations

import fcntl
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).resolve().parents[1] / "perahu" / "web"
FOLDER = WEB / "locale" / "en" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
_KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}

_TRANSLATE = re.compile(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(
    r"\{%\s*blocktranslate\b(?P<words>.*?)%\}(?P<text>.*?)\{%\s*endblocktranslate\s*%\}",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PLURAL = re.compile(r"\{%\s*plural\s*%\}")

Message = str | tuple[str, str]
"""A sentence, or its singular and plural."""


def used() -> set[Message]:
    """Every sentence that a page can say."""
    found: set[Message] = set()
    for path in sorted(WEB.rglob("*.html")):
        found.update(_of_template(path.read_text(encoding="utf-8")))
    for path in sorted(WEB.rglob("*.py")):
        file = io.BytesIO(path.read_bytes())
        for _, message, _, _ in extract("python", file, keywords=_KEYWORDS):
            found.add(message if isinstance(message, str) else (message[0], message[1]))
    return found - {""}


def _of_template(text: str) -> Iterator[Message]:
    for hit in _TRANSLATE.finditer(text):
        yield hit[1] or hit[2]
    for hit in _BLOCK.finditer(text):
        # Django doubles the per cent signs of a block that has no variable as well.
        pieces = [
            _VARIABLE.sub(r"%(\1)s", piece.replace("%", "%%"))
            for piece in _PLURAL.split(hit["text"])
        ]
        if re.search(r"\btrimmed\b", hit["words"]):
            pieces = [
                " ".join(line.strip() for line in piece.strip().splitlines())
                for piece in pieces
            ]
        yield pieces[0] if len(pieces) == 1 else (pieces[0], pieces[1])


def load() -> Catalog:
    """The catalogue as it is kept."""
    if not PO.exists():
        return Catalog(locale="en", domain="django")
    with PO.open("rb") as file:
        return read_po(file, locale="en", domain="django")


def save(catalog: Catalog) -> None:
    """Write what is used now, in order, and the form Django reads; the rest goes."""
    kept = Catalog(locale="en", domain="django", fuzzy=False)
    # No clock in a committed file: what is the same stays the same.
    kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    for message in sorted(used(), key=str):
        known = catalog.get(_first(message))
        kept.add(message, known.string if known and known.string else None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, kept, width=100, omit_header=False, no_location=True)
    with MO.open("wb") as file:
        write_mo(file, kept)


def _first(message: Message) -> str:
    return message if isinstance(message, str) else message[0]


def missing() -> list[str]:
    """Sentences in use that have no English."""
    catalog = load()
    found = []
    for message in sorted(used(), key=str):
        known = catalog.get(_first(message))
        texts = () if known is None else known.string
        whole = bool(texts) and all(texts if isinstance(texts, tuple) else (texts,))
        if not whole or (known is not None and known.fuzzy):
            found.append(_first(message))
    return found


def stale() -> bool:
    """Whether the `.mo` is not the `.po`, or the `.po` holds what no page says."""
    catalog = load()
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    kept = {message.id for message in catalog if message.id}
    unused = {_first(m) if isinstance(m, str) else m[0] for m in kept} - {
        _first(m) for m in used()
    }
    return not MO.exists() or MO.read_bytes() != buffer.getvalue() or bool(unused)


def learn(path: Path) -> None:
    """Take translations in; a plural one is a list of two."""
    told = json.loads(path.read_text(encoding="utf-8"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        catalog = load()
        by_first = {_first(message): message for message in used()}
        for indonesian, english in told.items():
            message = by_first.get(indonesian)
            if message is None:
                print(f"not in use: {indonesian!r}", file=sys.stderr)
                continue
            catalog.delete(indonesian)
            texts = tuple(english) if isinstance(english, list) else english
            if not isinstance(message, str) and isinstance(texts, str):
                texts = (texts, texts)
            catalog.add(message, texts)
        save(catalog)


def main(words: list[str]) -> int:
    """Do what the words ask."""
    if words[:1] == ["learn"] and len(words) == 2:
        learn(Path(words[1]))
        return 0
    if words == ["missing"]:
        print(json.dumps(dict.fromkeys(missing(), ""), ensure_ascii=False, indent=1))
        return 0
    if words == ["check"]:
        for sentence in missing():
            print(f"no English: {sentence!r}")
        if stale():
            print("django.po or django.mo is stale: `learn` an empty JSON file")
        return 1 if missing() or stale() else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
