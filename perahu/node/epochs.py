"""The epochs of nodes as this book holds them: what is here, what ended, what is a gap.

A receipt names journal, number and hash, and a journal is of one epoch. Of an epoch that
runs, what is not here yet is on its way; of one that ended, what is not here by the time its
machine is gone is known by its number to be missing: that is the gap, and it has a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from perahu.journal.book import JournalRow
from perahu.journal.types import COMMON, Event
from perahu.keys.certificates import Chain, NodeCertificate
from perahu.node.actions import node_named
from perahu.node.office import Office
from perahu.node.twins import known_twins

LANES = {0: "kendali", 1: "sipil", 2: "jaringan"}


@dataclass(frozen=True, slots=True)
class EpochShown:
    """One epoch of one node."""

    node: str
    name: str
    epoch: int
    entries: int
    reach: tuple[tuple[str, int, str], ...]
    """(lane, last number here, mark on paper) of its journals."""
    is_running: bool
    is_twin: bool


def epochs_of(office: Office, name: str | None = None) -> list[EpochShown]:
    """Every epoch of every node, or of one; a node's epochs in their order."""
    wanted = None if name is None else node_named(office.authority, name)
    groups: dict[bytes, list[JournalRow]] = {}
    for row in office.journal.journals():
        if row.head_seq and wanted in (None, row.node):
            groups.setdefault(row.certificate, []).append(row)
    nodes, authority = office.authority.nodes(), office.authority
    last = {node: max(authority.confirmed_epochs(node), default=1) for node in nodes}
    held: set[tuple[bytes, int]] = set()
    for rows in groups.values():
        first = rows[0]
        held.add((first.node, first.epoch))
        last[first.node] = max(last.get(first.node, 0), first.epoch)
    last[office.journal.node_id] = office.journal.epoch
    twins = set(known_twins(office))
    found = [_shown(office, rows, last, twins) for rows in groups.values()]
    found += [
        one
        for node in nodes.values()
        if wanted in (None, node.node_id)
        for one in _empty(office, node, held, last)
    ]
    return sorted(found, key=lambda one: (one.name, one.epoch))


def _empty(
    office: Office,
    node: NodeCertificate,
    held: set[tuple[bytes, int]],
    last: dict[bytes, int],
) -> Iterator[EpochShown]:
    """Epochs that nothing is here of: those that the hub confirmed, and the first of all.

    A book that was lost before its first contact leaves nothing else to show its gap by.
    """
    confirmed = office.authority.confirmed_epochs(node.node_id)
    is_own = node.node_id == office.journal.node_id
    ours = sha256(office.journal.chain.encode()).digest()
    for epoch in {1, *confirmed} if confirmed else ():
        if (node.node_id, epoch) in held:
            continue
        is_late, is_ours = epoch >= last[node.node_id], confirmed.get(epoch) == ours
        yield EpochShown(
            node=node.node_id.hex(),
            name=node.name,
            epoch=epoch,
            entries=0,
            reach=(),
            is_running=is_late and (is_ours or not is_own),
            is_twin=is_late and is_own and not is_ours,
        )


def _shown(
    office: Office, rows: list[JournalRow], last: dict[bytes, int], twins: set[bytes]
) -> EpochShown:
    first = rows[0]
    node = Chain.decode(first.certificate, office.root_public).node
    ours = office.journal.chain.encode()
    is_twin = any(row.id in twins for row in rows)
    is_current = first.certificate == ours if first.own else True
    return EpochShown(
        node=first.node.hex(),
        name=node.name,
        epoch=first.epoch,
        entries=sum(row.head_seq for row in rows),
        reach=tuple(
            (
                f"{LANES[row.lane]} bersama" if row.audience else LANES[row.lane],
                row.head_seq,
                row.id.hex()[:8],
            )
            for row in sorted(rows, key=lambda row: (row.lane, row.audience))
            if row.audience in (b"", COMMON)
        ),
        is_running=is_current and first.epoch >= last[first.node],
        is_twin=is_twin,
    )


@dataclass(frozen=True, slots=True)
class Stranded:
    """An own entry of an epoch that is over, which the parent never acknowledged."""

    epoch: int
    lane: str
    seq: int
    fact: str
    about: str
    at_ms: int


def stranded(office: Office) -> list[Stranded]:
    """What a machine stated in an epoch that another one went on with, or that was lost.

    It may be acknowledged at the next contact; what stays here is a branch for people.
    """
    rows = {
        row.id: row
        for row in office.journal.journals()
        if row.own and not row.audience and row.head_seq > row.received_seq
        if row.certificate != office.journal.chain.encode()
    }
    found, after = [], 0
    while rows and (events := office.journal.events(after)):
        after = events[-1].position
        found += [
            _stranded(event, rows[event.journal])
            for event in events
            if event.journal in rows and event.seq > rows[event.journal].received_seq
        ]
    return found


def _stranded(event: Event, row: JournalRow) -> Stranded:
    names = ("number", "nik", "name", "item", "login")
    said = (str(getattr(event.fact, name, "")) for name in names)
    return Stranded(
        epoch=row.epoch,
        lane=LANES[row.lane],
        seq=event.seq,
        fact=type(event.fact).__name__,
        about=" ".join(filter(None, said)),
        at_ms=event.wall_ms,
    )
