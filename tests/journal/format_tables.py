"""The tables of docs/journal-format.md that follow from the code, and how to renew them.

Between `<!-- table NAME -->` and `<!-- end -->` stands what a function here gives; the
rest of the paper is written by hand.

    python -m tests.journal.format_tables      writes the tables into the paper anew
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

import perahu.journal.limits
import perahu.sync.limits
from perahu.journal.codec import Registry
from perahu.journal.store import SCHEMA
from tests.cast import FACT_MODULES
from tests.journal.made_facts import kind_of, parts

PAPER = Path(__file__).resolve().parents[2] / "docs" / "journal-format.md"
_SCALARS = {int: "int", str: "text", bytes: "bytes", bool: "bool", date: "days"}
_KINDS = Registry(FACT_MODULES).kinds()


def kinds() -> list[str]:
    """Every kind of fact: number, version, lane, who, subjects and numbered fields."""
    rows = [
        "| type | v | fact | lane | who | subjects (header 8) | fields of the body |"
    ]
    rows.append("|---|---|---|---|---|---|---|")
    for cls in _KINDS:
        kind = kind_of(cls)
        who = [kind.right or "-"]
        who += ["hub"] if kind.hub_only else []
        who += [f"in `{kind.place}`"] if kind.place else []
        subjects = ", ".join(f"`{name}`" for name in kind.subjects) or "-"
        cells = [
            kind.type, kind.version, f"`{cls.__name__}`", kind.lane, ", ".join(who),
            subjects, fields_of(cls, kind.subjects),
        ]  # fmt: skip
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return rows


def records() -> list[str]:
    """The dataclasses that stand inside facts as maps of their own."""
    rows = ["| record | fields |", "|---|---|"]
    nested = {inner for cls in _KINDS for inner in _nested(cls)}
    for cls in sorted(nested, key=lambda one: str(one.__name__)):
        rows.append(f"| `{cls.__name__}` | {fields_of(cls, ())} |")
    return rows


def _nested(cls: type[Any]) -> Iterator[type[Any]]:
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        form, inside = parts(hints[field.name])
        while form in ("many", "optional"):
            form, inside = parts(inside)
        if form == "nested":
            yield inside


def fields_of(cls: type[Any], skip: tuple[str, ...]) -> str:
    """`1 name text, 2 count int = 0 …`: what is not in `skip`, numbered in order."""
    hints = get_type_hints(cls)
    named = [f for f in dataclasses.fields(cls) if f.name not in skip]
    found = []
    for number, field in enumerate(named, start=1):
        said = f"{number} `{field.name}` {_type(hints[field.name])}"
        if field.default is not dataclasses.MISSING:
            said += f" = {_value(field.default)}"
        found.append(said)
    return "; ".join(found) or "(empty map)"


def _type(hint: Any) -> str:
    form, inside = parts(hint)
    if form == "scalar":
        return _SCALARS[inside]
    if form == "nested":
        return f"`{inside.__name__}`"
    if form == "optional":
        return f"{_type(inside)} or null"
    if form == "many":
        return f"[{_type(inside)} …]"
    return "[" + ", ".join(map(_type, inside)) + "]"


def _value(default: Any) -> str:
    written = {
        "": '""',
        b"": "h''",
        (): "[]",
        None: "null",
        True: "true",
        False: "false",
    }
    if type(default) is int:
        return str(default)
    return written.get(default, f'"{default}"')


def schema() -> list[str]:
    """The book's tables on SQLCipher."""
    sql = [statement.format(int="INTEGER", blob="BLOB") for statement in SCHEMA]
    lines = [re.sub(r"\n {8}", "\n    ", statement) + ";" for statement in sql]
    return ["```sql", *"\n".join(lines).splitlines(), "```"]


def journal_limits() -> list[str]:
    """The limits of the journal that a reader or writer of the format must keep."""
    found = _limits(Path(perahu.journal.limits.__file__), vars(perahu.journal.limits))
    form = (
        "BODY", "HEADER", "SEGMENT", "SUBJECT", "PARENTS", "BLOB", "CHUNK", "CERTIFICATE",
        "DRAFTS", "OP_ID", "OFFICER", "LAMPORT",
    )  # fmt: skip
    return found[:2] + [row for row in found[2:] if row[3:].startswith(form)]


def exchange_limits() -> list[str]:
    """The limits of what travels."""
    found = _limits(Path(perahu.sync.limits.__file__), vars(perahu.sync.limits))
    wire = (
        "FRAME_", "CHUNK_", "BLOB", "PASSPORT", "FACT_", "JOURNALS", "ACKED", "TEXT",
        "PARTIALS", "COURIER_HEAD", "COURIER_PART",
    )  # fmt: skip
    return found[:2] + [row for row in found[2:] if row[3:].startswith(wire)]


def _limits(path: Path, values: dict[str, Any]) -> list[str]:
    names = [
        target.id
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    numbers = [name for name in names if isinstance(values[name], (int, float))]
    rows = [f"| `{name}` | {values[name]:,} |" for name in numbers]
    return ["| limit | value |", "|---|---|", *rows]


TABLES = {
    "kinds": kinds,
    "records": records,
    "schema": schema,
    "journal limits": journal_limits,
    "exchange limits": exchange_limits,
}


def renewed(paper: str) -> str:
    """The paper with every table as the code has it now."""
    for name, make in TABLES.items():
        opening, closing = f"<!-- table {name} -->", "<!-- end -->"
        assert paper.count(opening) == 1, f"the paper has no place for {name}"
        head, _, rest = paper.partition(opening)
        _, _, tail = rest.partition(closing)
        body = "\n".join(make())
        paper = f"{head}{opening}\n\n{body}\n\n{closing}{tail}"
    return paper


if __name__ == "__main__":
    PAPER.write_text(renewed(PAPER.read_text()))
