"""Facts built from their annotations: any value a kind allows, or one fixed example."""

from __future__ import annotations

import dataclasses
import types
from datetime import date, timedelta
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from perahu.kinds import Kind


def kind_of(cls: type[Any]) -> Kind:
    """What the class says of itself."""
    found: Kind = cls.KIND
    return found


def parts(hint: Any) -> tuple[str, Any]:
    """An annotation's form: (one of scalar, nested, optional, many, record; its inside)."""
    if hint in (int, str, bytes, bool, date):
        return "scalar", hint
    if dataclasses.is_dataclass(hint):
        return "nested", hint
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return "optional", next(a for a in arguments if a is not type(None))
    assert origin is tuple, hint
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return "many", arguments[0]
    return "record", arguments


_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63),
    str: st.text(max_size=30),
    bytes: st.binary(max_size=40),
    bool: st.booleans(),
    date: st.dates(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotation."""
    form, inside = parts(hint)
    if form == "scalar":
        return _SCALARS[inside]
    if form == "nested":
        return facts(inside)
    if form == "optional":
        return st.none() | values(inside)
    if form == "many":
        return st.lists(values(inside), max_size=4).map(tuple)
    return st.tuples(*map(values, inside))


def facts(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any fact of a kind, its subjects of twelve bytes, defaults met now and then."""
    hints = get_type_hints(cls)
    subjects = kind_of(cls).subjects if hasattr(cls, "KIND") else ()
    made = {}
    for field in dataclasses.fields(cls):
        if field.name in subjects:
            made[field.name] = st.binary(min_size=12, max_size=12)
            continue
        made[field.name] = values(hints[field.name])
        if field.default is not dataclasses.MISSING:
            made[field.name] |= st.just(field.default)
    return st.builds(cls, **made)


def example(cls: type[Any]) -> Any:
    """The one fixed fact of a kind: every field has a value of its own, none a default."""
    hints = get_type_hints(cls)
    subjects = kind_of(cls).subjects if hasattr(cls, "KIND") else ()
    made = {}
    for number, field in enumerate(dataclasses.fields(cls), start=1):
        if field.name in subjects:
            made[field.name] = f"subject-{number:04}".encode()
        else:
            made[field.name] = _fixed(hints[field.name], field.name, number)
    return cls(**made)


def _fixed(hint: Any, name: str, number: int) -> Any:
    form, inside = parts(hint)
    if form == "nested":
        return example(inside)
    if form == "optional":
        return _fixed(inside, name, number)
    if form == "many":
        return (_fixed(inside, name, number), _fixed(inside, name, number + 50))
    if form == "record":
        return tuple(_fixed(h, name, number + i) for i, h in enumerate(inside))
    scalars: dict[Any, Any] = {
        int: 1000 + number,
        str: f"{name} ke-{number} é",
        bytes: f"{name}-{number}".encode(),
        bool: True,
        date: date(2026, 11, 21) + timedelta(days=number),
    }
    return scalars[inside]
