"""Which office is in trouble, and why: pure rules over a few figures.

- Each rule says at most one sentence, with its number in it, so that a head of office can
  answer for it on the telephone.
- Three levels: CALM, WATCH (look at it), TROUBLE (help today). The worst comes first.
- The limits stand in one place and are what offices reported (domain.md 1.5, 5, 10).

Example: `alarms(Figures(blanko=3, blanko_per_day=1.0))` says "blanko habis dalam 3 hari".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from perahu.enrolment.reads_hub import NONE, Heap
from perahu.web.status_words import Turn, status_words
from perahu.words import Words

DAY_MS = 24 * 3600 * 1000

CONTACT_WATCH_DAYS, CONTACT_TROUBLE_DAYS = 1, 3
BLANKO_WATCH_DAYS, BLANKO_TROUBLE_DAYS = 7, 3
CASE_WATCH_DAYS, CASE_TROUBLE_DAYS = 1, 5
DEED_WATCH_DAYS, DEED_TROUBLE_DAYS = 3, 14
"""For what waits for the region: a call-back, a duplicate, a validation."""
CENTRE_WATCH_DAYS = 20
"""Only the centre can act, and it takes up to 20 days as a rule."""
HAND_WATCH_DAYS = 2
QUEUE_WATCH_DAYS, QUEUE_TROUBLE_DAYS = 7, 30
PICK_UP_WATCH_DAYS = 30
WAY_WATCH_DAYS, WAY_TROUBLE_DAYS = 7, 14


class Level(IntEnum):
    """How bad it is."""

    CALM = 0
    WATCH = 1
    TROUBLE = 2

    @property
    def words(self) -> Words:
        """The word beside the mark."""
        return _LEVELS[self.value]

    @property
    def mark(self) -> str:
        """A sign that needs no colour."""
        return "✓!✕"[self.value]

    @property
    def name_of_class(self) -> str:
        """What the style sheet calls it."""
        return ("calm", "watch", "trouble")[self.value]


_LEVELS = (
    Words("lancar", "running"),
    Words("perlu dilihat", "look at it"),
    Words("perlu ditolong", "needs help"),
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One reason, in words."""

    level: Level
    words: Words


@dataclass(slots=True, kw_only=True)
class Figures:
    """What is known of one office; ages in days and never negative."""

    contact_days: float | None = None
    """Since the last contact; None for never."""
    is_revoked: bool = False
    blanko: int | None = None
    """On hand by the ledger; None where no blanko was ever posted."""
    blanko_per_day: float = 0.0
    way_days: Mapping[str, float] = field(default_factory=dict)
    """Of what is on its way: item to the age of the oldest."""
    queued: Heap = NONE
    look: int = 0
    held_back: int = 0
    to_hand_over: Heap = NONE
    recalled: Heap = NONE
    to_hand: Heap = NONE
    at_centre: Mapping[str, Heap] = field(default_factory=dict)
    cases: Heap = NONE
    miscounts: Sequence[tuple[str, int]] = ()
    """(item, too many or too few) of recent counts by hand."""
    parked: int = 0
    now_ms: int = 0

    def days(self, heap: Heap) -> int:
        """The age of the oldest, in whole days."""
        return max(0, self.now_ms - heap.oldest_ms) // DAY_MS if heap.count else 0


def alarms(figures: Figures) -> list[Alarm]:
    """Every reason that holds, the worst first, in the order of the rules."""
    found = [alarm for rule in _RULES for alarm in rule(figures)]
    return sorted(found, key=lambda alarm: -alarm.level)


def level_of(found: Sequence[Alarm]) -> Level:
    """The worst of them."""
    return max((alarm.level for alarm in found), default=Level.CALM)


def urgency(found: Sequence[Alarm]) -> tuple[int, int, int]:
    """What to sort by, the worst first: level, reasons of that level, all reasons."""
    worst = level_of(found)
    equal = sum(1 for alarm in found if alarm.level == worst)
    return -worst, -equal, -len(found)


# --- the rules -----------------------------------------------------------------------------


def _revoked(f: Figures) -> Iterator[Alarm]:
    if f.is_revoked:
        yield Alarm(
            Level.WATCH,
            Words("simpul ini sudah dicabut", "this node was revoked"),
        )


def _contact(f: Figures) -> Iterator[Alarm]:
    if f.is_revoked:
        return
    if f.contact_days is None:
        yield Alarm(
            Level.WATCH,
            Words(
                "belum pernah ada kontak sejak didaftarkan",
                "no contact since it was enrolled",
            ),
        )
        return
    level = _by(f.contact_days, CONTACT_WATCH_DAYS, CONTACT_TROUBLE_DAYS)
    if level:
        days = int(f.contact_days)
        yield Alarm(
            level,
            Words(f"tidak ada kontak {days} hari", f"no contact for {_days(days)}"),
        )


def _blanko(f: Figures) -> Iterator[Alarm]:
    if f.blanko is None or f.is_revoked:
        if f.queued.count and not f.is_revoked:
            yield Alarm(
                Level.WATCH,
                Words(
                    f"{f.queued.count} kartu antre, belum pernah ada blanko di buku",
                    f"{f.queued.count} cards queued, no blanko in the ledger yet",
                ),
            )
        return
    if f.blanko < 0:
        yield Alarm(
            Level.TROUBLE,
            Words(
                f"buku stok minus {-f.blanko} blanko; minta dihitung",
                f"the ledger is {-f.blanko} blanko below zero; have them counted",
            ),
        )
    elif f.blanko == 0 and (f.queued.count or f.blanko_per_day):
        yield Alarm(
            Level.TROUBLE if f.queued.count else Level.WATCH,
            Words(
                f"blanko habis, {f.queued.count} kartu antre",
                f"no blanko left, {f.queued.count} cards queued",
            ),
        )
    else:
        yield from _how_long(f, f.blanko)


def _how_long(f: Figures, blanko: int) -> Iterator[Alarm]:
    """What is left, against what is used a day and what is queued."""
    if f.blanko_per_day > 0:
        days = int(blanko / f.blanko_per_day)
        level = _by(-days, -BLANKO_WATCH_DAYS, -BLANKO_TROUBLE_DAYS)
        if level:
            when = f"dalam {days} hari" if days else "hari ini"
            yield Alarm(
                level,
                Words(
                    f"blanko habis {when} (sisa {blanko})",
                    f"blanko last {_days(days)} ({blanko} left)",
                ),
            )
            return
    if f.queued.count > blanko:
        yield Alarm(
            Level.WATCH,
            Words(
                f"blanko {blanko}, kartu antre {f.queued.count}",
                f"{blanko} blanko, {f.queued.count} cards queued",
            ),
        )


def _miscounts(f: Figures) -> Iterator[Alarm]:
    for item, count in f.miscounts:
        if count:
            more = count > 0
            yield Alarm(
                Level.WATCH if more else Level.TROUBLE,
                Words(
                    f"hitung stok {'lebih' if more else 'kurang'} {abs(count)} {item}",
                    f"the count found {abs(count)} {item} too "
                    f"{'many' if more else 'few'}",
                ),
            )


def _ways(f: Figures) -> Iterator[Alarm]:
    for item, days in f.way_days.items():
        level = _by(days, WAY_WATCH_DAYS, WAY_TROUBLE_DAYS)
        if level:
            yield Alarm(
                level,
                Words(
                    f"kiriman {item} {int(days)} hari belum dihitung di tujuan",
                    f"{item} on the way for {_days(int(days))}, not counted yet",
                ),
            )


def _cards(f: Figures) -> Iterator[Alarm]:
    if f.look:
        yield Alarm(
            Level.WATCH,
            Words(
                f"{f.look} hasil cetak belum jelas; kartunya harus dilihat",
                f"{f.look} uncertain prints; somebody must look at the cards",
            ),
        )
    if f.held_back:
        yield Alarm(
            Level.WATCH,
            Words(
                f"{f.held_back} kartu ditahan, jangan diserahkan",
                f"{f.held_back} cards held back, not to be handed over",
            ),
        )
    days = f.days(f.queued)
    if level := _by(days, QUEUE_WATCH_DAYS, QUEUE_TROUBLE_DAYS):
        yield Alarm(
            level,
            Words(
                f"kartu tertua antre cetak {days} hari",
                f"the oldest card is queued for {_days(days)}",
            ),
        )
    days = f.days(f.to_hand_over)
    if days >= PICK_UP_WATCH_DAYS:
        yield Alarm(
            Level.WATCH,
            Words(
                f"{f.to_hand_over.count} kartu belum diambil, tertua {days} hari",
                f"{f.to_hand_over.count} cards not collected, the oldest {_days(days)}",
            ),
        )


def _cases(f: Figures) -> Iterator[Alarm]:
    days = f.days(f.cases)
    if level := _by(days, CASE_WATCH_DAYS, CASE_TROUBLE_DAYS):
        yield Alarm(
            level,
            Words(
                f"{f.cases.count} kasus menunggu putusan {days} hari",
                f"{f.cases.count} cases waiting for {_days(days)}",
            ),
        )


def _recordings(f: Figures) -> Iterator[Alarm]:
    days = f.days(f.recalled)
    if level := _by(days, DEED_WATCH_DAYS, DEED_TROUBLE_DAYS):
        yield Alarm(
            level,
            Words(
                f"{f.recalled.count} orang perlu dipanggil ulang, tertua {days} hari",
                f"{f.recalled.count} people to call back, the oldest {_days(days)}",
            ),
        )
    days = f.days(f.to_hand)
    if days >= HAND_WATCH_DAYS:
        yield Alarm(
            Level.WATCH,
            Words(
                f"{f.to_hand.count} rekaman {days} hari belum masuk ke pusat",
                f"{f.to_hand.count} recordings not at the centre for {_days(days)}",
            ),
        )


def _at_centre(f: Figures) -> Iterator[Alarm]:
    for status, heap in f.at_centre.items():
        words, days = status_words(status), f.days(heap)
        ours = words.turn in (Turn.OFFICE, Turn.KABUPATEN)
        if words.turn is Turn.DONE or status in _SEEN_AS_CARDS:
            continue
        level = (
            _by(days, DEED_WATCH_DAYS, DEED_TROUBLE_DAYS)
            if ours
            else _by(days, CENTRE_WATCH_DAYS, None)
        )
        if level:
            yield Alarm(
                level,
                Words(
                    f"{heap.count} rekaman “{words.name.id.lower()}” {days} hari",
                    f"{heap.count} recordings “{words.name.en.lower()}” for "
                    f"{_days(days)}",
                ),
            )


_SEEN_AS_CARDS = (
    "PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING", "CARD_PRINTED", "CARD_SHIPPED",
)  # fmt: skip
"""Their cards are in our own ledger, whose figures are nearer to the truth."""


def _parked(f: Figures) -> Iterator[Alarm]:
    if f.parked:
        yield Alarm(
            Level.WATCH,
            Words(
                f"{f.parked} catatan disimpan tetapi belum dihitung",
                f"{f.parked} entries are kept but do not count yet",
            ),
        )


_RULES: tuple[Callable[[Figures], Iterator[Alarm]], ...] = (
    _revoked, _contact, _blanko, _miscounts, _ways, _cases, _cards, _recordings,
    _at_centre, _parked,
)  # fmt: skip


def _by(value: float, watch: float, trouble: float | None) -> Level:
    """The level of a value that grows worse upwards."""
    if trouble is not None and value >= trouble:
        return Level.TROUBLE
    return Level.WATCH if value >= watch else Level.CALM


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"
