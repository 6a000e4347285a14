"""Names of places as a reader says them: "Desa Kaana, Enggano" instead of 17.03.01.2005.

The names of a kabupaten cost 60 kB and 15 ms once (`people.rules.codes`); nothing of
the other 83,000 desa of Indonesia stays in memory.
"""

from __future__ import annotations

from functools import lru_cache

from perahu.people.rules import Wilayah, children, dotted, wilayah

_KELURAHAN = "1"
"""The seventh digit of a kelurahan's code; a desa's is 2, a desa adat's 3."""


@lru_cache(maxsize=2_048)
def place(code: str) -> str:
    """A desa with its kecamatan, or a larger region alone; the code where unknown."""
    found = wilayah(code)
    if found is None:
        return dotted(code) if code.isdigit() else code
    if found.level != "desa":
        return found.name
    above = wilayah(code[:6])
    own = desa(found)
    return f"{own}, {above.name}" if above else own


def desa(found: Wilayah) -> str:
    """Desa Kaana, or Kelurahan Kemumu."""
    kind = "Kelurahan" if found.code[6:7] == _KELURAHAN else "Desa"
    return f"{kind} {found.name}"


def full_place(code: str) -> str:
    """The same up to the province, for one who comes from elsewhere."""
    steps = [code[:size] for size in (6, 4, 2) if size < len(code)]
    above = [found.name for step in steps if (found := wilayah(step))]
    first = wilayah(code)
    own = desa(first) if first and first.level == "desa" else place(code)
    return ", ".join([own, *above])


def desa_choices(scope: tuple[str, ...]) -> list[tuple[str, str]]:
    """(code, name) of every desa of an office's region, by kecamatan and code."""
    found: list[Wilayah] = []
    for code in scope:
        found += _desa_within(code)
    many = len({one.code[:6] for one in found}) > 1
    return [(one.code, place(one.code) if many else desa(one)) for one in found]


def _desa_within(code: str) -> list[Wilayah]:
    one = wilayah(code)
    if one is None:
        return []
    if one.level == "desa":
        return [one]
    return [each for child in children(code) for each in _desa_within(child.code)]
