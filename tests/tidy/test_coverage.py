"""Every branch of what must never be wrong is taken by a test, or says why none can."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tests.tidy.house import complain, python_files, text
from tools.coverage import LEFT_OUT, ROOT, TESTS

PRAGMA = re.compile(r"# pragma: no (?:cover|branch)\b(?P<rest>.*)")
REASON_WORDS_MIN = 4


def comments(name: str) -> Iterator[tuple[int, str]]:
    """The line and text of each comment of a file."""
    for token in tokenize.generate_tokens(io.StringIO(text(name)).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def without_reason(name: str) -> list[int]:
    """Lines that are excepted with less than a sentence beside them, or above."""
    found = dict(comments(name))
    wrong = []
    for line, comment in found.items():
        if match := PRAGMA.search(comment):
            above = found.get(line - 1, "")
            reason = match["rest"] if match["rest"].strip(" :-") else above
            if len(re.findall(r"\w+", reason)) < REASON_WORDS_MIN:
                wrong.append(line)
    return wrong


def test_it_says_why_no_test_goes_there() -> None:
    """A reason stands behind each `pragma: no cover` and `no branch`, or above it."""
    found = [
        f"{name}:{line}"
        for name in python_files("perahu", "sim", "tools")
        for line in without_reason(name)
    ]
    complain("What coverage is to pass over needs a reason beside it:", found)


def test_it_measures_tests_that_are_there() -> None:
    """What was renamed or taken out would be left out of the measure in silence."""
    missing = []
    for named in (*TESTS, *LEFT_OUT):
        name, _, function = named.partition("::")
        path = ROOT / "tests" / name
        function = function.partition("[")[0]
        if not path.exists() or f"def {function}" not in (
            path.read_text() if function else "def "
        ):
            missing.append(named)
    complain("tools/coverage.py names tests that are not there:", missing)
