"""The carriers of a node at work: `Roads` of an exchange over all ways to the parent.

    first    the best that may be used now (carriers_choice.py)
    after    a way that died: once more where it had carried, else the next
    beside   a way that stands still: another carrier, or a second link over the same
    faster   road B over the same carrier, where its memory is not against it

A carrier that fails rests, ever longer, as long as there is another; then it is tried
again, so that the preferred one is found when it is back. What each carried and cost is
kept in `local` while it goes on: a power cut loses half a minute of the count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from perahu.node.carriers.choice import (
    ALL_CLASSES,
    FAILURES,
    NO_CLASSES,
    RECORD_CLASSES,
    Condition,
    Moment,
    Standing,
    Verdict,
    verdicts,
)
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.memory import CarrierShelf
from perahu.node.office import Office
from perahu.sync.links import PACED, TLS, Leg, Link, RoadKey
from perahu.words import Refusal, Words

REST_FIRST_S, REST_MAX_S = 30.0, 1800.0
YEAR_MIN = 2025
"""A clock that shows an earlier year is wrong."""
CAPTIVE_REST_S = 300.0
"""A portal stays until a person signs in there."""
COUNT_S = 30.0
"""How often what went over the links is written down while it goes on."""
JUDGED_S = 1.0
"""So old the judgement may be that holds packets back while they flow."""
RETURN_S, RETURN_LOOK_S = 600.0, 10.0
"""So long a lesser carrier is kept before the preferred one is tried again, and how often
that is looked at."""
RECORDS_BUDGET_BYTES = 256 * 1024
"""What we are ready to take in where only records may go: decisions, never pictures."""
_CARRIED_BYTES = 4096
"""A link that brought more than HELLO did carry."""
_CAPTIVE_CODES = frozenset({"captive_portal", "wrong_certificate", "no_http"})
"""Somebody else answers there: to dial again at once changes nothing."""
_WOULD_WORK_AGAIN = frozenset({"broken_link", "broken_stream", "fenced"})


class LinkMaker(Protocol):
    """Makes links over one carrier; the real one is carriers_links.py."""

    def tls(self, entry: CarrierEntry) -> Link:
        """A new link of road A, not dialled yet."""

    def paced(self, entry: CarrierEntry, key: RoadKey) -> Link:
        """A new link of road B, not dialled yet."""

    def wait(self, links: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """Until a link can be read, or written where asked, or the time is over."""

    def pause(self, seconds: float) -> None:
        """Do nothing for so long."""


@dataclass(slots=True)
class _Rest:
    """How one carrier has failed in this process."""

    failures: int = 0
    breaks: int = 0
    """Links in a row that died without having carried anything."""
    until_s: float = 0.0
    is_captive: bool = False
    trouble: Words | None = None


@dataclass(slots=True, eq=False)
class _Live:
    """A link given out and not over yet."""

    link: Link
    entry: CarrierEntry
    since_s: float
    seen: tuple[int, int] = (0, 0)
    """Its counts, as the thread of the exchange last saw them."""
    counted: tuple[int, int] = (0, 0)
    """What of it is written down."""

    def look(self) -> None:
        """Take its counts; a link that is closed may know them no more."""
        sent, received = self.link.wire_bytes()
        self.seen = max(self.seen[0], sent), max(self.seen[1], received)


@dataclass(slots=True)
class Carriers:
    """All ways to the parent, best first; one per caller."""

    office: Office
    maker: LinkMaker
    _rests: dict[str, _Rest] = field(default_factory=dict)
    _live: list[_Live] = field(default_factory=list)
    _counted_s: float = 0.0
    _seen_s: float = 0.0
    _looked_s: float = float("-inf")
    _judged_s: float = float("-inf")
    _classes: int = NO_CLASSES

    @property
    def shelf(self) -> CarrierShelf:
        """What is remembered of them."""
        return CarrierShelf(self.office.journal.local)

    # -- the choice -------------------------------------------------------------------

    def standing(self) -> list[Verdict]:
        """Every carrier with what may go over it now, best first."""
        return self._judged(with_rests=True)

    def usable(self) -> list[Verdict]:
        """Those over which something may go now; where all rest, the soonest to wake."""
        found = [one for one in self._judged(with_rests=True) if one.classes]
        if found:
            return found
        awake = [one for one in self._judged(with_rests=False) if one.classes]
        return sorted(awake, key=lambda one: self._rest(one.entry.name).until_s)

    def classes_now(self) -> int:
        """How many classes may go over the best way of this moment; 0 where none may."""
        return max((one.classes for one in self.usable()), default=NO_CLASSES)

    def classes_max(self) -> int:
        """How many may go over the links in use; cheap, asked before each frame."""
        now_s = self.office.clock.monotonic_s()
        if now_s - self._judged_s >= JUDGED_S:
            self._judged_s, self._classes = now_s, self._classes_in_use()
        return self._classes

    def _classes_in_use(self) -> int:
        open_now = {one.entry.name for one in self._live}
        if not open_now:
            return self.classes_now()
        found = self._judged(with_rests=False)
        return min(one.classes for one in found if one.entry.name in open_now)

    def budget_bytes(self) -> int:
        """What we are ready to take in over the best way; 0 is no limit."""
        found = self.usable()
        if not found or found[0].classes == ALL_CLASSES:
            return 0
        return RECORDS_BUDGET_BYTES

    def why_none(self) -> Refusal | None:
        """Why nothing may go over any way now, or None."""
        found = self._judged(with_rests=False)
        if any(one.classes for one in found):
            return None
        return _no_way(found)

    def carrying(self) -> str:
        """The name of the carrier in use, "" while nothing is exchanged."""
        live = list(self._live)
        return live[-1].entry.name if live else ""

    def wants_return(self) -> bool:
        """A better carrier has rested enough, and a lesser one carried for a while."""
        now_s = self.office.clock.monotonic_s()
        if not self._live or now_s - self._live[-1].since_s < RETURN_S:
            return False
        if now_s - self._looked_s < RETURN_LOOK_S:
            return False
        self._looked_s = now_s
        best, current = self.standing()[0], self._live[-1].entry
        is_better = best.entry.preference < current.preference
        return best.standing is Standing.READY and is_better

    def wake(self) -> None:
        """A person, or the system, says that a way may be there now: none rests."""
        self._rests.clear()

    def _judged(self, *, with_rests: bool) -> list[Verdict]:
        office, now = self.office, self.office.now()
        entries = office.settings.ways
        zone = ZoneInfo(office.authority.policy.timezone)
        local = datetime.fromtimestamp(now.wall_ms / 1000, UTC).astimezone(zone)
        moment = Moment(
            minute=local.hour * 60 + local.minute,
            wants_all=self._has_more_than_records(),
            policies=office.authority.carrier_policies_of(office.certificate),
            is_clock_wrong=local.year < YEAR_MIN,
        )
        conditions = {
            entry.name: self._condition(entry, with_rest=with_rests)
            for entry in entries
        }
        return verdicts(entries, conditions, moment)

    def _condition(self, entry: CarrierEntry, *, with_rest: bool) -> Condition:
        rest, shelf = self._rest(entry.name), self.shelf
        found = Condition(rate_bytes_s=shelf.memory(entry.name).rate)
        if entry.monthly_mb:
            spent = shelf.spent(entry.name, self.office.now().today).bytes
            found = replace(found, spent_bytes=spent + self._uncounted(entry.name))
        if not with_rest:
            return found
        rest_s = rest.until_s - self.office.clock.monotonic_s()
        return replace(
            found,
            rest_s=max(0.0, rest_s),
            is_captive=rest.is_captive,
            trouble=rest.trouble,
        )

    def _has_more_than_records(self) -> bool:
        waiting = self.office.journal.waiting()
        return any(
            count for name, count, _ in waiting.by_class if name not in _RECORD_NAMES
        )

    def _rest(self, name: str) -> _Rest:
        return self._rests.setdefault(name, _Rest())

    # -- Roads ------------------------------------------------------------------------

    def first(self) -> Link:
        """The link to begin with. Raises Refusal where no way may be used now."""
        found = self.usable()
        if not found:
            raise _no_way(self._judged(with_rests=True))
        return self._give(found[0].entry)

    def after(self, failed: Link, refusal: Refusal) -> Link:
        """The link to try after one that died. Raises Refusal."""
        entry = self._entry(failed)
        if entry is None:
            raise refusal
        if not self._failed(entry, refusal):
            return self._give(entry)
        others = [one.entry for one in self.usable() if one.entry.name != entry.name]
        if others:
            return self._give(others[0])
        if refusal.code in _CAPTIVE_CODES or self.why_none() is not None:
            raise refusal
        return self._give(entry)

    def beside(self, stalled: Link) -> Link | None:
        """One to dial beside a link that stands still: another carrier where there is."""
        entry = self._entry(stalled)
        found = [one.entry for one in self.usable()]
        others = [one for one in found if entry is None or one.name != entry.name]
        if others:
            return self._give(others[0])
        return self._give(entry) if entry in found and entry is not None else None

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """Road B over the same carrier, where it is worth a try."""
        entry = self._entry(current)
        if entry is None or not entry.udp or not key.port or current.kind != TLS:
            return None
        if not self.shelf.memory(entry.name).may_pace(self.office.now().wall_ms):
            return None
        link = self.maker.paced(entry, key)
        self._add(link, entry)
        return link

    def prefers_paced(self, current: Link) -> bool:
        """Whether road B did better over this carrier before: then it is tried at once."""
        memory = self.shelf.memory(current.carrier)
        return memory.prefers_paced(self.office.now().wall_ms)

    def note(self, leg: Leg) -> None:
        """A link's part is over: counted, and remembered for the next choice."""
        now = self.office.now()
        counted = self._take_out(leg)
        shelf = self.shelf
        sent, received = leg.sent_bytes - counted[0], leg.received_bytes - counted[1]
        shelf.spend(leg.carrier, now.today, sent, received)
        memory = shelf.memory(leg.carrier).after(leg, now.wall_ms)
        has_carried = leg.acked_bytes > 0 or leg.received_bytes >= _CARRIED_BYTES
        if leg.reason == "done" or (has_carried and leg.reason in _NO_FAULT):
            self._rests.pop(leg.carrier, None)
            memory = replace(memory, reason="")
        elif leg.kind != PACED and leg.reason not in _NO_FAULT:
            memory = replace(memory, failed_ms=now.wall_ms, reason=leg.reason)
            if any(one.entry.name != leg.carrier for one in self._live):
                self._lost_against_another(leg.carrier, is_able=has_carried)
        shelf.keep(leg.carrier, memory)
        shelf.forget_others([entry.name for entry in self.office.settings.ways])

    def wait(self, links: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """Until a link can be read, or written where asked, or the time is over."""
        self._count()
        self.maker.wait(links, seconds)

    def pause(self, seconds: float) -> None:
        """Do nothing for so long."""
        self.maker.pause(seconds)

    def end(self) -> None:
        """The exchange is over, however it ended: nothing is in use any more."""
        self._write_down(self._live)
        self._live.clear()

    # -- what is in use ---------------------------------------------------------------

    def _give(self, entry: CarrierEntry) -> Link:
        link = self.maker.tls(entry)
        self._add(link, entry)
        return link

    def _add(self, link: Link, entry: CarrierEntry) -> None:
        self._judged_s = float("-inf")
        self._live.append(_Live(link, entry, self.office.clock.monotonic_s()))

    def _entry(self, link: Link) -> CarrierEntry | None:
        for entry in self.office.settings.ways:
            if entry.name == link.carrier:
                return entry
        return None

    def _failed(self, entry: CarrierEntry, refusal: Refusal) -> bool:
        """Note a failure; false where the same carrier deserves another try at once."""
        rest = self._rest(entry.name)
        rest.trouble = FAILURES.get(refusal.code, refusal.words)
        rest.is_captive = refusal.code in _CAPTIVE_CODES
        if refusal.code in _WOULD_WORK_AGAIN:
            rest.breaks += 1
            if rest.breaks == 1:
                return False
        rest.failures += 1
        rest_s = _rest_s(rest.failures - 1)
        if rest.is_captive:
            rest_s = max(rest_s, CAPTIVE_REST_S)
        rest.until_s = self.office.clock.monotonic_s() + rest_s
        return True

    def _lost_against_another(self, name: str, *, is_able: bool) -> None:
        """It stood still until another carrier went on: that one stays in use a while."""
        rest = self._rest(name)
        rest.failures = 1 if is_able else rest.failures + 1
        rest.trouble, rest.is_captive = _STOOD_STILL, False
        rest.until_s = self.office.clock.monotonic_s() + _rest_s(rest.failures)

    def _take_out(self, leg: Leg) -> tuple[int, int]:
        """Forget the link of this part; gives what was counted of it already."""
        same = [
            one
            for one in self._live
            if one.entry.name == leg.carrier and one.link.kind == leg.kind
        ]
        if not same:
            return 0, 0
        found = min(same, key=lambda one: abs(one.since_s - leg.began_s))
        self._live.remove(found)
        self._judged_s = float("-inf")
        return found.counted

    def _count(self) -> None:
        now_s = self.office.clock.monotonic_s()
        if now_s - self._seen_s < JUDGED_S:
            return
        self._seen_s = now_s
        for one in self._live:
            one.look()
        if now_s - self._counted_s >= COUNT_S:
            self._counted_s = now_s
            self._write_down(self._live)

    def _write_down(self, live: Sequence[_Live]) -> None:
        today = self.office.now().today
        for one in live:
            one.look()
            before, one.counted = one.counted, one.seen
            sent, received = one.seen[0] - before[0], one.seen[1] - before[1]
            self.shelf.spend(one.entry.name, today, sent, received)

    def _uncounted(self, name: str) -> int:
        return sum(
            sum(one.seen) - sum(one.counted)
            for one in list(self._live)
            if one.entry.name == name
        )


def _rest_s(doublings: int) -> float:
    """How long a carrier rests; who is out of reach for months fails thousands of times."""
    return min(REST_FIRST_S * 2.0 ** min(doublings, 16), REST_MAX_S)


_RECORD_NAMES = ("control", "civil")
_NO_FAULT = frozenset({"spare", "slower", "stopped"})
"""Ends of a link that say nothing against its carrier."""


_STOOD_STILL = Words(
    "Tadi macet, jalur lain melanjutkan.", "It stood still, another carrier went on."
)


def is_limited(classes: int) -> bool:
    """Whether records alone may go."""
    return NO_CLASSES < classes <= RECORD_CLASSES


def _no_way(found: Sequence[Verdict]) -> Refusal:
    """Why there is none, carrier by carrier."""
    if not found:
        return Refusal(
            "no_carrier",
            id="Tidak ada jalur ke simpul atasan di node.toml; semua tetap tersimpan di "
            "sini dan bisa dititipkan lewat kurir.",
            en="node.toml names no way to the parent; everything stays stored here and can "
            "go by courier.",
        )
    reasons = [(one.entry.shown, one.why) for one in found[:4] if one.why is not None]
    said_id = " ".join(f"{name}: {why.id}" for name, why in reasons)
    said_en = " ".join(f"{name}: {why.en}" for name, why in reasons)
    return Refusal(
        "no_carrier",
        id=f"Tidak ada jalur yang boleh dipakai sekarang; semua tetap tersimpan di sini. "
        f"{said_id}",
        en=f"No carrier may be used now; everything stays stored here. {said_en}",
    )
