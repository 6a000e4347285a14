"""Facts to bodies and back: CBOR maps with the field's number as key (kinds.py).

- A field equal to its default is left out; an unknown number is passed over, for a newer
  node may have added it; the bytes themselves are kept as they came.
- A date is a whole number of days since 1970-01-01; a nested dataclass is a map of its own.
- Bytes that are not the one canonical form of what they say are refused.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from perahu.journal import limits
from perahu.keys import cbor
from perahu.kinds import Fact, Kind
from perahu.words import Refusal

_EPOCH_DAY = date(1970, 1, 1)
_Decode = Callable[[Any], Any]


class UnknownKind(Refusal):
    """The fact's type or version is newer than this program; it is kept and parked."""

    def __init__(self, fact_type: int, version: int) -> None:
        super().__init__(
            "unknown_kind",
            f"Fakta jenis {fact_type} versi {version} belum dikenal program ini; "
            "fakta itu disimpan dan dibaca setelah program diperbarui.",
            f"Facts of type {fact_type} version {version} are not known to this program "
            "yet; the fact is kept and will be read after an update.",
        )


def _bad_body(why: str) -> Refusal:
    return Refusal(
        "bad_body",
        f"Isi fakta tidak sesuai bentuknya ({why}); fakta itu disimpan tetapi tidak dipakai.",
        f"The body of a fact does not have its form ({why}); it is kept but not used.",
    )


class _Shape:
    """How one dataclass is written: its fields' numbers, names, defaults and decoders."""

    def __init__(self, cls: type[Any], skip: tuple[str, ...]) -> None:
        hints = get_type_hints(cls)
        named = [f for f in dataclasses.fields(cls) if f.name not in skip]
        self.cls = cls
        self.fields = [(n, f.name, f.default) for n, f in enumerate(named, start=1)]
        self.decoders = {
            n: (f.name, hints[f.name], _decoder(hints[f.name]))
            for n, f in enumerate(named, start=1)
        }
        self.required = {f.name for f in named if f.default is dataclasses.MISSING}

    def encode(self, value: Any) -> dict[int, Any]:
        """The CBOR map of a dataclass instance, defaults left out."""
        found = {}
        for number, name, default in self.fields:
            item = getattr(value, name)
            if default is dataclasses.MISSING or item != default:
                found[number] = _plain(item)
        return found

    def decode(self, found: Any) -> dict[str, Any]:
        """The constructor's arguments out of a CBOR map. Raises Refusal "bad_body"."""
        if type(found) is not dict:
            raise _bad_body("not a map")
        arguments: dict[str, Any] = {}
        for number, item in found.items():
            known = self.decoders.get(number)
            if known is not None:
                name, hint, decode = known
                # Most fields are plain; the exact type is all there is to check.
                arguments[name] = item if type(item) is hint else decode(item)
        if missing := self.required - arguments.keys():
            raise _bad_body(f"without {sorted(missing)[0]}")
        return arguments


_shapes: dict[type[Any], _Shape] = {}


def _shape(cls: type[Any]) -> _Shape:
    found = _shapes.get(cls)
    if found is None:
        kind: Kind | None = getattr(cls, "KIND", None)
        found = _shapes[cls] = _Shape(cls, kind.subjects if kind else ())
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return (value - _EPOCH_DAY).days
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return _shape(type(value)).encode(value)
    return value


def _decoder(hint: Any) -> _Decode:
    """The function that checks and converts one CBOR item to the annotated type."""
    if hint in (int, str, bytes, bool):
        return _exact(hint)
    if hint is date:
        return _as_date
    if dataclasses.is_dataclass(hint):
        shape = _shape(cast(type[Any], hint))
        return lambda item: shape.cls(**shape.decode(item))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType) and type(None) in arguments:
        inner = _decoder(next(a for a in arguments if a is not type(None)))
        return lambda item: None if item is None else inner(item)
    assert origin is tuple, f"a fact may not hold a {hint}"
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return _as_tuple(_decoder(arguments[0]))
    return _as_record([_decoder(a) for a in arguments])


def _exact(wanted: type) -> _Decode:
    def check(item: Any) -> Any:
        if type(item) is not wanted:
            raise _bad_body(f"{type(item).__name__} instead of {wanted.__name__}")
        return item

    return check


def _as_date(item: Any) -> date:
    if type(item) is not int or not -719162 <= item <= 2932896:
        raise _bad_body("not a date")
    return _EPOCH_DAY + timedelta(days=item)


def _as_tuple(inner: _Decode) -> _Decode:
    def check(item: Any) -> Any:
        if type(item) is not list:
            raise _bad_body("not a list")
        return tuple(inner(part) for part in item)

    return check


def _as_record(inners: list[_Decode]) -> _Decode:
    def check(item: Any) -> Any:
        if type(item) is not list or len(item) != len(inners):
            raise _bad_body("not a record")
        return tuple(inner(part) for inner, part in zip(inners, item, strict=True))

    return check


class Registry:
    """The kinds of facts this program knows, gathered from the rooms' `facts` modules."""

    def __init__(self, modules: Iterable[types.ModuleType]) -> None:
        self._by_number: dict[tuple[int, int], type[Any]] = {}
        for module in modules:
            for value in vars(module).values():
                if isinstance(value, type) and isinstance(
                    getattr(value, "KIND", None), Kind
                ):
                    self._add(value)

    def _add(self, cls: type[Any]) -> None:
        number = (cls.KIND.type, cls.KIND.version)
        known = self._by_number.setdefault(number, cls)
        assert known is cls, f"{cls} and {known} share the number {number}"

    def kinds(self) -> list[type[Any]]:
        """Every known fact class, by number."""
        return [self._by_number[number] for number in sorted(self._by_number)]

    def encode(self, fact: Fact) -> tuple[bytes, tuple[bytes, ...]]:
        """The body of a fact, and the subject ids that its header carries."""
        assert (fact.KIND.type, fact.KIND.version) in self._by_number, f"unknown {fact}"
        body = cbor.encode(_shape(type(fact)).encode(fact))
        if len(body) > limits.BODY_BYTES_MAX:
            raise Refusal(
                "body_too_big",
                "Isian terlalu panjang untuk satu catatan (lebih dari 32 KB); persingkat "
                "lalu simpan lagi. Tidak ada yang hilang.",
                "The entry is too long for one record (over 32 KB); shorten it and save "
                "again. Nothing was lost.",
            )
        subjects = tuple(getattr(fact, name) for name in fact.KIND.subjects)
        assert all(len(s) == limits.SUBJECT_BYTES for s in subjects), "12 bytes each"
        return body, subjects

    def decode(
        self, fact_type: int, version: int, body: bytes, subjects: tuple[bytes, ...]
    ) -> Fact:
        """The fact of a verified entry. Raises UnknownKind, or Refusal "bad_body"."""
        cls = self._known(fact_type, version)
        found = cbor.decode(body, limits.BODY_BYTES_MAX)
        return _fact(cls, found, subjects)

    def decode_known(
        self, fact_type: int, version: int, body: bytes, subjects: tuple[bytes, ...]
    ) -> Fact:
        """As `decode`, for a body that passed it before this book let it count."""
        return _fact(self._known(fact_type, version), cbor.decode_known(body), subjects)

    def _known(self, fact_type: int, version: int) -> type[Any]:
        cls = self._by_number.get((fact_type, version))
        if cls is None:
            raise UnknownKind(fact_type, version)
        return cls


def _fact(cls: type[Any], found: Any, subjects: tuple[bytes, ...]) -> Fact:
    names = cls.KIND.subjects
    if len(subjects) != len(names):
        raise _bad_body("wrong number of subjects")
    arguments = _shape(cls).decode(found)
    return cast(Fact, cls(**arguments, **dict(zip(names, subjects, strict=True))))
