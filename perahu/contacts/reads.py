"""Links of all offices: their hours by carrier, and their last contacts.

The tables hold the hours of about 92 days and the last lines of each node; the book has
all of them.

Example: `hours(node, since)` are the hours of a node since one, oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perahu.contacts import facts, rules
from perahu.contacts.models import HourOfLink, LinkContact
from perahu.contacts.rules import HOUR_MS, Line
from perahu.journal.types import Event

HOURS_KEPT = 92 * 24 * 2
"""Rows of a node: 92 days with two carriers in every hour."""
LINES_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHour:
    """What one carrier did in one hour, or over longer where hours are added."""

    hour: int
    carrier: str
    sort: str = ""
    contacts: int = 0
    failures: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    busy_ms: int = 0
    measured: int = 0
    rtt_sum_ms: int = 0
    loss_sum: int = 0

    @property
    def tries(self) -> int:
        """Contacts and failures."""
        return self.contacts + self.failures

    @property
    def share(self) -> int:
        """Of the tries, those that got on, in percent."""
        return self.contacts * 100 // self.tries if self.tries else 0

    @property
    def moved_bytes(self) -> int:
        """Both directions."""
        return self.sent_bytes + self.received_bytes

    @property
    def rtt_ms(self) -> int:
        """The mean; 0 unknown."""
        return self.rtt_sum_ms // self.measured if self.measured else 0

    @property
    def loss_percent(self) -> int | None:
        """The mean; None unknown."""
        if not self.measured:
            return None
        return (self.loss_sum // self.measured + 5) // 10

    @property
    def rate_bytes_s(self) -> int:
        """While it was connected; 0 unknown."""
        return self.moved_bytes * 1000 // self.busy_ms if self.busy_ms else 0

    def plus(self, other: LinkHour) -> LinkHour:
        """Both together, under this one's hour and carrier."""
        return replace(
            self,
            **{name: getattr(self, name) + getattr(other, name) for name in _SUMS},
        )


_SUMS = (
    "contacts", "failures", "sent_bytes", "received_bytes", "busy_ms", "measured",
    "rtt_sum_ms", "loss_sum",
)  # fmt: skip


def hours_of(lines: Iterable[Line]) -> dict[tuple[int, str], LinkHour]:
    """Lines as hours, by hour and carrier."""
    found: dict[tuple[int, str], LinkHour] = {}
    for line in lines:
        for hour, part in rules.by_hour(line):
            measured = part.count if part.rtt_ms else 0
            one = LinkHour(
                hour=hour,
                carrier=part.carrier,
                sort=part.sort,
                contacts=part.count if part.answered else 0,
                failures=0 if part.answered else part.count,
                sent_bytes=part.sent_bytes,
                received_bytes=part.received_bytes,
                busy_ms=part.busy_ms,
                measured=measured,
                rtt_sum_ms=part.rtt_ms * measured,
                loss_sum=part.loss_permille * measured,
            )
            key = (hour, part.carrier)
            found[key] = found[key].plus(one) if key in found else one
    return found


def apply(events: Sequence[Event]) -> None:
    """Note what links did; other facts are passed over."""
    for event in events:
        if isinstance(event.fact, facts.ContactsSeen):
            _told(event.fact, event)


def _told(fact: facts.ContactsSeen, event: Event) -> None:
    node, order = event.node.hex(), _order_key(event)
    lines = list(rules.lines_of(fact))
    _add_hours(node, order, hours_of(lines).values())
    LinkContact.objects.bulk_create(
        LinkContact(
            node=node, told_order=order, number=number, from_ms=line.from_ms,
            to_ms=line.to_ms, carrier=line.carrier, sort=line.sort, count=line.count,
            is_paced=line.is_paced, answered=line.answered, sent_bytes=line.sent_bytes,
            received_bytes=line.received_bytes, busy_ms=line.busy_ms,
            rtt_ms=line.rtt_ms, loss_permille=line.loss_permille, reason=line.reason,
        )
        for number, line in enumerate(lines)
    )  # fmt: skip
    old = LinkContact.objects.filter(node=node).order_by("-told_order", "-number")
    _forget(LinkContact, list(old.values_list("pk", flat=True)[LINES_KEPT:]))


def _add_hours(node: str, order: str, hours: Iterable[LinkHour]) -> None:
    of_node = HourOfLink.objects.filter(node=node)
    for one in hours:
        row = of_node.filter(hour=one.hour, carrier=one.carrier).first()
        if row is None:
            row = HourOfLink(node=node, hour=one.hour, carrier=one.carrier)
        for name in _SUMS:
            setattr(row, name, getattr(row, name) + getattr(one, name))
        row.sort, row.told_order = one.sort, order
        row.save()
    old = of_node.order_by("-told_order", "-hour", "-carrier")
    _forget(HourOfLink, list(old.values_list("pk", flat=True)[HOURS_KEPT:]))


def _forget(model: type[HourOfLink] | type[LinkContact], keys: list[int]) -> None:
    if keys:
        model.objects.filter(pk__in=keys).delete()


def _order_key(event: Event) -> str:
    return f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"


# --- questions ---------------------------------------------------------------------------


def hours(node: bytes, since: int) -> list[LinkHour]:
    """What a node told of its hours since one of them, oldest first."""
    rows = HourOfLink.objects.filter(node=node.hex(), hour__gte=since)
    return [_hour(row) for row in rows.order_by("hour", "carrier")]


def hours_of_all(since: int) -> dict[bytes, list[LinkHour]]:
    """The same of every node, by node."""
    found: dict[bytes, list[LinkHour]] = {}
    rows = HourOfLink.objects.filter(hour__gte=since).order_by("hour", "carrier")
    for row in rows:
        found.setdefault(bytes.fromhex(row.node), []).append(_hour(row))
    return found


def last_lines(node: bytes, limit: int = 20) -> list[Line]:
    """The last contacts a node told of, the newest first."""
    rows = LinkContact.objects.filter(node=node.hex()).order_by("-to_ms", "-number")
    return [_line(row) for row in rows[:limit]]


def _hour(row: HourOfLink) -> LinkHour:
    sums = {name: getattr(row, name) for name in _SUMS}
    return LinkHour(hour=row.hour, carrier=row.carrier, sort=row.sort, **sums)


def _line(row: LinkContact) -> Line:
    return Line(
        from_ms=row.from_ms, to_ms=row.to_ms, carrier=row.carrier, sort=row.sort,
        count=row.count, is_paced=row.is_paced, answered=row.answered,
        sent_bytes=row.sent_bytes, received_bytes=row.received_bytes,
        busy_ms=row.busy_ms, rtt_ms=row.rtt_ms, loss_permille=row.loss_permille,
        reason=row.reason,
    )  # fmt: skip


def told_until_hour(found: Sequence[LinkHour]) -> int:
    """The last hour of which these tell; -1 for none."""
    return max((one.hour for one in found), default=-1)


__all__ = [
    "HOUR_MS", "LinkHour", "apply", "hours", "hours_of", "hours_of_all", "last_lines",
    "told_until_hour",
]  # fmt: skip
