"""What may go into the bag, and when a trip is over."""

from __future__ import annotations

from typing import Any

import pytest

from perahu.trips import rules
from perahu.trips.rules import Wanted
from perahu.words import Refusal

TRIP, LAPTOP = b"trip-0000001", b"kapal-node-00001"


def wanted(**changes: Any) -> Wanted:
    """A small trip."""
    given: dict[str, Any] = {
        "trip": TRIP, "desa": "1703012001", "to": LAPTOP, "orders": (b"order-000001",),
        "stock": (("blanko", 5),), "carrier": " Sari ",
    }  # fmt: skip
    return Wanted(**given | changes)


def test_it_works() -> None:
    """A trip says who carries what; what is none is left out."""
    fact = rules.decide_trip(wanted(), {"blanko": 5})
    assert fact.carrier == "Sari" and fact.stock == (("blanko", 5),)
    assert rules.decide_trip(wanted(stock=(("blanko", 0),)), {}).stock == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"orders": (b"order-000001",) * (rules.ORDERS_MAX + 1)}, "trip_too_big"),
        ({"carrier": "  "}, "no_carrier"),
        ({"carrier": "x" * 201}, "no_carrier"),
        ({"stock": (("blanko", 6),)}, "not_enough"),
        ({"stock": (("blanko", -1),)}, "not_enough"),
        ({"stock": (("emas", 1),)}, "not_enough"),
    ],
)
def test_it_refuses_what_cannot_go(changes: dict[str, Any], code: str) -> None:
    """Too much, nobody to carry it, or what is not there: a sentence."""
    with pytest.raises(Refusal) as caught:
        rules.decide_trip(wanted(**changes), {"blanko": 5})
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("rights", "on_hand", "blanko"),
    [(0, 50, 0), (1, 50, 2), (40, 50, 44), (40, 10, 10), (5, 0, 0), (3, -2, 0)],
)
def test_it_proposes_a_few_blanko_more(rights: int, on_hand: int, blanko: int) -> None:
    """One for each right and some for spoiled cards, never more than there are."""
    assert rules.blanko_for(rights, on_hand) == blanko


def test_it_ends_only_with_a_reason_while_something_is_out() -> None:
    """All back: no word needed; something out: why; closed already: no."""
    assert rules.decide_end(TRIP, True, 0, "").reason == ""
    assert rules.decide_end(TRIP, True, 3, " tenggelam ").reason == "tenggelam"
    for is_open, out, reason in ((True, 3, " "), (True, 1, "x" * 201), (False, 0, "")):
        with pytest.raises(Refusal):
            rules.decide_end(TRIP, is_open, out, reason)


def test_it_names_each_step_by_its_trip() -> None:
    """Whoever goes on with a trip asks under the same ids; no two steps share one."""
    steps = [rules.op_of(TRIP, step) for step in ("begin", "end", "stock blanko")]
    assert len(set(steps)) == 3 and all(len(one) == 16 for one in steps)
    assert rules.op_of(TRIP, "begin") == steps[0]
    assert rules.op_of(b"trip-0000002", "begin") != steps[0]
    assert len({rules.transfer_of(TRIP, item) for item in ("blanko", "film")}) == 2
