"""Post on the stick of a field trip: the laptop's own letter for the hub rides along.

A laptop that comes back brings its office what it did there, and beside it, sealed to the
hub, everything the hub has not acknowledged: the office carries it in its own bag. On the
way out the stick brings what the hub answered, and other post for the laptop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from perahu.node.office import Office
from perahu.node.relay.letters import write_letter
from perahu.node.relay.stick import Handed, give, take
from perahu.words import Refusal


def post_back(office: Office, stick: Path) -> Handed:
    """At the laptop: its letter to the hub, and all that it carries, onto the stick."""

    def put() -> Handed:
        if _is_here(office, stick):
            return Handed()
        settings = office.settings
        rows = [row for row in office.journal.journals() if row.own]
        has_news = any(row.head_seq > row.received_seq for row in rows)
        if settings.row.up is not None and settings.parent_node and has_news:
            write_letter(office, bytes.fromhex(settings.parent_node))
        return give(office, stick)

    return _beside(put)


def post_out(office: Office, stick: Path, to: bytes) -> Handed:
    """At the office: what waits here for this laptop, onto the stick."""
    if _is_here(office, stick):
        return Handed()
    return _beside(lambda: give(office, stick, to=to))


def post_in(office: Office, sticks: Sequence[Path]) -> Handed:
    """Take along what lies on sticks for others."""
    handed = Handed()
    for stick in sticks:
        if stick.is_dir():
            found = _beside(partial(take, office, stick))
            handed.parcels += found.parcels
            handed.refused += found.refused
    return handed


def _is_here(office: Office, stick: Path) -> bool:
    """Whether it is a folder of this node, from which a browser fetches one file."""
    return stick.resolve().is_relative_to(office.folder.resolve())


def _beside(step: Callable[[], Handed]) -> Handed:
    """Post is never in the way of a trip: what did not go is said, and goes another time."""
    try:
        return step()
    except Refusal as refusal:
        return Handed(refused=[("", refusal)])
