"""The roles of a node, as rows: what each may do, whom it calls, what it hands on.

Nobody else asks for a role's name; they ask for a column here. What a role's certificate
allows is the business of keys/certificates.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perahu.sync.offer import Gives, Offer, Takes
from perahu.words import Refusal, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One row."""

    name: str
    words: Words
    parent: str = ""
    """The role of the node it calls; "" where it only listens."""
    up: Offer | None = None
    """What it and its parent are to each other on the road."""
    down: Offer | None = None
    """What it and a node that calls it are to each other; None where nobody calls it."""
    beside: Mapping[str, Offer] = field(default_factory=dict)
    """Roles it meets without the hub, from hand to hand, and what each is to it."""
    goes_out: bool = False
    """Is carried to the people: others send it out, and it comes back to them."""
    serves_people: bool = False
    """Records, prints, hands over: has desks."""
    decides: bool = False
    """The hub of a kabupaten: grants, imports, decides cases, speaks with the centre."""
    wilayah_digits: int = 6
    """The shortest wilayah code its certificate may bear."""


_OFFICE_TO_HUB = Offer(gives=Gives.OWN, takes=Takes.OWN, acks_count=True)
_HUB_TO_OFFICE = Offer(gives=Gives.AUDIENCE, takes=Takes.OWN)
_HUB_TO_PROVINSI = Offer(gives=Gives.ALL, takes=Takes.ALL, acks_count=True)
_PROVINSI_TO_HUB = Offer(gives=Gives.ALL, takes=Takes.ALL, is_second_site=True)
_OFFICE_TO_FIELD = Offer(
    gives=Gives.OWN_AND_HUBS, takes=Takes.OWN_AND_COMMON, control_blobs_only=True
)
_FIELD_TO_OFFICE = Offer(
    gives=Gives.OWN_AND_COMMON, takes=Takes.OWN_AND_HUBS, control_blobs_only=True
)

ROLES = {
    role.name: role
    for role in (
        Role(
            name="field",
            words=Words("lapangan", "field"),
            parent="kabupaten",
            up=_OFFICE_TO_HUB,
            beside={"kecamatan": _FIELD_TO_OFFICE},
            goes_out=True,
            serves_people=True,
            wilayah_digits=4,
        ),
        Role(
            name="kecamatan",
            words=Words("kecamatan", "kecamatan"),
            parent="kabupaten",
            up=_OFFICE_TO_HUB,
            beside={"field": _OFFICE_TO_FIELD},
            serves_people=True,
        ),
        Role(
            name="kabupaten",
            words=Words("kabupaten", "kabupaten"),
            parent="provinsi",
            up=_HUB_TO_PROVINSI,
            down=_HUB_TO_OFFICE,
            decides=True,
            wilayah_digits=4,
        ),
        Role(
            name="provinsi",
            words=Words("provinsi", "provinsi"),
            down=_PROVINSI_TO_HUB,
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
