"""What stands in no file of ours, and why."""

from __future__ import annotations

import ast
import re

from tests.tidy.house import complain, dotted, python_files, text, tracked, tree

# Patterns are put together from pieces so that this file does not hold what it forbids.
WEAK_FLUSH = re.compile(
    r"synchronous\s*=\s*['\"]?(?:" + "NORMAL|" + "OFF)", re.IGNORECASE
)
LEFT_UNDONE = re.compile(
    r"#\s*(?:" + "TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + "Error"
)
UNPROVEN = re.compile(r"pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)|unittest\.mo" + "ck")
# A host of an index, or a folder that only one machine has.
OF_ONE_MACHINE = re.compile(
    r"(?:index|find)-(?:ur" + r"l|lin" + r"ks)\s*[= ]\s*\S*/"
    r"|(?<![\w.)])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me)/\w"
    r"|registry\s*=\s*htt" + "p"
)


def places(pattern: re.Pattern[str], names: list[str]) -> list[str]:
    """Where a pattern stands, as file:line."""
    found = []
    for name in names:
        content = text(name)
        for hit in pattern.finditer(content):
            line = content.count("\n", 0, hit.start()) + 1
            found.append(f"{name}:{line} {hit.group()}")
    return found


# Why each of these may commit without a flush (ADR 0007). Nothing else may.
FLUSHED_ELSEWHERE = {
    "perahu/journal/databases.py": "what is staged is flushed before its receipt is given",
    "perahu/node/sqlcipher/base.py": "tables are made anew from the book, which is flushed",
}


def test_it_never_flushes_less_than_fully() -> None:
    """With WAL and less than FULL, acknowledged commits were lost in most power cuts."""
    found = places(WEAK_FLUSH, [n for n in tracked() if n not in FLUSHED_ELSEWHERE])
    complain("A book is flushed in full:", found)
    for name in FLUSHED_ELSEWHERE:
        assert len(places(WEAK_FLUSH, [name])) == 1, (
            f"{name}: once, and where it says why"
        )


def test_it_leaves_nothing_undone() -> None:
    """What is not built yet is an issue, not a note in the code."""
    complain("Build it or leave it out:", places(LEFT_UNDONE, python_files()))


def test_it_skips_no_test_for_ever() -> None:
    """A test runs or is not there; our own code is never mocked."""
    complain("Mend the test:", places(UNPROVEN, python_files()))


def test_it_skips_only_for_a_debian_package_it_names() -> None:
    """`pytest.skip` says which package would let the test run."""
    found = []
    for name in python_files("tests"):
        for node in ast.walk(tree(name)):
            if not isinstance(node, ast.Call):
                continue
            words = ast.unparse(node)
            if dotted(node.func) == "pytest.skip" and "package" not in words:
                found.append(f"{name}:{node.lineno} {words}")
    complain("A skip names the missing Debian package:", found)


def test_it_names_no_index_and_no_machine() -> None:
    """Files in git work on any machine, with any index of packages."""
    complain("Only one machine has this:", places(OF_ONE_MACHINE, list(tracked())))


def test_it_swallows_no_exception() -> None:
    """An error is raised or shown to a person, never passed over."""
    found = []
    for name in python_files("perahu", "sim"):
        for node in ast.walk(tree(name)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            wide = node.type is None or dotted(node.type) in (
                "Exception",
                "BaseException",
            )
            if wide and all(
                isinstance(one, ast.Pass | ast.Continue) for one in node.body
            ):
                found.append(f"{name}:{node.lineno}")
    complain("Catch what you can answer:", found)


def test_it_keeps_roles_in_a_table() -> None:
    """What a role may do is a row of node/roles.py; no other line asks for a role's name."""
    found = []
    for name in python_files("perahu", "sim"):
        if name == "perahu/node/roles.py":
            continue
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Match) and _is_role(node.subject):
                found.append(f"{name}:{node.lineno} match on a role")
            if isinstance(node, ast.Compare) and _names_a_role(node):
                found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    complain("Ask the row of the role (node/roles.py):", found)


def _is_role(node: ast.expr) -> bool:
    """Whether an expression reads a role."""
    return dotted(node).rpartition(".")[2] == "role"


def _names_a_role(node: ast.Compare) -> bool:
    """Whether a role is compared with names written out."""
    sides = (node.left, *node.comparators)
    written = any(
        isinstance(one, ast.Constant) and isinstance(one.value, str)
        for side in sides
        for one in ast.walk(side)
    )
    equal = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
    return any(_is_role(side) for side in sides) and (written or equal)
