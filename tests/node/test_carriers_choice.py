"""Which carrier is used now, and in words why another is not."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from perahu.keys.facts import CarrierPolicySet
from perahu.node.carriers.choice import (
    ALL_CLASSES,
    MB,
    NO_CLASSES,
    RECORD_CLASSES,
    Condition,
    Moment,
    Standing,
    Verdict,
    verdicts,
)
from perahu.node.carriers.file import CarrierEntry
from perahu.words import Words

NOON, NIGHT = 12 * 60, 23 * 60
CABLE = CarrierEntry(name="kabel-1", address="a:1", kind="kabel", preference=1)
SIM = CarrierEntry(
    name="sim", address="a:1", kind="seluler", preference=2, cost_per_mb=9
)
VSAT = CarrierEntry(
    name="vsat", address="a:1", kind="satelit", preference=1, hours="22:00-03:00"
)


def names(found: Sequence[Verdict]) -> list[str]:
    """The carriers over which something may go, in their order."""
    return [one.entry.name for one in found if one.classes]


def test_it_works() -> None:
    """By preference, then by cost, then by what was measured, then as written."""
    cheap = CarrierEntry(name="murah", address="a:1", preference=2, cost_per_mb=1)
    fast = CarrierEntry(name="cepat", address="a:1", preference=2, cost_per_mb=1)
    conditions = {"cepat": Condition(rate_bytes_s=9000)}
    found = verdicts([SIM, cheap, fast, CABLE], conditions, Moment(minute=NOON))
    assert names(found) == ["kabel-1", "cepat", "murah", "sim"]
    assert all(one.classes == ALL_CLASSES and one.why is None for one in found)


def test_it_keeps_packets_for_the_night() -> None:
    """By day records go over the dish and packets do not; at night all of it does."""
    (by_day,) = verdicts([VSAT], {}, Moment(minute=NOON))
    assert by_day.classes == RECORD_CLASSES and by_day.standing is Standing.HOURS
    assert by_day.opens_in_s == 10 * 3600
    assert by_day.why is not None and "22:00-03:00" in by_day.why.id
    (by_night,) = verdicts([VSAT], {}, Moment(minute=NIGHT))
    assert by_night.classes == ALL_CLASSES and by_night.opens_in_s == 0


def test_it_takes_a_whole_way_where_packets_wait() -> None:
    """A dear carrier that may bring all goes before a sleeping one, if there is need."""
    for wants_all, first in ((True, "sim"), (False, "vsat")):
        found = verdicts([VSAT, SIM], {}, Moment(minute=NOON, wants_all=wants_all))
        assert found[0].entry.name == first


def test_it_lets_nothing_out_where_the_file_says_so() -> None:
    """`outside = "nothing"` is a carrier that sleeps, or one that must not cost more."""
    asleep = CarrierEntry(
        name="malam", address="a:1", hours="22:00-03:00", outside="nothing"
    )
    (found,) = verdicts([asleep], {}, Moment(minute=NOON))
    assert found.classes == NO_CLASSES


def test_it_stops_packets_at_the_budget() -> None:
    """The month's share used up: records go on, packets wait, and it is said."""
    sim = CarrierEntry(name="sim", address="a:1", monthly_mb=5)
    for spent, classes in ((5 * MB - 1, ALL_CLASSES), (5 * MB, RECORD_CLASSES)):
        condition = {"sim": Condition(spent_bytes=spent)}
        (found,) = verdicts([sim], condition, Moment(minute=NOON))
        assert found.classes == classes
    assert (
        found.standing is Standing.BUDGET and "5 MB" in (found.why or Words("", "")).id
    )


def test_it_obeys_the_kabupaten() -> None:
    """Forbidden by name or kind, or not among those that are fixed: with whose words."""
    forbidding = CarrierPolicySet(
        reason="kuota dinas habis", decree="SE 4", forbidden=("seluler",)
    )
    fixing = CarrierPolicySet(
        reason="aturan pusat", decree="SE 5", only=("vpn", "vsat")
    )
    found = verdicts([SIM, CABLE], {}, Moment(minute=NOON, policies=[forbidding]))
    assert names(found) == ["kabel-1"]
    assert "Dilarang oleh kabupaten: kuota dinas habis" in (found[1].why or "")[0]
    found = verdicts([SIM, CABLE, VSAT], {}, Moment(minute=NIGHT, policies=[fixing]))
    assert names(found) == ["vsat"]
    both = Moment(minute=NOON, policies=[forbidding, fixing])
    assert names(verdicts([SIM, CABLE], {}, both)) == []


def test_it_leaves_one_alone_that_failed() -> None:
    """A carrier that rests, or where a portal answers, goes last and says why."""
    why = Words("Masuk dahulu ke jaringan itu.", "Sign in first.")
    conditions = {
        "kabel-1": Condition(rest_s=120, is_captive=True, trouble=why),
        "sim": Condition(rest_s=0.5),
    }
    found = verdicts([CABLE, SIM, VSAT], conditions, Moment(minute=NIGHT))
    assert names(found) == ["vsat"]
    standing = {one.entry.name: one.standing for one in found}
    assert (
        standing["kabel-1"] is Standing.CAPTIVE and standing["sim"] is Standing.RESTING
    )
    captive = next(one.why for one in found if one.entry.name == "kabel-1")
    assert captive is not None and why.id in captive.id and "2 menit" in captive.id


@given(
    st.lists(st.sampled_from([CABLE, SIM, VSAT]), unique=True),
    st.integers(0, 24 * 60 - 1),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(["kabel-1", "sim", "vsat"]),
        st.builds(Condition, rest_s=st.floats(0, 99), spent_bytes=st.integers(0, 9)),
    ),
)
def test_it_judges_each_once_and_gives_a_reason(
    entries: list[CarrierEntry],
    minute: int,
    wants_all: bool,
    conditions: dict[str, Condition],
) -> None:
    """None is lost, the usable ones stand before the others, less than all has a why."""
    found = verdicts(entries, conditions, Moment(minute=minute, wants_all=wants_all))
    assert {one.entry.name for one in found} == {one.name for one in entries}
    usable = [one.classes > NO_CLASSES for one in found]
    assert usable == sorted(usable, reverse=True)
    assert all((one.why is None) == (one.classes == ALL_CLASSES) for one in found)
