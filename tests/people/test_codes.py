"""Regions and reference codes: what they mean, with and without dots."""

from __future__ import annotations

import pytest

from perahu.people.rules import children, path_of, plain, serves, wilayah
from perahu.people.rules.codes import BLOOD, EDUCATION, OCCUPATION, RELIGION, SEX

ENGGANO = {
    "1703012001": "Banjar Sari",
    "1703012002": "Meok",
    "1703012003": "Malakoni",
    "1703012004": "Kaana",
    "1703012005": "Kahyapu",
    "1703012006": "Apoho",
}


def test_it_works() -> None:
    """Enggano and its six desa (Kepmendagri 300.2.2-2138/2025)."""
    found = wilayah("17.03.01")
    assert found is not None
    assert (found.name, found.level, found.dotted) == (
        "Enggano",
        "kecamatan",
        "17.03.01",
    )
    assert {desa.code: desa.name for desa in children("170301")} == ENGGANO


@pytest.mark.parametrize(
    ("code", "count"),
    [("", 38), ("17.03", 19), ("1771", 9), ("14.07", 18), ("71.10", 7)],
)
def test_it_counts_the_pilot_regions(code: str, count: int) -> None:
    """Provinces, and the kecamatan of the four pilot kabupaten and kota."""
    assert len(children(code)) == count


@pytest.mark.parametrize(
    "code", ["", "1", "99", "170399", "17.03.01.99999", "x", "17..03"]
)
def test_it_knows_no_region_that_is_not_there(code: str) -> None:
    """An unknown or impossible code is None, never an error."""
    assert wilayah(code) is None
    assert not code or children(code) == ()


def test_it_names_the_way_up() -> None:
    """A desa with its parents; an unknown level shows as its code."""
    path = path_of("17.03.01.2002")
    assert path == "Meok, Enggano, Kabupaten Bengkulu Utara, Bengkulu"
    assert path_of("1703019999").startswith("17.03.01.9999, Enggano")
    assert plain("17.03.01.2001") == "1703012001"
    assert plain("170") == ""


def test_it_knows_who_serves_a_desa() -> None:
    """A kecamatan or a desa serves; a hub and a provinsi see without being sent."""
    assert serves("1703012003", ["17.03.01"])
    assert serves("1703012003", ["170312", "1703012003"])
    assert not serves("1703122001", ["170301"])
    assert not serves("1703012003", ["1703", "17", ""])


def test_it_reads_codes_as_numbers_and_as_words() -> None:
    """SIAK writes numbers, people write words, and both mean one code."""
    assert RELIGION.code("1") == RELIGION.code("Islam") == 1
    assert SEX.code("P") == SEX.code("perempuan") == SEX.code("02") == 2
    assert SEX.code("Laki-Laki") == SEX.code("LAKI LAKI") == 1
    assert OCCUPATION.code("Nelayan/Perikanan") == 11
    assert (BLOOD.code("O+"), BLOOD.code("o-"), BLOOD.code("AB")) == (11, 12, 3)
    assert EDUCATION.word(9) == "STRATA II"
    assert len(OCCUPATION.names) == 89


@pytest.mark.parametrize("text", ["", "0", "90", "99999", "NELAYAN LAUT", "²"])
def test_it_says_when_a_code_is_unknown(text: str) -> None:
    """An unknown code is None, for a warning; an unknown number has no word."""
    assert OCCUPATION.code(text) is None
    assert OCCUPATION.word(90) == ""


def test_it_keeps_the_desa_of_what_was_asked_alone() -> None:
    """Names of other kabupaten are found too, and a node never holds all 83,762."""
    from perahu.people.rules import codes

    assert path_of("32.76.01.1006").endswith("Kota Depok, Jawa Barat")
    assert wilayah("1703019999") is None
    assert children("1703012001") == ()
    held = codes._desa_of("1703")
    assert 200 < len(held) < 300
    assert codes._desa_of.cache_info().maxsize == 64
