"""How contacts become few lines, when they are told, and what another node may claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from perahu.contacts import facts, rules
from perahu.contacts.facts import ContactLine, ContactsSeen
from perahu.contacts.reads import hours_of
from perahu.contacts.rules import HOUR_MS, LINES_MAX, ROWS_MAX, Line
from perahu.contacts.rules_words import (
    REASON_WORDS,
    SORT_LETTERS,
    SORT_WORDS,
    reason_words,
    sort_words,
)
from perahu.journal import limits
from perahu.journal.codec import Registry
from perahu.kinds import TELEMETRY
from tests.cast import NOON_MS

PEER = b"hub-of-the-kab-1"
MINUTE_MS = 60_000
IDLE_DAY_BYTES_MAX = 2_000
BUSY_DAY_BYTES_MAX = 30_000
ENTRY_BYTES = 300
"""What an entry costs beside its body: header, salt, a segment with its seal."""
REGISTRY = Registry([facts])


def quiet(at_ms: int, **changes: Any) -> Line:
    """A contact that only said hello."""
    given: dict[str, Any] = {
        "from_ms": at_ms, "to_ms": at_ms + 1_400, "carrier": "Parabola kantor",
        "sort": "satelit", "busy_ms": 1_400, "sent_bytes": 1_900,
        "received_bytes": 1_700, "rtt_ms": 620, "loss_permille": 12, "is_quiet": True,
    }  # fmt: skip
    return Line(**given | changes)


def loud(at_ms: int, **changes: Any) -> Line:
    """One that brought a recording's part."""
    given = {"is_quiet": False, "sent_bytes": 300_000, "busy_ms": 40_000}
    return quiet(at_ms, **given | {"to_ms": at_ms + 40_000} | changes)


def vain(at_ms: int, reason: str = "unreachable") -> Line:
    """A try that reached nobody."""
    return quiet(at_ms, answered=False, rtt_ms=0, received_bytes=0, reason=reason)


def gathered(lines: Iterable[Line]) -> list[Line]:
    """The rows after these contacts."""
    rows: list[Line] = []
    for line in lines:
        number, found = rules.place(rows, line)
        if number is None:
            rows.append(found)
        else:
            rows[number] = found
    return rows


def told(lines: Iterable[Line]) -> list[ContactsSeen]:
    """The facts of a node that looks after each contact."""
    rows: list[Line] = []
    found, told_ms = [], 0
    for line in lines:
        rows = gathered([*rows, line])
        if rules.is_due(rows, line.to_ms, told_ms):
            found.append(rules.decide_told(PEER, rows[:LINES_MAX]))
            rows, told_ms = rows[LINES_MAX:], line.to_ms
    return found


def cost(found: Iterable[ContactsSeen]) -> int:
    """Bytes of these facts on the road, before compression."""
    return sum(len(REGISTRY.encode(fact)[0]) + ENTRY_BYTES for fact in found)


def test_it_works() -> None:
    """What is told comes out as it was, to the second."""
    lines = [loud(NOON_MS), vain(NOON_MS + 90_000, "captive_portal")]
    fact = rules.decide_told(PEER, lines)
    assert fact.KIND.lane == TELEMETRY and fact.reasons == ("captive_portal",)
    body, subjects = REGISTRY.encode(fact)
    again = REGISTRY.decode(110, 1, body, subjects)
    assert isinstance(again, ContactsSeen)
    assert list(rules.lines_of(again)) == [replace(one, is_quiet=False) for one in [
        lines[0], replace(lines[1], to_ms=lines[1].from_ms + 1_000),
    ]]  # fmt: skip


def test_it_tells_an_idle_day_in_two_kilobytes() -> None:
    """A contact a minute that moves nothing: a handful of lines."""
    found = told(quiet(NOON_MS + n * MINUTE_MS) for n in range(1440))
    assert cost(found) <= IDLE_DAY_BYTES_MAX and len(found) <= 4
    lines = [line for fact in found for line in rules.lines_of(fact)]
    assert sum(line.count for line in lines) >= 1_080


def test_it_tells_a_flapping_day_in_a_small_share_of_what_it_moved() -> None:
    """Up and down each minute, data each time: details of some, sums of all."""
    lines = []
    for n in range(720):
        at = NOON_MS + n * 2 * MINUTE_MS
        reason = ("done", "broken_link", "broken_link")[n % 3]
        lines += [loud(at, reason=reason, is_paced=n % 2 == 0), vain(at + MINUTE_MS)]
    found = told(lines)
    assert cost(found) <= BUSY_DAY_BYTES_MAX
    moved = sum(one.sent_bytes for fact in found for one in rules.lines_of(fact))
    assert cost(found) * 1000 < moved
    assert (
        max(len(REGISTRY.encode(one)[0]) for one in found) < limits.BODY_BYTES_MAX // 8
    )


def test_it_lets_nothing_that_it_told_be_a_reason_to_tell() -> None:
    """A contact that brought such a fact is quiet: the next is told in six hours."""
    body = 300
    assert rules.was_quiet(True, acked_bytes=body + ENTRY_BYTES, received_bytes=4_000)
    found = told(quiet(NOON_MS + n * MINUTE_MS, sent_bytes=2_600) for n in range(1440))
    assert len(found) <= 4


def test_it_breaks_a_line_where_nobody_tried() -> None:
    """An hour without a try between two quiet contacts stays to be seen."""
    first, second = quiet(NOON_MS), quiet(NOON_MS + 3 * HOUR_MS)
    assert len(gathered([first, second])) == 2
    assert len(gathered([first, quiet(NOON_MS + 50 * MINUTE_MS)])) == 1
    assert len(gathered([second, first])) == 2, "a clock that went back"


def test_it_keeps_what_differs_apart() -> None:
    """Carriers, kinds and reasons are never added up."""
    lines = [
        quiet(NOON_MS), quiet(NOON_MS, carrier="SIM"), quiet(NOON_MS, is_paced=True),
        vain(NOON_MS), vain(NOON_MS, "captive_portal"), quiet(NOON_MS),
    ]  # fmt: skip
    rows = gathered(lines)
    assert len(rows) == 5 and rows[0].count == 2


def test_it_keeps_a_bounded_list_and_loses_no_sum() -> None:
    """While nothing can be told the list stops growing; what comes is added."""
    lines = [loud(NOON_MS + n * HOUR_MS // 6) for n in range(3_000)]
    rows = gathered(lines)
    assert len(rows) <= ROWS_MAX
    assert sum(row.count for row in rows) == 3_000


@pytest.mark.parametrize(
    ("reason", "acked", "received", "answered"),
    [
        ("done", 0, 900, True), ("slower", 0, 0, True), ("broken_link", 0, 900, False),
        ("broken_link", 0, 9_000, True), ("broken_link", 1, 0, True),
        ("captive_portal", 0, 9_000, False), ("turned_away", 0, 200, False),
    ],
)  # fmt: skip
def test_it_says_whether_the_peer_was_there(
    reason: str, acked: int, received: int, answered: bool
) -> None:
    """A sign-in page sends much and is nobody; a broken link that carried was the peer."""
    assert rules.was_answered(reason, acked, received) is answered


def test_it_tells_when_it_is_time() -> None:
    """An hour after something moved, six hours after quiet ones, never twice an hour."""
    assert not rules.is_due([], NOON_MS, 0)
    ended = loud(NOON_MS).to_ms
    assert not rules.is_due([loud(NOON_MS)], ended + HOUR_MS - 1, 0)
    assert rules.is_due([loud(NOON_MS)], ended + HOUR_MS, 0)
    assert not rules.is_due([loud(NOON_MS)], ended + HOUR_MS, ended + MINUTE_MS)
    assert not rules.is_due([quiet(NOON_MS)], NOON_MS + 6 * HOUR_MS - 1, 0)
    assert rules.is_due([quiet(NOON_MS)], NOON_MS + 6 * HOUR_MS, 0)
    assert rules.is_due([quiet(NOON_MS)] * LINES_MAX, NOON_MS, NOON_MS)
    assert rules.is_due([quiet(NOON_MS)], NOON_MS - HOUR_MS, NOON_MS + 9 * HOUR_MS)


def test_it_cuts_a_line_at_the_hours() -> None:
    """What a long line sums is spread over its hours, and nothing gets lost."""
    half = NOON_MS - NOON_MS % HOUR_MS + HOUR_MS // 2
    line = quiet(half, to_ms=half + 3 * HOUR_MS, count=180, sent_bytes=18_001)
    hours = hours_of([line])
    assert [one.contacts for one in hours.values()] == [30, 60, 60, 30]
    assert sum(one.sent_bytes for one in hours.values()) == 18_001
    single = hours_of([replace(line, count=1)])
    assert [one.contacts for one in single.values()] == [1, 1, 1, 1]
    few = hours_of([replace(line, count=2)])
    assert [one.contacts for one in few.values()] == [1, 1], "two hours without any"
    assert sum(one.sent_bytes for one in few.values()) == 18_001
    assert sum(one.busy_ms for one in few.values()) == line.busy_ms


def test_it_believes_only_what_can_be() -> None:
    """Another node's numbers are brought within bounds, and its lines are counted."""
    mad = ContactLine(
        began_s=-(2**70), lasted_s=2**60, count=-5, carrier=99, reason=-3,
        sent_bytes=2**80, rtt_ms=-1, loss_permille=5_000,
    )  # fmt: skip
    fact = ContactsSeen(peer=b"", from_s=2**70, lines=(mad,) * 5_000)
    lines = list(rules.lines_of(fact))
    assert len(lines) == 2 * LINES_MAX
    one = lines[0]
    assert one.count == 1 and one.carrier == "" and one.reason == ""
    assert one.rtt_ms == 0 and one.loss_permille == 1000
    assert len(hours_of(lines)) <= rules.LINE_HOURS_MAX + 1


def test_it_has_words_for_every_sort_and_for_strange_ones() -> None:
    """What node.toml may name has its own words; anything else is another carrier."""
    found = [sort_words(sort) for sort in SORT_WORDS]
    assert len(set(found)) == len(SORT_WORDS) == len(SORT_LETTERS)
    strange = sort_words("merpati")
    assert strange not in found and strange.id and strange.en


def test_it_has_words_for_every_end_and_for_strange_ones() -> None:
    """Why a link was left, in a few words; a code that a newer program wrote is shown."""
    for reason, words in REASON_WORDS.items():
        assert reason_words(reason) == words and words.id and words.en
    strange = reason_words("sunspots")
    assert strange not in REASON_WORDS.values() and strange.id and strange.en
