"""Names and docstrings say what a thing is."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from tests.tidy.house import complain, functions, python_files, text, tree

EMPTY_WORDS = {
    "base",
    "data",
    "handler",
    "helper",
    "helpers",
    "info",
    "manager",
    "misc",
    "processor",
    "service",
    "util",
    "utils",
}
# Django looks for a database backend's wrapper in a module of this name.
NAMED_BY_OTHERS = {"perahu/node/sqlcipher/base.py"}


def words_of(name: str) -> set[str]:
    """The words of a name in snake_case or CamelCase, in lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_|\.|-", " ", name)
    return {word.lower() for word in spaced.split()}


def names_in(name: str) -> list[tuple[int, str]]:
    """The file's own name and those of its classes and functions, with their lines."""
    found = [(node.lineno, node.name) for node in functions(name)]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ClassDef):
            found.append((node.lineno, node.name))
    if name not in NAMED_BY_OTHERS:
        found.extend((1, part) for part in PurePosixPath(name).with_suffix("").parts)
    return found


def test_it_names_no_thing_after_nothing() -> None:
    """A manager, a helper or misc tells a reader nothing of what it is."""
    found = [
        f"{file}:{line} {name}"
        for file in python_files()
        for line, name in names_in(file)
        if words_of(name) & EMPTY_WORDS
    ]
    complain("Say in the name what it is or does:", found)


def test_it_opens_every_module_with_its_purpose() -> None:
    """The first thing in a file is a docstring; an empty file needs none."""
    named = [name for name in python_files() if text(name).strip()]
    found = [name for name in named if not ast.get_docstring(tree(name))]
    complain("A module begins with a docstring:", found)


def test_it_explains_what_others_may_call() -> None:
    """Public classes and functions where trust is made have a docstring each."""
    found = []
    for name in python_files("perahu/journal", "perahu/keys", "perahu/sync"):
        for node in tree(name).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                found.append(f"{name}:{node.lineno} {node.name}")
    complain("A public name of journal, keys or sync has a docstring:", found)


def test_it_names_every_test_after_what_it_does() -> None:
    """A test is called test_it_<does> and its docstring is the sentence it proves."""
    found = []
    for name in python_files("tests"):
        for test in functions(name):
            if not test.name.startswith("test"):
                continue
            if not test.name.startswith("test_it_"):
                found.append(f"{name}:{test.lineno} {test.name}: not test_it_<does>")
            elif not ast.get_docstring(test):
                found.append(f"{name}:{test.lineno} {test.name}: no docstring")
    complain("A test has a name test_it_<does> and a sentence:", found)
