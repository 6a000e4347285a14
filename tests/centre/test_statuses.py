"""The way of a packet through the centre's statuses, and every way it can fail."""

from __future__ import annotations

import pytest

from perahu.centre.ports import STATUSES_PER_PAGE_MAX, CentreRefused
from perahu.centre.sim import SimulatorSettings
from perahu.centre.sim_plan import PATHS, VERDICT
from perahu.enrolment.facts import CENTRE_STATUSES
from tests.centre.packets import DAY_MS, START_MS, create_packet, hand_centre

PASSED = [
    "SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL", "SENT_FOR_DEDUP", "PRINT_READY_RECORD",
]  # fmt: skip


def test_it_works() -> None:
    """A good packet of a person nobody knows ends print-ready."""
    hand = hand_centre()
    reference = hand.centre.submit(create_packet())
    hand.pass_days()
    assert hand.names(reference) == PASSED
    times = [one.at_ms for one in hand.of(reference)]
    assert times == sorted(times)
    assert times[-1] <= START_MS + 10 * DAY_MS


def test_it_uses_the_exact_names() -> None:
    """Every status of every path is one of the Ministry's."""
    used = {step.status for path in PATHS.values() for step in path} - {VERDICT}
    assert used <= set(CENTRE_STATUSES)


def test_it_takes_its_time() -> None:
    """Sent at once, but not print-ready on the same hour."""
    hand = hand_centre()
    reference = hand.centre.submit(create_packet())
    hand.pass_days(1 / 48)
    assert hand.names(reference) == ["SENT_FOR_ENROLLMENT"]


def test_it_scales_its_delays() -> None:
    """With the scale at zero everything has happened at once."""
    hand = hand_centre(settings=SimulatorSettings(delay_scale=0))
    reference = hand.centre.submit(create_packet())
    hand.pass_days(0)
    assert hand.names(reference) == PASSED


@pytest.mark.parametrize(
    ("outcome", "status", "detail"),
    [
        ("ONE_TO_ONE", "DUPLICATE_RECORD", "ONE_TO_ONE"),
        ("ONE_TO_MANY", "DUPLICATE_RECORD", "ONE_TO_MANY"),
        ("ADJUDICATE", "ADJUDICATE_RECORD", ""),
        ("VALIDATE", "REQUEST_VALIDATION", ""),
        ("SFAC", "SEARCH_FAILURE_AT_CENTRAL", ""),
        ("EFAC:right_middle", "ENROLL_FAILURE_AT_CENTRAL", "right_middle"),
        ("LOST", "SENT_FOR_ENROLLMENT", ""),
        ("STUCK", "SENT_FOR_ENROLLMENT", ""),
    ],
)
def test_it_ends_as_planned(outcome: str, status: str, detail: str) -> None:
    """Each planned outcome is the last thing told of the packet."""
    hand = hand_centre()
    packet = create_packet()
    hand.centre.plan({packet.nik: outcome})
    reference = hand.centre.submit(packet)
    hand.pass_days(100)
    last = hand.of(reference)[-1]
    assert (last.status, last.detail) == (status, detail)
    assert bool(last.other_nik) == (status == "DUPLICATE_RECORD")


def test_it_masks_the_other_nik() -> None:
    """Of the other record only region and serial are told."""
    hand = hand_centre()
    hand.centre.plan({"0": "ONE_TO_ONE"})
    reference = hand.centre.submit(create_packet())
    hand.pass_days()
    other = hand.of(reference)[-1].other_nik
    assert other[6:12] == "******"
    assert (other[:6] + other[12:]).isdecimal()


def test_it_plans_by_order_of_arrival() -> None:
    """A plan may name the second recording instead of a NIK."""
    hand = hand_centre()
    hand.centre.plan({"1": "ADJUDICATE"})
    references = [hand.centre.submit(create_packet(person=n)) for n in range(3)]
    hand.pass_days()
    last = [hand.names(reference)[-1] for reference in references]
    assert [status == "ADJUDICATE_RECORD" for status in last] == [False, True, False]


@pytest.mark.parametrize("outcome", ["", "prr", "EFAC:toe", "PRR:photo"])
def test_it_refuses_a_plan_it_does_not_know(outcome: str) -> None:
    """An outcome that is none changes no plan."""
    hand = hand_centre()
    packet = create_packet()
    with pytest.raises(ValueError, match="not an outcome"):
        hand.centre.plan({packet.nik: "STUCK", "x": outcome})
    reference = hand.centre.submit(packet)
    hand.pass_days()
    assert hand.names(reference) == PASSED


def test_it_takes_a_print_ready_record_back() -> None:
    """A revoked packet is a duplicate after it was print-ready."""
    hand = hand_centre()
    hand.centre.plan({"0": "REVOKED"})
    reference = hand.centre.submit(create_packet())
    hand.pass_days()
    assert hand.names(reference) == [*PASSED, "DUPLICATE_RECORD"]


def test_it_shows_when_its_two_sites_differ() -> None:
    """The disaster-recovery centre lags behind, and then agrees."""
    hand = hand_centre()
    hand.centre.plan({"0": "DRC"})
    reference = hand.centre.submit(create_packet())
    hand.pass_days()
    assert [(one.status, one.drc) for one in hand.of(reference)[-2:]] == [
        ("PRINT_READY_RECORD", "SENT_FOR_DEDUP"),
        ("PRINT_READY_RECORD", ""),
    ]


def test_it_releases_what_is_stuck() -> None:
    """A stuck packet stays, however often it is sent, until it is released."""
    hand = hand_centre()
    packet = create_packet()
    hand.centre.plan({packet.nik: "STUCK"})
    reference = hand.centre.submit(packet)
    hand.pass_days(300)
    assert hand.centre.submit(packet) == reference
    hand.pass_days()
    assert hand.names(reference) == PASSED[:1]
    assert hand.centre.release(packet.nik)
    hand.pass_days()
    assert hand.names(reference) == PASSED
    assert not hand.centre.release(packet.nik)


def test_it_pages_and_goes_on_at_the_cursor() -> None:
    """Many statuses come in pages; each is told once, in order."""
    hand = hand_centre(settings=SimulatorSettings(delay_scale=0))
    people = STATUSES_PER_PAGE_MAX // 4 + 1
    for person in range(people):
        hand.centre.submit(create_packet(person=person))
    first = hand.centre.statuses()
    second = hand.centre.statuses(first.cursor)
    assert len(first.statuses) == STATUSES_PER_PAGE_MAX
    assert len(first.statuses) + len(second.statuses) == people * 4
    assert hand.centre.statuses(second.cursor) == type(second)((), second.cursor)
    assert hand.centre.statuses(first.cursor) == second


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 19, "²"])
def test_it_refuses_a_cursor_it_never_gave(cursor: str) -> None:
    """A cursor that is none is refused in words."""
    with pytest.raises(CentreRefused, match="bad_cursor"):
        hand_centre().centre.statuses(cursor)
