"""What the guards look at: the files git knows, read once, and how they say what is wrong."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("people", "enrolment", "cards", "trips", "cases", "contacts")
"""The domain rooms: the same five files each."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked() -> tuple[str, ...]:
    """The paths of all files git follows and that stand on the disk, sorted."""
    words = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    names = sorted(name for name in done.stdout.split("\0") if name)
    return tuple(name for name in names if (ROOT / name).is_file())


def python_files(*folders: str) -> list[str]:
    """The Python files, all or those within the folders."""
    named = [name for name in tracked() if name.endswith(".py")]
    if not folders:
        return named
    return [name for name in named if name.startswith(tuple(f"{f}/" for f in folders))]


@cache
def text(name: str) -> str:
    """The content of a text file, or "" where it is none."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(name: str) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text(name), filename=name)


def functions(name: str) -> Iterator[Function]:
    """Every function and method of a file, however deep."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of names, or "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def full_names(name: str) -> Callable[[ast.expr], str]:
    """A reader of this file's dotted names that come from an import; "" for all others."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            for found in node.names:
                top = found.name.partition(".")[0]
                aliases[found.asname or top] = found.name if found.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module:
            for found in node.names:
                aliases[found.asname or found.name] = f"{node.module}.{found.name}"

    def read(expression: ast.expr) -> str:
        head, _, rest = dotted(expression).partition(".")
        known = aliases.get(head, "")
        return f"{known}.{rest}" if known and rest else known

    return read


def imported(name: str) -> Iterator[tuple[int, str]]:
    """Every module a file imports, with its line; `from a import b` is also `a.b`."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            for found in node.names:
                yield node.lineno, found.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for found in node.names:
                yield node.lineno, f"{node.module}.{found.name}"


def complain(rule: str, found: list[str]) -> None:
    """Fail with the rule in words and every place that breaks it."""
    assert not found, f"{rule}\n  " + "\n  ".join(found)
