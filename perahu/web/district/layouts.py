"""How the kecamatan of some kabupaten lie to each other: rows of tiles, north at the top.

One word for each tile, the last two digits of its code; a dot is sea or a neighbour. It is a
scheme that people recognise, no survey; an office that has borders loads them instead.
A kabupaten that is not here is drawn in the order of its codes (`maps.schematic`).
"""

from __future__ import annotations

from collections.abc import Mapping

LAYOUTS: Mapping[str, str] = {
    # Bengkulu Utara: the coast runs from north-west to south-east, Enggano lies far out.
    "1703": """
        25 .  .  .  .
        14 23 13 .  .
        .  12 24 .  .
        .  11 08 09 .
        .  10 20 07 .
        .  .  15 21 19
        01 .  16 06 22
    """,
    # Kota Bengkulu: the sea is in the west.
    "1771": """
        .  04
        03 08
        07 09
        06 02
        05 01
    """,
    # Bolaang Mongondow Timur: the sea is in the east.
    "7110": """
        .  07 02
        05 04 01
        .  .  06
        .  .  03
    """,
}

ISLANDS = ("170301",)
"""Kecamatan that are islands though their names do not say so."""
