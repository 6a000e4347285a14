"""The rooms: five kinds of files each, facts that anyone can read, one way to write."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import PurePosixPath

from perahu.kinds import CIVIL, CONTROL, RIGHTS, TELEMETRY, Kind
from tests.tidy.house import ROOMS, complain, dotted, imported, python_files, tree

KINDS_OF_FILES = ("facts", "rules", "actions", "models", "reads")
FILES_MAX = 14
# Control facts (grants, policy, epochs) belong to no room; the hub's desk states them.
APPENDERS_BESIDE_ACTIONS: tuple[str, ...] = ()


def kind_of_file(name: str) -> str:
    """`rules` for rules.py, and for its parts rules_stock.py and rules/stock.py."""
    parts = PurePosixPath(name).with_suffix("").parts
    return parts[min(2, len(parts) - 1)].partition("_")[0]


def fact_classes() -> Iterator[tuple[str, type]]:
    """Every class with a KIND in every facts.py, with its place."""
    for name in python_files("perahu"):
        if kind_of_file(name) != "facts":
            continue
        module = importlib.import_module(name[:-3].replace("/", "."))
        for one in vars(module).values():
            if isinstance(one, type) and hasattr(one, "KIND"):
                yield f"{name} {one.__name__}", one


def kind_of(one: type) -> Kind:
    """What the class says of itself."""
    kind = vars(one)["KIND"]
    assert isinstance(kind, Kind)
    return kind


def test_it_gives_every_room_the_same_five_files() -> None:
    """Who has read one room has read all: a sixth kind of file is refused."""
    found = []
    for room in ROOMS:
        names = python_files(f"perahu/{room}")
        if len(names) > FILES_MAX:
            found.append(f"perahu/{room}: {len(names)} files, at most {FILES_MAX}")
        for name in names:
            plain = name in (f"perahu/{room}/__init__.py", f"perahu/{room}/apps.py")
            if not (plain or kind_of_file(name) in KINDS_OF_FILES):
                found.append(name)
    complain(f"A room holds only {', '.join(KINDS_OF_FILES)}:", found)


def test_it_lets_facts_import_nothing_but_kinds() -> None:
    """A fact can be read with the standard library and perahu.kinds alone."""
    found = []
    for name in python_files("perahu"):
        if kind_of_file(name) != "facts":
            continue
        for line, module in imported(name):
            ours = module.startswith("perahu.kinds")
            if not ours and module.partition(".")[0] not in sys.stdlib_module_names:
                found.append(f"{name}:{line} {module}")
    complain("facts.py imports the standard library and perahu.kinds:", found)


def test_it_lets_rules_import_only_facts_words_and_rules() -> None:
    """A rule is pure: state and a request go in, facts or a refusal come out.

    import-linter sees rules.py; this sees its parts (rules_stock.py) too.
    """
    found = []
    for name in python_files(*(f"perahu/{room}" for room in ROOMS)):
        if kind_of_file(name) != "rules":
            continue
        for line, module in imported(name):
            inner = module.split(".")[2] if module.count(".") > 1 else ""
            table = module.startswith("django") or inner in (
                "actions",
                "models",
                "reads",
            )
            book = module.startswith(
                ("perahu.journal.journal", "perahu.journal.writer")
            )
            if (
                table
                or book
                or module.startswith(("perahu.node", "perahu.sync", "perahu.web"))
            ):
                found.append(f"{name}:{line} {module}")
    complain("rules.py imports no table and no book:", found)


def test_it_lets_models_import_nothing_but_django() -> None:
    """A table has no behaviour."""
    found = []
    for name in python_files(*(f"perahu/{room}" for room in ROOMS)):
        if kind_of_file(name) != "models":
            continue
        for line, module in imported(name):
            top = module.partition(".")[0]
            if top != "django" and top not in sys.stdlib_module_names:
                found.append(f"{name}:{line} {module}")
    complain("models.py imports Django and the standard library:", found)


def test_it_numbers_every_kind_of_fact_once() -> None:
    """A type number means one kind of fact, for ever."""
    owners: dict[int, str] = {}
    found = []
    for place, one in fact_classes():
        number = kind_of(one).type
        if number in owners:
            found.append(f"{number}: {owners[number]} and {place}")
        owners[number] = place
    assert owners, "no kind of fact was found"
    complain("Two kinds of facts share a number:", found)


def test_it_grounds_every_kind_of_fact_in_law() -> None:
    """Each kind names its legal basis and retention, and its right, lane and fields exist."""
    found = []
    for place, one in fact_classes():
        kind = kind_of(one)
        own = {field.name for field in fields(one)} if is_dataclass(one) else set()
        if not kind.law.strip():
            found.append(f"{place}: no law")
        if kind.right and kind.right not in RIGHTS:
            found.append(f"{place}: unknown right {kind.right}")
        if kind.lane not in (CONTROL, CIVIL, TELEMETRY):
            found.append(f"{place}: unknown lane {kind.lane}")
        if not set(kind.subjects) <= own or (kind.place and kind.place not in own):
            found.append(f"{place}: a subject or the place is no field")
        frozen = is_dataclass(one) and vars(one)["__dataclass_params__"].frozen
        if not one.__doc__ or not frozen or "__slots__" not in vars(one):
            found.append(f"{place}: not a frozen, slotted dataclass with a docstring")
    complain("A kind of fact is not whole:", found)


def test_it_appends_in_actions_alone() -> None:
    """Only an action writes truth; `append(ask, drafts)` stands nowhere else."""
    found = []
    for name in python_files("perahu"):
        if kind_of_file(name) == "actions" or name in APPENDERS_BESIDE_ACTIONS:
            continue
        for node in ast.walk(tree(name)):
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Attribute
            ):
                continue
            if node.func.attr == "append" and len(node.args) + len(node.keywords) > 1:
                found.append(f"{name}:{node.lineno}")
    complain("Only actions.py calls a Writer's append:", found)


def test_it_hands_ports_to_rooms_without_their_simulators() -> None:
    """A room knows a port by its Protocol, never a simulator or a driver."""
    found: list[str] = []
    ports = ("perahu.devices", "perahu.centre")
    for name in python_files(*(f"perahu/{room}" for room in ROOMS), "perahu/web"):
        for line, module in imported(name):
            parts = module.split(".")
            if module.startswith(ports) and not (
                len(parts) > 2 and "ports" in parts[2]
            ):
                found.append(f"{name}:{line} {module}")
    complain("A room imports only the ports of devices and centre:", found)


def test_it_calls_no_port_while_writing() -> None:
    """Within `with journal.writing()` nothing waits for a device, the centre or a link."""
    found: list[str] = []
    for name in python_files(*(f"perahu/{room}" for room in ROOMS)):
        ports = {
            one.asname or one.name
            for node in ast.walk(tree(name))
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith(("perahu.devices", "perahu.centre"))
            for one in node.names
        }
        found.extend(f"{name}:{line}" for line in _calls_in_writing(name, ports))
    complain("A port is called inside journal.writing():", found)


def _calls_in_writing(name: str, ports: set[str]) -> Iterator[int]:
    """Lines of a writing block that call a parameter annotated as one of the ports."""
    for function in ast.walk(tree(name)):
        if not isinstance(function, ast.FunctionDef):
            continue
        arguments = (*function.args.args, *function.args.kwonlyargs)
        handed = {
            one.arg
            for one in arguments
            if one.annotation is not None and ast.unparse(one.annotation) in ports
        }
        for block in ast.walk(function):
            if not isinstance(block, ast.With) or "writing()" not in ast.unparse(
                block.items[0]
            ):
                continue
            for node in ast.walk(block):
                if (
                    isinstance(node, ast.Call)
                    and dotted(node.func).split(".")[0] in handed
                ):
                    yield node.lineno
