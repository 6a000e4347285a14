"""Finding people: by number, by sound, with slips of the pen, among many."""

from __future__ import annotations

import pytest

from perahu.node.tables import Tables
from perahu.people import reads
from tests.people.builders import (
    create_biodata,
    event_of,
    imported,
    named,
    plan_of,
    villagers,
)

NAMES = (
    "MUHAMMAD SURYADI",
    "SURYADI",
    "MOCH. ARIEF SURYADI KAITORA",
    "SITI AMINAH",
    "NURHAYATI",
    "ABDURRAHMAN",
    "YUSUF KAAHOAO",
    "KARTINI RAMADHAN",
)


def found(text: str, limit: int = 20) -> list[str]:
    """The names that a search gives, in its order."""
    return [resident.biodata.nama for resident in reads.search(text, limit)]


@pytest.fixture(autouse=True)
def people(tables: Tables) -> None:
    """The people of NAMES."""
    reads.apply(named(NAMES))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("muhammad suryadi", "MUHAMMAD SURYADI"),
        ("Soerjadi Moh.", "MUHAMMAD SURYADI"),
        ("suryadi", "SURYADI"),
        ("soerja", "SURYADI"),
        ("suryadi kaitora", "MOCH. ARIEF SURYADI KAITORA"),
        ("kaitora arip", "MOCH. ARIEF SURYADI KAITORA"),
        ("st amina", "SITI AMINAH"),
        ("siti am", "SITI AMINAH"),
        ("noer hajati", "NURHAYATI"),
        ("abdul rahman", "ABDURRAHMAN"),
        ("joesoef", "YUSUF KAAHOAO"),
        ("kartinni", "KARTINI RAMADHAN"),
        ("kartuni ramadan", "KARTINI RAMADHAN"),
        ("ramadhan xyz", "KARTINI RAMADHAN"),
        ("yusuf kahoao", "YUSUF KAAHOAO"),
    ],
)
def test_it_finds_by_sound(text: str, first: str) -> None:
    """Old spelling, short forms, word order, unfinished words and slips of the pen."""
    assert found(text)[0] == first


@pytest.mark.parametrize("text", ["", "   ", "...", "123", "wqwq", "\x00", "%", "_"])
def test_it_finds_nothing_where_nothing_is_meant(text: str) -> None:
    """Too short, no letters, or like nobody: an empty list, no error."""
    assert found(text) == []


def test_it_finds_by_numbers() -> None:
    """NIK and No. KK, whole, with dots or spaces, or their beginning."""
    assert found("1703011208909004") == ["SITI AMINAH"]
    assert found("17.03.01 120890 9004") == ["SITI AMINAH"]
    assert len(found("170301120890")) == len(NAMES)
    assert len(found("1703010101159001")) == len(NAMES)
    assert found("17030112089090049") == []
    assert len(found("1703", limit=3)) == 3


def test_it_gives_all_who_share_a_nik() -> None:
    """Two persons under one NIK are both shown, the one stated last first."""
    reads.apply([event_of(imported(77, nik="1703011208909004", nama="SITI LAIN"))])
    both = reads.all_by_nik("1703011208909004")
    assert [r.biodata.nama for r in both] == ["SITI LAIN", "SITI AMINAH"]
    assert reads.by_nik("") is None and reads.all_by_nik("") == []


def test_it_lists_a_family_as_the_card_does() -> None:
    """Head first, then by relation, then by age."""
    kk = "1703010101159777"
    for number, shdk, name in ((41, 4, "ANAK"), (42, 1, "KEPALA"), (43, 3, "ISTRI")):
        reads.apply([event_of(imported(number, no_kk=kk, shdk=shdk, nama=name))])
    assert [r.biodata.nama for r in reads.family(kk)] == ["KEPALA", "ISTRI", "ANAK"]
    assert reads.family("") == []


def test_it_counts_residents_by_desa() -> None:
    """Per desa, and within a region."""
    reads.apply([event_of(imported(50, wilayah="1703122001"))])
    assert reads.counts_by_desa() == {"1703012003": len(NAMES), "1703122001": 1}
    assert reads.counts_by_desa("170312") == {"1703122001": 1}
    assert reads.counts_by_desa("99") == {}


def test_it_finds_everybody_of_a_village() -> None:
    """Each of 500 residents is found by NIK, and by name among the first who share it."""
    plan = plan_of(*villagers(500, seed=3))
    rows = [planned.biodata for planned in plan.rows]
    reads.apply(
        [
            event_of(imported(100 + n, nik=b.nik, nama=b.nama))
            for n, b in enumerate(rows)
        ]
    )
    for biodata in rows[::7]:
        (one,) = reads.search(biodata.nik)
        assert one.biodata.nama == biodata.nama
        assert found(biodata.nama)[0] == biodata.nama


def test_it_finds_a_one_word_name_among_all_who_share_it() -> None:
    """The SURYADI comes first, though more people than one looks at have the word."""
    many = [imported(1000 + n, nama=f"SURYADI NOMOR {n}") for n in range(700)]
    reads.apply([event_of(fact) for fact in many])
    assert found("soerjadi")[0] == "SURYADI"
    assert found("suryadi moh")[0] == "MUHAMMAD SURYADI"


def test_it_bounds_what_it_reads_and_gives() -> None:
    """A very long text and a very large limit are cut to what a screen can show."""
    many = [imported(1000 + n, nama=f"BUDI NOMOR {n}") for n in range(150)]
    reads.apply([event_of(fact) for fact in many])
    assert len(found("budi", limit=10_000)) == reads.LIMIT_MAX
    assert found("suryadi " * 400)[0].endswith("SURYADI")
    assert create_biodata().nama not in found("budi", limit=1)
