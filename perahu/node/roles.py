"""The roles of a node, as rows: what each may do, whom it calls, what it hands on.

Nobody else asks for a role's name; they ask for a column here. What a role's certificate
allows is the business of keys/certificates.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.words import Refusal, Words

OWN, AUDIENCE, ALL = "own", "audience", "all"
"""What a node offers a peer: its own journals; what is meant for that peer; everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One row."""

    name: str
    words: Words
    parent: str = ""
    """The role of the node it calls; "" where it only listens."""
    offers_up: str = OWN
    """What it gives its parent."""
    offers_down: str = OWN
    """What it gives a node that calls it."""
    listens: bool = False
    serves_people: bool = False
    """Records, prints, hands over: has desks."""
    decides: bool = False
    """The hub of a kabupaten: grants, imports, decides cases, speaks with the centre."""
    wilayah_digits: int = 6
    """The shortest wilayah code its certificate may bear."""


ROLES = {
    role.name: role
    for role in (
        Role(
            name="field",
            words=Words("lapangan", "field"),
            parent="kabupaten",
            serves_people=True,
            wilayah_digits=4,
        ),
        Role(
            name="kecamatan",
            words=Words("kecamatan", "kecamatan"),
            parent="kabupaten",
            serves_people=True,
        ),
        Role(
            name="kabupaten",
            words=Words("kabupaten", "kabupaten"),
            parent="provinsi",
            offers_up=ALL,
            offers_down=AUDIENCE,
            listens=True,
            decides=True,
            wilayah_digits=4,
        ),
        Role(
            name="provinsi",
            words=Words("provinsi", "provinsi"),
            listens=True,
            wilayah_digits=2,
        ),
    )
}
"""Every role there is, by name."""


def role_of(name: str) -> Role:
    """The row with this name. Raises Refusal "unknown_role"."""
    if name not in ROLES:
        known = ", ".join(ROLES)
        raise Refusal(
            "unknown_role",
            id=f"Peran {name!r} tidak dikenal; pilih salah satu: {known}.",
            en=f"The role {name!r} is not known; choose one of: {known}.",
        )
    return ROLES[name]
