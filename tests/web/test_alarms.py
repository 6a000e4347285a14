"""Which office is in trouble: each rule one sentence with its number, the worst first."""

from __future__ import annotations

import pytest

from perahu.enrolment.reads_hub import Heap
from perahu.web.district.alarms import DAY_MS, Figures, Level, alarms, level_of, urgency

NOW_MS = 1_795_237_200_000


def figures(**known: object) -> Figures:
    """An office in good order but for what is said."""
    calm = {"contact_days": 0.1, "blanko": 100, "now_ms": NOW_MS}
    return Figures(**(calm | known))  # type: ignore[arg-type]


def aged(days: float, count: int = 2) -> Heap:
    """So many, the oldest so old."""
    return Heap(count, NOW_MS - int(days * DAY_MS))


def said(**known: object) -> list[tuple[Level, str]]:
    """The reasons in Indonesian."""
    return [(one.level, one.words.id) for one in alarms(figures(**known))]


def test_it_says_nothing_of_an_office_in_order() -> None:
    """No reason, no level."""
    assert said() == []
    assert level_of([]) is Level.CALM


@pytest.mark.parametrize(
    ("known", "level", "words"),
    [
        ({"contact_days": 2.4}, Level.WATCH, "tidak ada kontak 2 hari"),
        ({"contact_days": 3.0}, Level.TROUBLE, "tidak ada kontak 3 hari"),
        (
            {"contact_days": None},
            Level.WATCH,
            "belum pernah ada kontak sejak didaftarkan",
        ),
        (
            {"blanko": 12, "blanko_per_day": 4.0},
            Level.TROUBLE,
            "blanko habis dalam 3 hari (sisa 12)",
        ),
        (
            {"blanko": 3, "blanko_per_day": 4.0},
            Level.TROUBLE,
            "blanko habis hari ini (sisa 3)",
        ),
        (
            {"blanko": 24, "blanko_per_day": 4.0},
            Level.WATCH,
            "blanko habis dalam 6 hari (sisa 24)",
        ),
        (
            {"blanko": 0, "queued": aged(1, 7)},
            Level.TROUBLE,
            "blanko habis, 7 kartu antre",
        ),
        (
            {"blanko": 3, "queued": aged(1, 7)},
            Level.WATCH,
            "blanko 3, kartu antre 7",
        ),
        ({"blanko": -2}, Level.TROUBLE, "buku stok minus 2 blanko; minta dihitung"),
        (
            {"blanko": None, "queued": aged(1, 1)},
            Level.WATCH,
            "1 kartu antre, belum pernah ada blanko di buku",
        ),
        (
            {"miscounts": [("blanko", -3)]},
            Level.TROUBLE,
            "hitung stok kurang 3 blanko",
        ),
        ({"miscounts": [("film", 1)]}, Level.WATCH, "hitung stok lebih 1 film"),
        (
            {"way_days": {"blanko": 8.2}},
            Level.WATCH,
            "kiriman blanko 8 hari belum dihitung di tujuan",
        ),
        ({"cases": aged(5, 1)}, Level.TROUBLE, "1 kasus menunggu putusan 5 hari"),
        ({"look": 2}, Level.WATCH, "2 hasil cetak belum jelas; kartunya harus dilihat"),
        ({"held_back": 1}, Level.WATCH, "1 kartu ditahan, jangan diserahkan"),
        ({"queued": aged(30)}, Level.TROUBLE, "kartu tertua antre cetak 30 hari"),
        (
            {"to_hand_over": aged(31, 8)},
            Level.WATCH,
            "8 kartu belum diambil, tertua 31 hari",
        ),
        (
            {"recalled": aged(4)},
            Level.WATCH,
            "2 orang perlu dipanggil ulang, tertua 4 hari",
        ),
        ({"to_hand": aged(2)}, Level.WATCH, "2 rekaman 2 hari belum masuk ke pusat"),
        (
            {"at_centre": {"SENT_FOR_ENROLLMENT": aged(20)}},
            Level.WATCH,
            "2 rekaman “sudah dikirim ke pusat” 20 hari",
        ),
        (
            {"at_centre": {"DUPLICATE_RECORD": aged(14)}},
            Level.TROUBLE,
            "2 rekaman “ganda” 14 hari",
        ),
        ({"parked": 3}, Level.WATCH, "3 catatan disimpan tetapi belum dihitung"),
    ],
)
def test_it_says_why(known: dict[str, object], level: Level, words: str) -> None:
    """Each trouble alone gives its own sentence and level."""
    assert said(**known) == [(level, words)]


@pytest.mark.parametrize(
    "known",
    [
        {"contact_days": 0.99},
        {"blanko": 32, "blanko_per_day": 4.0},
        {"blanko": 7, "queued": aged(1, 7)},
        {"blanko": 0},
        {"blanko": None},
        {"miscounts": [("blanko", 0)]},
        {"way_days": {"blanko": 6.9}},
        {"cases": aged(0.5)},
        {"queued": aged(6.9)},
        {"to_hand_over": aged(29)},
        {"recalled": aged(2.9)},
        {"to_hand": aged(1.9)},
        {"at_centre": {"SENT_FOR_ENROLLMENT": aged(19.9)}},
        {"at_centre": {"DUPLICATE_RECORD": aged(2.9)}},
        {"at_centre": {"PRINT_READY_RECORD": aged(99), "CARD_ISSUED": aged(99)}},
    ],
)
def test_it_stays_calm_just_before(known: dict[str, object]) -> None:
    """A little less than each limit is no alarm."""
    assert said(**known) == []


def test_it_puts_the_worst_first() -> None:
    """Trouble stands before what is only to be looked at, and so do offices."""
    both = alarms(figures(contact_days=2, blanko=0, queued=aged(1)))
    assert [one.level for one in both] == [Level.TROUBLE, Level.WATCH]
    calm, watch = alarms(figures()), alarms(figures(parked=1))
    offices = sorted([calm, both, watch], key=urgency)
    assert offices == [both, watch, calm]


def test_it_says_a_time_in_the_future_is_now() -> None:
    """A clock that was set back makes no negative age."""
    assert said(queued=Heap(1, NOW_MS + DAY_MS)) == []


def test_it_asks_nothing_of_a_revoked_node() -> None:
    """A stolen laptop is not expected to make contact or to print."""
    assert said(is_revoked=True, contact_days=90, queued=aged(1)) == [
        (Level.WATCH, "simpul ini sudah dicabut")
    ]


def test_it_speaks_both_languages() -> None:
    """Numbers are in both sentences."""
    (alarm,) = alarms(figures(contact_days=1.0))
    assert alarm.words.en == "no contact for 1 day"
