"""Small pieces: lines of a file, lines of a function, parameters."""

from __future__ import annotations

from tests.tidy.house import Function, complain, functions, python_files, text

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6
PARAMETERS_MAX_NAMED = 8
"""Where the ones too many are keyword-only, so that each is named at the call."""


def parameters(function: Function) -> tuple[int, int]:
    """How many can be given by position, and how many there are, without self and cls."""
    given = function.args
    placed = [one.arg for one in (*given.posonlyargs, *given.args)]
    if placed and placed[0] in ("self", "cls"):
        placed = placed[1:]
    return len(placed), len(placed) + len(given.kwonlyargs)


def test_it_keeps_files_short() -> None:
    """About 300 lines, never more than 500."""
    found = [
        f"{name}: {lines} lines"
        for name in python_files()
        if (lines := text(name).count("\n")) > FILE_LINES_MAX
    ]
    complain(f"A file has at most {FILE_LINES_MAX} lines; split it by topic:", found)


def test_it_keeps_functions_short() -> None:
    """About 30 lines, never more than 60."""
    found = []
    for name in python_files():
        for function in functions(name):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                found.append(f"{name}:{function.lineno} {function.name}: {lines} lines")
    complain(f"A function has at most {FUNCTION_LINES_MAX} lines:", found)


def test_it_keeps_parameters_few() -> None:
    """Six, or eight where they are named at the call; then it is a dataclass.

    Builders of the tests may take any number by name.
    """
    found = []
    for name in python_files():
        for function in functions(name):
            placed, total = parameters(function)
            named_too_many = total > PARAMETERS_MAX_NAMED and name[:6] != "tests/"
            if placed > PARAMETERS_MAX or named_too_many:
                found.append(f"{name}:{function.lineno} {function.name}: {total}")
    complain(f"At most {PARAMETERS_MAX} parameters; then a dataclass:", found)
