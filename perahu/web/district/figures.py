"""The kabupaten as figures: every kecamatan with its offices, and how each of them fares.

Read from the hub's own book at each look: what is not here has not arrived, which the
page says too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perahu.cards import reads as orders
from perahu.cards import reads_district as cards
from perahu.cards import reads_stock as stock
from perahu.cards.reads_district import Sums, Way
from perahu.cards.rules_stock import BLANKO
from perahu.cases import reads as cases
from perahu.cases.reads import CaseRow
from perahu.enrolment import reads_hub as recordings
from perahu.enrolment.facts import UNIQUE_STATUSES
from perahu.enrolment.reads_hub import NONE, Backlog, Heap
from perahu.keys.certificates import HUB_ROLES, SECOND_SITE_ROLES, NodeCertificate
from perahu.people.rules.codes import children, wilayah
from perahu.web.district.alarms import (
    DAY_MS,
    Alarm,
    Figures,
    Level,
    alarms,
    level_of,
    urgency,
)
from perahu.web.ports import Office

USE_DAYS = 14
"""So far back the use of blanko is looked at."""
MISCOUNT_DAYS = 30
REASONS_SHOWN = 3
"""Reasons in the list of the worst; the office's own page has them all."""


@dataclass(slots=True, kw_only=True)
class OfficeSeen:
    """One office as the kabupaten sees it."""

    node: NodeCertificate
    figures: Figures
    backlog: Backlog
    cards: Mapping[str, Heap]
    stock: Mapping[str, int]
    ways: Sequence[Way]
    cases: Sequence[CaseRow]
    contact_ms: int = 0
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """How it fares."""
        return level_of(self.alarms)

    @property
    def more(self) -> int:
        """The reasons beyond the first REASONS_SHOWN."""
        return max(0, len(self.alarms) - REASONS_SHOWN)

    @property
    def at_centre(self) -> Heap:
        """What the centre has and has not found unique yet."""
        waiting = (
            heap
            for status, heap in self.backlog.at_centre.items()
            if status not in UNIQUE_STATUSES
        )
        return sum(waiting, NONE)

    @property
    def queued(self) -> Heap:
        """Cards that wait for print."""
        return self.cards.get(orders.QUEUED, NONE)

    @property
    def to_hand_over(self) -> Heap:
        """Cards that wait for their persons."""
        return self.cards.get(orders.TO_HAND_OVER, NONE)

    @property
    def on_the_way(self) -> dict[str, int]:
        """Pieces on their way here, by item."""
        found: dict[str, int] = {}
        for way in self.ways:
            found[way.item] = found.get(way.item, 0) + way.count
        return found


@dataclass(slots=True, kw_only=True)
class KecamatanSeen:
    """One kecamatan and the offices in it; none where nobody is enrolled yet."""

    code: str
    name: str
    offices: list[OfficeSeen]

    @property
    def level(self) -> Level | None:
        """The worst of its offices; None where it has none."""
        return max((one.level for one in self.offices), default=None)

    @property
    def alarms(self) -> list[Alarm]:
        """The reasons of all its offices, the worst first."""
        found = [alarm for one in self.offices for alarm in one.alarms]
        return sorted(found, key=lambda alarm: -alarm.level)


@dataclass(slots=True, kw_only=True)
class District:
    """The whole kabupaten."""

    code: str
    name: str
    kecamatan: list[KecamatanSeen]
    """The worst first."""
    travelling: list[OfficeSeen]
    """Offices of the whole kabupaten: laptops for the field."""
    cases: list[CaseRow]
    ledger: Sums
    """The whole stock, read once for all of the page."""

    @property
    def offices(self) -> list[OfficeSeen]:
        """Every office."""
        inside = [office for one in self.kecamatan for office in one.offices]
        return [*inside, *self.travelling]

    @property
    def names(self) -> list[tuple[str, str]]:
        """Code and name of every kecamatan, by code."""
        return sorted((one.code, one.name) for one in self.kecamatan)

    def office(self, node_id: bytes) -> OfficeSeen | None:
        """One office, or None where there is no such."""
        found = (one for one in self.offices if one.node.node_id == node_id)
        return next(found, None)


def look(office: Office) -> District:
    """Everything, as this hub's book has it now."""
    certificate = office.journal.certificate
    code = certificate.wilayah[0][:4]
    ledger = cards.ledger_sums()
    seen = _offices(office, ledger)
    names = {one.code: one.name for one in children(code)}
    placed: dict[str, list[OfficeSeen]] = {found: [] for found in names}
    travelling = []
    for one in seen:
        # An office of several kecamatan stands in each of them.
        homes = {found[:6] for found in one.node.wilayah if len(found) >= 6}
        for home in sorted(homes):
            placed.setdefault(home, []).append(one)
        if not homes:
            travelling.append(one)
    kecamatan = [
        KecamatanSeen(code=found, name=_name_of(found, names), offices=offices)
        for found, offices in placed.items()
    ]
    kecamatan.sort(key=lambda one: (not one.offices, urgency(one.alarms), one.code))
    place = wilayah(code)
    return District(
        code=code,
        name=place.name if place else certificate.name,
        kecamatan=kecamatan,
        travelling=sorted(travelling, key=lambda one: urgency(one.alarms)),
        cases=cases.open_cases(),
        ledger=ledger,
    )


def _name_of(code: str, names: Mapping[str, str]) -> str:
    known = names.get(code)
    if known:
        return known
    found = wilayah(code)
    return found.name if found else code


# --- one office ------------------------------------------------------------------------------


def _offices(office: Office, ledger: Sums) -> list[OfficeSeen]:
    """Every office with its figures and alarms."""
    authority = office.journal.authority
    journals = {row.id: row.node for row in office.journal.journals()}
    nodes = sorted({*authority.nodes(), *journals.values()})
    gathered = _Gathered(office, journals, ledger, nodes)
    found = []
    for node_id in nodes:
        node = authority.node(node_id)
        if node is None or node.role in HUB_ROLES | SECOND_SITE_ROLES:
            continue
        seen = gathered.office(node)
        seen.figures.is_revoked = authority.is_revoked(node_id)
        if seen.figures.is_revoked and not _still_holds(seen):
            continue
        seen.alarms = alarms(seen.figures)
        found.append(seen)
    return sorted(found, key=lambda one: (one.node.name, one.node.node_id))


def _still_holds(seen: OfficeSeen) -> bool:
    """Whether somebody must still answer for something of a revoked node."""
    held = any(seen.stock.values()) or seen.queued.count or seen.to_hand_over.count
    return bool(held or seen.cases)


class _Gathered:
    """What all offices have together, read once."""

    def __init__(
        self,
        office: Office,
        journals: Mapping[bytes, bytes],
        ledger: Sums,
        nodes: Sequence[bytes],
    ) -> None:
        self.now_ms = now_ms = office.now().wall_ms
        self.backlogs = recordings.backlog_by_node()
        self.cards = cards.cards_by_office()
        self.stock = cards.stock_by_office(ledger)
        self.used = cards.blanko_used_since(now_ms - USE_DAYS * DAY_MS, nodes)
        self.ways: dict[bytes, list[Way]] = {}
        for way in cards.on_the_way_to_all():
            self.ways.setdefault(way.to, []).append(way)
        self.miscounts: dict[bytes, dict[str, int]] = {}
        for one in cards.miscounts_since(now_ms - MISCOUNT_DAYS * DAY_MS, nodes):
            counts = self.miscounts.setdefault(one.node, {})
            counts[one.item] = counts.get(one.item, 0) + one.found
        self.cases: dict[bytes, list[CaseRow]] = {}
        for case in cases.open_cases():
            self.cases.setdefault(office_of(case), []).append(case)
        self.contacts = {one["node_id"]: one for one in office.contacts()}
        self.parked: dict[bytes, int] = {}
        for parked in office.journal.parked():
            node = journals.get(parked.journal, b"")
            self.parked[node] = self.parked.get(node, 0) + 1

    def office(self, node: NodeCertificate) -> OfficeSeen:
        """One office without its alarms."""
        node_id = node.node_id
        backlog = self.backlogs.get(node_id, Backlog())
        held = self.cards.get(node_id, {})
        contact = self.contacts.get(node_id.hex())
        stock_here = self.stock.get(node_id, {})
        ways, open_ = self.ways.get(node_id, []), self.cases.get(node_id, [])
        figures = Figures(
            contact_days=contact["age_s"] / 86400 if contact else None,
            blanko=stock_here.get(BLANKO),
            blanko_per_day=self._per_day(node_id),
            way_days=self._ages(ways),
            queued=held.get(orders.QUEUED, NONE),
            look=held.get(orders.LOOK, NONE).count,
            held_back=held.get(orders.HELD_BACK, NONE).count,
            to_hand_over=held.get(orders.TO_HAND_OVER, NONE),
            recalled=backlog.recalled,
            to_hand=backlog.to_hand,
            at_centre=backlog.at_centre,
            cases=Heap(len(open_), min((c.opened_ms for c in open_), default=0)),
            miscounts=tuple(sorted(self.miscounts.get(node_id, {}).items())),
            parked=self.parked.get(node_id, 0),
            now_ms=self.now_ms,
        )
        return OfficeSeen(
            node=node,
            figures=figures,
            backlog=backlog,
            cards=held,
            stock=stock_here,
            ways=ways,
            cases=open_,
            contact_ms=contact["at_ms"] if contact else 0,
        )

    def _per_day(self, node_id: bytes) -> float:
        """Blanko used a day: over the days since the first use, at least one, at most 14."""
        use = self.used.get(node_id)
        if use is None:
            return 0.0
        return use.count / max(1.0, (self.now_ms - use.first_ms) / DAY_MS)

    def _ages(self, ways: Sequence[Way]) -> dict[str, float]:
        """Item to the days since the oldest transfer of it was sent."""
        ages: dict[str, float] = {}
        for way in ways:
            days = max(0.0, (self.now_ms - way.sent_ms) / DAY_MS)
            ages[way.item] = max(days, ages.get(way.item, 0.0))
        return ages


def office_of(case: CaseRow) -> bytes:
    """The office a case is about; empty where it is the kabupaten's alone."""
    if case.audience or case.kind != "TRANSFER_DIFFERENCE" or not case.about:
        return case.audience
    transfer = stock.transfer(case.about[0])
    return transfer.to if transfer else b""
