"""How contacts become few lines, when they are told, and what may be believed of them.

- Alike and quiet: one line together, for six hours at most, unless an hour lies between.
- Those that moved something stand alone, up to six an hour; what comes on top is added to
  the last one alike.
- Told an hour after something moved, or every six hours; never because of itself: a
  contact that brought such a fact and little else is quiet.

Example: `place(rows, line)` says where a new line goes; `is_due(rows, now_ms, told_ms)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from perahu.contacts import facts

_Item = TypeVar("_Item")

HOUR_MS = 3_600_000
QUIET_SPAN_MS = 6 * HOUR_MS
GAP_MS = HOUR_MS
ALONE_AN_HOUR = 6
ROWS_MAX = 400
"""Lines kept while nothing can be told; then the oldest go."""
LINES_MAX = 200
"""Lines of one fact: about 8 kB of the 32 that a body may have."""
QUIET_ACKED_BYTES, QUIET_RECEIVED_BYTES = 2_048, 16_384
"""Below, a contact brought greetings, acks and perhaps a line such as these."""
CARRIED_BYTES = 4_096
"""A link that broke after so much was answered: the peer's node said more than HELLO."""
TEXT_CHARS_MAX = 40
LINE_HOURS_MAX = 24
DONE = "done"
_ANSWERED = frozenset({DONE, "slower"})
_MAY_HAVE_CARRIED = frozenset({"broken_link", "broken_stream", "stalled", "stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One contact, or several alike, with its times as they are."""

    from_ms: int
    to_ms: int
    carrier: str
    """Its name for people."""
    sort: str = ""
    """What kind of carrier it is, as node.toml names it."""
    count: int = 1
    is_paced: bool = False
    answered: bool = True
    is_quiet: bool = False
    """Moved nothing worth a line of its own; only known before it is told."""
    sent_bytes: int = 0
    received_bytes: int = 0
    busy_ms: int = 0
    rtt_ms: int = 0
    loss_permille: int = 0
    reason: str = DONE

    @property
    def key(self) -> tuple[object, ...]:
        """What lines that can be one have in common."""
        alike = (self.carrier, self.sort, self.is_paced)
        return (*alike, self.answered, self.is_quiet, self.reason)


def was_answered(reason: str, acked_bytes: int, received_bytes: int) -> bool:
    """Whether the peer's node was at the other end of a link that ended so."""
    if reason in _ANSWERED or acked_bytes > 0:
        return True
    return reason in _MAY_HAVE_CARRIED and received_bytes >= CARRIED_BYTES


def was_quiet(answered: bool, acked_bytes: int, received_bytes: int) -> bool:
    """Whether it may be one line with others like it."""
    is_little = received_bytes < QUIET_RECEIVED_BYTES
    return not answered or (acked_bytes < QUIET_ACKED_BYTES and is_little)


def place(rows: Sequence[Line], new: Line) -> tuple[int | None, Line]:
    """Which row a new line is one with, and what they are then; None for a row of its own."""
    alike = [n for n, row in enumerate(rows) if row.key == new.key]
    if not alike:
        return None, new
    row = rows[alike[-1]]
    is_near = abs(new.from_ms - row.to_ms) <= GAP_MS
    is_full = len(rows) >= ROWS_MAX
    if is_full or (is_near and _is_enough(rows, alike, new)):
        return alike[-1], _together(row, new)
    return None, new


def _is_enough(rows: Sequence[Line], alike: Sequence[int], new: Line) -> bool:
    if new.is_quiet:
        return new.to_ms - rows[alike[-1]].from_ms <= QUIET_SPAN_MS
    hour = new.from_ms // HOUR_MS
    loud = [row for row in rows if not row.is_quiet and row.from_ms // HOUR_MS == hour]
    return len(loud) >= ALONE_AN_HOUR


def _together(one: Line, other: Line) -> Line:
    return replace(
        one,
        from_ms=min(one.from_ms, other.from_ms),
        to_ms=max(one.to_ms, other.to_ms),
        count=one.count + other.count,
        sent_bytes=one.sent_bytes + other.sent_bytes,
        received_bytes=one.received_bytes + other.received_bytes,
        busy_ms=one.busy_ms + other.busy_ms,
        rtt_ms=_mean(one, other, one.rtt_ms, other.rtt_ms),
        loss_permille=_mean(one, other, one.loss_permille, other.loss_permille),
    )


def _mean(one: Line, other: Line, mine: int, its: int) -> int:
    """Weighed by how many; of those that measured a round trip."""
    n = one.count if one.rtt_ms else 0
    m = other.count if other.rtt_ms else 0
    return (mine * n + its * m) // (n + m) if n + m else 0


def is_due(rows: Sequence[Line], now_ms: int, told_ms: int) -> bool:
    """Whether what was gathered is told now."""
    if not rows or len(rows) >= LINES_MAX:
        return bool(rows)
    # A clock that was set back must not silence a node for years.
    if 0 <= now_ms - told_ms < HOUR_MS:
        return False
    loud = [row.to_ms for row in rows if not row.is_quiet]
    if loud and not 0 <= now_ms - min(loud) < HOUR_MS:
        return True
    return not 0 <= now_ms - min(row.from_ms for row in rows) < QUIET_SPAN_MS


def decide_told(peer: bytes, rows: Sequence[Line]) -> facts.ContactsSeen:
    """The fact that states these lines."""
    assert 0 < len(rows) <= LINES_MAX, "a fact tells some lines"
    from_s = min(row.from_ms for row in rows) // 1000
    carriers = list(dict.fromkeys((row.carrier, row.sort) for row in rows))
    named = dict.fromkeys(row.reason for row in rows if row.reason != DONE)
    reasons = [DONE, *named]
    lines = [
        facts.ContactLine(
            began_s=row.from_ms // 1000 - from_s,
            lasted_s=max(0, row.to_ms - row.from_ms) // 1000,
            count=row.count,
            carrier=carriers.index((row.carrier, row.sort)),
            is_paced=row.is_paced,
            answered=row.answered,
            sent_bytes=row.sent_bytes,
            received_bytes=row.received_bytes,
            busy_ms=row.busy_ms,
            rtt_ms=row.rtt_ms,
            loss_permille=row.loss_permille,
            reason=reasons.index(row.reason),
        )
        for row in rows
    ]
    return facts.ContactsSeen(
        peer=peer,
        from_s=from_s,
        lines=tuple(lines),
        carriers=tuple(carriers),
        reasons=tuple(reasons[1:]),
    )


def lines_of(fact: facts.ContactsSeen) -> Iterator[Line]:
    """What a fact tells, within bounds: another node's program wrote it."""
    reasons = [DONE, *fact.reasons]
    for line in fact.lines[: 2 * LINES_MAX]:
        carrier, sort = _at(fact.carriers, line.carrier, ("", ""))
        from_ms = _whole(fact.from_s + line.began_s) * 1000
        yield Line(
            from_ms=from_ms,
            to_ms=from_ms + _whole(line.lasted_s, LINE_HOURS_MAX * 3600) * 1000,
            carrier=carrier[:TEXT_CHARS_MAX],
            sort=sort[:TEXT_CHARS_MAX],
            count=max(1, _whole(line.count, 100_000)),
            is_paced=line.is_paced,
            answered=line.answered,
            sent_bytes=_whole(line.sent_bytes),
            received_bytes=_whole(line.received_bytes),
            busy_ms=_whole(line.busy_ms),
            rtt_ms=_whole(line.rtt_ms, 3_600_000),
            loss_permille=_whole(line.loss_permille, 1000),
            reason=_at(reasons, line.reason, "")[:TEXT_CHARS_MAX],
        )


def _at(found: Sequence[_Item], number: int, otherwise: _Item) -> _Item:
    return found[number] if 0 <= number < len(found) else otherwise


def _whole(value: int, most: int = 2**40) -> int:
    return max(0, min(most, value))


def by_hour(line: Line) -> Iterator[tuple[int, Line]]:
    """A line cut at the hours, counted from 1970; what it sums is spread evenly."""
    first = line.from_ms // HOUR_MS
    last = max(first, (line.to_ms - 1) // HOUR_MS)
    last = min(last, first + LINE_HOURS_MAX)
    span_ms = max(1, line.to_ms - line.from_ms)
    is_long = line.count == 1 and last > first
    before_ms = 0
    for hour in range(first, last + 1):
        end = (hour + 1) * HOUR_MS - line.from_ms
        until_ms = span_ms if hour == last else min(span_ms, end)

        def share(whole: int, since: int = before_ms, until: int = until_ms) -> int:
            return whole * until // span_ms - whole * since // span_ms

        part = replace(
            line,
            from_ms=max(line.from_ms, hour * HOUR_MS),
            # One contact over several hours was there in each of them.
            count=1 if is_long else share(line.count),
            sent_bytes=share(line.sent_bytes),
            received_bytes=share(line.received_bytes),
            busy_ms=share(line.busy_ms),
        )
        if part.count:
            # What lies in an hour without a contact goes with the next one that has one.
            before_ms = until_ms
            yield hour, part
