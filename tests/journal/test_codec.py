"""Facts to bodies and back: every kind, strictly, and open to a newer program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.journal import limits
from perahu.journal.codec import Registry, UnknownKind
from perahu.keys import cbor
from perahu.keys.facts import PolicySet
from perahu.kinds import CIVIL, Fact, Kind
from perahu.people.facts import Biodata, ImportUndone, ResidentImported
from perahu.words import Refusal
from tests.cast import BUDI, FACT_MODULES, stocked
from tests.journal.made_facts import example, facts, kind_of

REGISTRY = Registry(FACT_MODULES)
KINDS = REGISTRY.kinds()
NAMES = [kind.__name__ for kind in KINDS]


def decode(fact: Fact, body: bytes, subjects: tuple[bytes, ...]) -> Fact:
    """A body read as the kind of a fact."""
    return REGISTRY.decode(fact.KIND.type, fact.KIND.version, body, subjects)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_it_works(kind: type[Any]) -> None:
    """Any fact of any kind comes back equal, out of canonical bytes."""

    @settings(max_examples=12, deadline=None)
    @given(fact=facts(kind))
    def there_and_back(fact: Fact) -> None:
        body, subjects = REGISTRY.encode(fact)
        assert decode(fact, body, subjects) == fact
        assert cbor.encode(cbor.decode(body, limits.BODY_BYTES_MAX)) == body

    there_and_back()


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_it_passes_over_a_newer_field(kind: type[Any]) -> None:
    """A field added by tomorrow's program is read past by today's."""
    fact = example(kind)
    body, subjects = REGISTRY.encode(fact)
    fields = cbor.decode(body, limits.BODY_BYTES_MAX)
    assert decode(fact, cbor.encode({**fields, 90: ["new"]}), subjects) == fact


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_it_refuses_each_field_of_another_type(kind: type[Any]) -> None:
    """Every field in turn gets a type it cannot have: refused, and never a fault."""
    fact = example(kind)
    body, subjects = REGISTRY.encode(fact)
    fields = cbor.decode(body, limits.BODY_BYTES_MAX)
    for number, value in fields.items():
        wrong = [value] if type(value) is not list else {1: 1}
        with pytest.raises(Refusal, match="bad_body"):
            decode(fact, cbor.encode({**fields, number: wrong}), subjects)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_it_refuses_the_wrong_number_of_subjects(kind: type[Any]) -> None:
    """A header with one subject more than the kind names is not that kind."""
    fact = example(kind)
    body, subjects = REGISTRY.encode(fact)
    with pytest.raises(Refusal, match="bad_body"):
        decode(fact, body, (*subjects, BUDI))


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_it_refuses_a_missing_field(kind: type[Any]) -> None:
    """A field without a default must be there; one with a default may be left out."""
    fact = example(kind)
    body, subjects = REGISTRY.encode(fact)
    fields = cbor.decode(body, limits.BODY_BYTES_MAX)
    named = [f for f in kind.__dataclass_fields__.values() if f.name != "KIND"]
    plain = [f for f in named if f.name not in kind_of(kind).subjects]
    for number, field in enumerate(plain, start=1):
        rest = cbor.encode({n: v for n, v in fields.items() if n != number})
        if field.default is field.default_factory:  # both MISSING
            with pytest.raises(Refusal, match=f"without {field.name}"):
                decode(fact, rest, subjects)
        else:
            found = decode(fact, rest, subjects)
            assert getattr(found, field.name) == field.default


def test_it_leaves_defaults_out() -> None:
    """A field equal to its default takes no byte."""
    body, _ = REGISTRY.encode(PolicySet(policy="ONLINE_ONLY", decree="SK 1"))
    assert cbor.decode(body, 100) == {1: "ONLINE_ONLY", 2: "SK 1"}


def test_it_writes_dates_as_days_and_records_as_maps() -> None:
    """A date is days since 1970; a nested dataclass is a map of its own."""
    biodata = Biodata(
        nik="1703010101709001",
        no_kk="1703010101709002",
        nama="Budi",
        jenis_kelamin=1,
        tempat_lahir="Enggano",
        tanggal_lahir=date(1969, 12, 31),
        wilayah="1703012001",
    )
    fact = ResidentImported(person=BUDI, biodata=biodata, batch=b"b")
    body, subjects = REGISTRY.encode(fact)
    found = cbor.decode(body, 1000)
    assert subjects == (BUDI,) and set(found) == {1, 2}
    assert (found[1][3], found[1][6]) == ("Budi", -1)


@pytest.mark.parametrize("days", [-719162, 2932896])
def test_it_reads_every_date_there_is(days: int) -> None:
    """From year 1 to year 9999, and one day beyond is refused."""
    fact = example(next(k for k in KINDS if k.__name__ == "OperatorGranted"))
    body, subjects = REGISTRY.encode(fact)
    fields = cbor.decode(body, 4096)
    assert decode(fact, cbor.encode({**fields, 6: days}), subjects)
    beyond = days + (1 if days > 0 else -1)
    with pytest.raises(Refusal, match="not a date"):
        decode(fact, cbor.encode({**fields, 6: beyond}), subjects)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\xa1\x18\x01\x61x",
        b"\xa2\x01\x61x\x01\x61x",
        b"\xbf\xff",
        b"\xa0\xa0",
    ],
)
def test_it_refuses_what_is_not_canonical(body: bytes) -> None:
    """Empty, broken, long forms, twice a key, endless and trailing bytes."""
    fact = stocked()
    with pytest.raises(Refusal, match="bad_cbor"):
        decode(fact, body, ())


@settings(max_examples=200)
@given(body=st.binary(max_size=100), kind=st.sampled_from(KINDS))
def test_it_refuses_any_other_bytes(body: bytes, kind: type[Any]) -> None:
    """Random bytes are refused in words, or are by chance a fact; never a fault."""
    fact = example(kind)
    _, subjects = REGISTRY.encode(fact)
    try:
        decode(fact, body, subjects)
    except Refusal as refusal:
        assert refusal.code in ("bad_body", "bad_cbor")


def test_it_parks_a_kind_or_version_from_the_future() -> None:
    """A number this program does not know is its own refusal."""
    for number, version in ((999, 1), (24, 2)):
        with pytest.raises(UnknownKind):
            REGISTRY.decode(number, version, b"\xa0", ())


def test_it_refuses_two_kinds_of_one_number() -> None:
    """The registry stops the start of a program whose numbers clash."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Clash:
        KIND: ClassVar[Kind] = Kind(ImportUndone.KIND.type, 1, CIVIL, "none")
        batch: bytes

    with pytest.raises(AssertionError, match="share the number"):
        REGISTRY._add(Clash)


def test_it_refuses_a_record_of_another_length() -> None:
    """A change of a resident has four texts, never three."""
    body = cbor.encode({1: [["nama", "A", "B"]], 2: "170301"})
    with pytest.raises(Refusal, match="bad_body"):
        REGISTRY.decode(24, 1, body, (BUDI,))
