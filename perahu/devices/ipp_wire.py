"""IPP messages as bytes: RFC 8010, the part that printing a card needs.

A message is a code, a request id, groups of attributes and, last, a document. An
attribute has one or more tagged values. Collections are kept as their flat values: no
card printer needs them from us, and we must only pass over those it sends.

>>> Message(GET_JOBS, 1, (Group(OPERATION, {"limit": (integer(5),)}),)).encode()[:8].hex()
'0200000a00000001'
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

# Operations and the status codes we look at (RFC 8011 5.4.15, appendix B).
PRINT_JOB, VALIDATE_JOB = 0x0002, 0x0004
CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB = 0x0005, 0x0006, 0x0008
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES = 0x0009, 0x000A, 0x000B
OK = 0x0000
BAD_REQUEST, NOT_POSSIBLE, NOT_FOUND, FORMAT_NOT_SUPPORTED = (
    0x0400,
    0x0404,
    0x0406,
    0x040A,
)
INTERNAL_ERROR, OPERATION_NOT_SUPPORTED = 0x0500, 0x0501
NOT_ACCEPTING_JOBS, BUSY = 0x0506, 0x0507

# Group tags and value tags (RFC 8010 3.5).
OPERATION, JOB, END, PRINTER = 0x01, 0x02, 0x03, 0x04
INTEGER, BOOLEAN, ENUM, OCTETS = 0x21, 0x22, 0x23, 0x30
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = (
    0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
)  # fmt: skip
_TEXTS = range(0x40, 0x60)
_DELIMITERS = range(0x10)

ATTRIBUTES_MAX = 4000
VALUES_MAX = 5000
VALUE_BYTES_MAX = 32767


class WireError(ValueError):
    """The bytes are not an IPP message within our limits."""


class Value(NamedTuple):
    """One tagged value; out-of-band values (unknown, no-value) hold b""."""

    tag: int
    value: int | bool | str | bytes


Attributes = Mapping[str, tuple[Value, ...]]


class Group(NamedTuple):
    """A group of attributes under its tag (operation, job, printer)."""

    tag: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Message:
    """A request (code = operation) or an answer (code = status)."""

    code: int
    request_id: int
    groups: tuple[Group, ...]
    document: bytes = b""

    def encode(self) -> bytes:
        """The bytes of the message, as IPP 2.0."""
        out = [struct.pack(">HHi", 0x0200, self.code, self.request_id)]
        for group in self.groups:
            out.append(bytes((group.tag,)))
            for name, values in group.attributes.items():
                out.extend(_attribute(name, values))
        out.append(bytes((END,)))
        out.append(self.document)
        return b"".join(out)

    def group(self, tag: int) -> Attributes:
        """The first group of this tag, or an empty one."""
        return next((g.attributes for g in self.groups if g.tag == tag), {})

    def all_groups(self, tag: int) -> list[Attributes]:
        """Every group of this tag, in order."""
        return [g.attributes for g in self.groups if g.tag == tag]


def integer(value: int) -> Value:
    """An integer value."""
    return Value(INTEGER, value)


def enum(value: int) -> Value:
    """An enum value."""
    return Value(ENUM, value)


def keywords(*values: str) -> tuple[Value, ...]:
    """One or more keywords."""
    return tuple(Value(KEYWORD, value) for value in values)


def first_int(attributes: Attributes, name: str) -> int | None:
    """The first value as a number; None where it is absent or not a number."""
    value = attributes[name][0].value if attributes.get(name) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def first_text(attributes: Attributes, name: str) -> str:
    """The first value as text, "" where it is absent or not text."""
    value = attributes[name][0].value if attributes.get(name) else None
    return value if isinstance(value, str) else ""


def texts(attributes: Attributes, name: str) -> tuple[str, ...]:
    """All values that are text."""
    found = (v.value for v in attributes.get(name, ()))
    return tuple(value for value in found if isinstance(value, str))


def opening(uri: str) -> dict[str, tuple[Value, ...]]:
    """The operation attributes every request begins with, in the order IPP wants."""
    return {
        "attributes-charset": (Value(CHARSET, "utf-8"),),
        "attributes-natural-language": (Value(LANGUAGE, "id"),),
        "printer-uri": (Value(URI, uri),),
    }


def decode(raw: bytes) -> Message:
    """Parse a whole message. Raises WireError."""
    try:
        return _decode(raw)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise WireError(f"not an IPP message: {error}") from error


def _attribute(name: str, values: tuple[Value, ...]) -> list[bytes]:
    out: list[bytes] = []
    for index, (tag, value) in enumerate(values):
        key = name.encode() if index == 0 else b""
        raw = _value_bytes(tag, value)
        if len(raw) > VALUE_BYTES_MAX:
            raise WireError(f"value of {name} is too long")
        out.append(struct.pack(">BH", tag, len(key)) + key)
        out.append(struct.pack(">H", len(raw)) + raw)
    return out


def _value_bytes(tag: int, value: int | bool | str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return struct.pack(">?", value) if tag == BOOLEAN else struct.pack(">i", value)


def _parse_value(tag: int, raw: bytes) -> Value:
    if tag in (INTEGER, ENUM):
        return Value(tag, int(struct.unpack(">i", raw)[0]))
    if tag == BOOLEAN:
        return Value(tag, bool(struct.unpack(">?", raw)[0]))
    if tag in _TEXTS:
        return Value(tag, raw.decode())
    return Value(tag, raw)


def _decode(raw: bytes) -> Message:
    version, code, request_id = struct.unpack_from(">HHi", raw)
    if version >> 8 not in (1, 2):
        raise WireError(f"IPP version {version >> 8} is not known")
    groups: list[Group] = []
    attributes: dict[str, tuple[Value, ...]] = {}
    name, at, values = "", 8, 0
    while (tag := raw[at]) != END:
        at += 1
        if tag in _DELIMITERS:
            name, attributes = "", {}
            groups.append(Group(tag, attributes))
            continue
        key, at = _field(raw, at)
        content, at = _field(raw, at)
        name = key.decode() or name
        values += 1
        if not groups or not name or values > VALUES_MAX:
            raise WireError(
                "value outside a group or an attribute, or too many of them"
            )
        attributes[name] = (*attributes.get(name, ()), _parse_value(tag, content))
        if len(attributes) > ATTRIBUTES_MAX:
            raise WireError("too many attributes")
    return Message(code, request_id, tuple(groups), raw[at + 1 :])


def _field(raw: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", raw, at)
    start = at + 2
    if start + length > len(raw):
        raise WireError("cut short")
    return raw[start : start + length], start + length
