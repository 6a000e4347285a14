"""IPP messages as bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp_wire import Group, Message, Value, WireError

NAMES = st.text("abcdefghij-", min_size=1, max_size=20)
VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda n: Value(wire.INTEGER, n)),
    st.integers(0, 100).map(lambda n: Value(wire.ENUM, n)),
    st.booleans().map(lambda b: Value(wire.BOOLEAN, b)),
    st.text(max_size=40).map(lambda t: Value(wire.TEXT, t)),
    st.binary(max_size=40).map(lambda b: Value(wire.OCTETS, b)),
)
GROUPS = st.builds(
    Group,
    st.sampled_from([wire.OPERATION, wire.JOB, wire.PRINTER]),
    st.dictionaries(
        NAMES, st.lists(VALUES, min_size=1, max_size=3).map(tuple), max_size=4
    ),
)


@given(
    code=st.integers(0, 0xFFFF),
    request_id=st.integers(1, 2**31 - 1),
    groups=st.lists(GROUPS, max_size=4).map(tuple),
    document=st.binary(max_size=100),
)
def test_it_reads_what_it_wrote(
    code: int, request_id: int, groups: tuple[Group, ...], document: bytes
) -> None:
    """Any message comes back as it was."""
    message = Message(code, request_id, groups, document)
    assert wire.decode(message.encode()) == message


def test_it_writes_the_bytes_of_the_standard() -> None:
    """A request is byte for byte what RFC 8010 says."""
    asked = {
        "attributes-charset": (Value(wire.CHARSET, "utf-8"),),
        "requested-attributes": wire.keywords("job-id", "job-name"),
    }
    raw = Message(wire.GET_JOBS, 9, (Group(wire.OPERATION, asked),)).encode()
    assert raw == (
        b"\x02\x00\x00\x0a\x00\x00\x00\x09\x01"
        b"\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x44\x00\x14requested-attributes\x00\x06job-id"
        b"\x44\x00\x00\x00\x08job-name\x03"
    )


@given(st.binary(max_size=200))
def test_it_survives_any_bytes(raw: bytes) -> None:
    """Bytes from outside are a message or a WireError, nothing else."""
    with suppress(WireError):
        wire.decode(raw)


@given(st.data())
def test_it_survives_a_cut_anywhere(draw: st.DataObject) -> None:
    """A message that was cut short is refused."""
    told = {"job-name": (Value(wire.NAME, "abc"),), "job-id": (wire.integer(5),)}
    raw = Message(0, 1, (Group(wire.JOB, told),)).encode()
    cut = draw.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(WireError):
        wire.decode(raw[:cut])


def test_it_passes_over_a_collection() -> None:
    """A collection's flat values do not disturb the attributes after it."""
    raw = (
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x04"
        b"\x34\x00\x09media-col\x00\x00"
        b"\x4a\x00\x00\x00\x0amedia-type"
        b"\x44\x00\x00\x00\x04card"
        b"\x37\x00\x00\x00\x00"
        b"\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03\x03"
    )
    told = wire.decode(raw).group(wire.PRINTER)
    assert wire.first_int(told, "printer-state") == 3


def test_it_refuses_too_many_values() -> None:
    """One value under the limit passes, one over does not."""
    value = b"\x44\x00\x00\x00\x01x"
    head = b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x44\x00\x01a\x00\x01x"
    most = wire.VALUES_MAX - 1
    assert wire.decode(head + value * most + b"\x03")
    with pytest.raises(WireError):
        wire.decode(head + value * (most + 1) + b"\x03")


def test_it_refuses_too_many_attributes() -> None:
    """One attribute under the limit passes, one over does not."""

    def message(count: int) -> bytes:
        told = {f"a{n}": (wire.integer(n),) for n in range(count)}
        return Message(0, 1, (Group(wire.JOB, told),)).encode()

    assert wire.decode(message(wire.ATTRIBUTES_MAX))
    with pytest.raises(WireError):
        wire.decode(message(wire.ATTRIBUTES_MAX + 1))


def test_it_refuses_a_value_too_long_to_send() -> None:
    """A value's length is 15 bits; what is longer never leaves."""
    told = {"a": (Value(wire.TEXT, "x" * (wire.VALUE_BYTES_MAX + 1)),)}
    with pytest.raises(WireError):
        Message(0, 1, (Group(wire.JOB, told),)).encode()


def test_it_refuses_another_major_version() -> None:
    """IPP 3 is not guessed at."""
    with pytest.raises(WireError):
        wire.decode(b"\x03\x00\x00\x00\x00\x00\x00\x01\x03")


def test_it_gives_nothing_for_what_is_not_there() -> None:
    """Absent or wrongly typed attributes are None, empty text or no texts."""
    told = {"n": (Value(wire.TEXT, "x"),), "t": (wire.integer(1),)}
    assert wire.first_int(told, "n") is None
    assert wire.first_int(told, "absent") is None
    assert wire.first_text(told, "t") == ""
    assert wire.texts(told, "t") == ()
