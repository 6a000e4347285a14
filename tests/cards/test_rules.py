"""The rules of cards and of moving a print right, by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from perahu.cards import rules, rules_order
from perahu.cards.facts import PRINT_KINDS
from perahu.cards.rules import (
    AttemptState,
    Holder,
    OrderState,
    Outcome,
    PrintView,
    Proof,
)
from perahu.cards.rules_card import face_of, sort_parts
from perahu.cards.rules_order import Request
from perahu.words import Refusal
from tests.cards.world import create_biodata, picture

HERE, THERE = b"node-enggano-001", b"node-ketahun-001"
ORDER = OrderState(
    order=b"order-000001",
    person=b"person-00001",
    kind="HILANG",
    document=1,
    holder=HERE,
)
VIEW = PrintView(
    order=ORDER,
    node=HERE,
    holder=Holder(born=date(2000, 2, 29), status_kawin=1),
    today=date(2026, 11, 21),
    umur_cetak_min=17,
    on_hand=1,
    under_way=0,
    printed_elsewhere=0,
)


def attempt(state: str, number: int = 1, node: bytes = HERE) -> AttemptState:
    """One attempt in this state."""
    return AttemptState(node=node, attempt=number, state=state)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"order": None}, "unknown_order"),
        ({"order": replace(ORDER, cancelled="DUP")}, "print_cancelled"),
        ({"order": replace(ORDER, holder=b"", moving_to=HERE)}, "right_on_its_way"),
        ({"order": replace(ORDER, holder=THERE)}, "right_elsewhere"),
        ({"order": replace(ORDER, attempts=(attempt("printed", node=THERE),))},
         "already_printed"),
        ({"printed_elsewhere": 1}, "already_printed"),
        ({"order": replace(ORDER, attempts=(attempt("intended"),))}, "look_first"),
        ({"order": replace(ORDER, attempts=(attempt("uncertain", node=THERE),))},
         "look_first"),
        ({"holder": None}, "unknown_person"),
        ({"holder": Holder(born=date(2009, 11, 22), status_kawin=1)}, "too_young"),
        ({"halts": (b"recount",)}, "recount_first"),
        ({"on_hand": 0}, "no_blanko"),
        ({"on_hand": 2, "under_way": 2}, "no_blanko"),
        ({"on_hand": -1}, "no_blanko"),
    ],
)  # fmt: skip
def test_it_refuses_to_print(change: dict[str, object], code: str) -> None:
    """Each reason by itself is enough, and says so in both languages."""
    with pytest.raises(Refusal) as caught:
        rules.decide_print(replace(VIEW, **change))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert all(caught.value.words)


def test_it_prints() -> None:
    """With nothing against it the next attempt of this office begins."""
    spoiled = replace(
        ORDER, attempts=(attempt("spoiled"), attempt("never_began", 4, THERE))
    )
    assert rules.decide_print(VIEW).attempt == 1
    assert rules.decide_print(replace(VIEW, order=spoiled)).attempt == 2


@pytest.mark.parametrize(
    ("today", "old_enough"),
    [(date(2017, 2, 28), False), (date(2017, 3, 1), True)],
)
def test_it_counts_years_by_the_calendar(today: date, old_enough: bool) -> None:
    """Born on 29 February, seventeen on 1 March."""
    view = replace(VIEW, today=today)
    if old_enough:
        assert rules.decide_print(view)
    else:
        with pytest.raises(Refusal):
            rules.decide_print(view)


def test_it_puts_every_kind_in_a_line() -> None:
    """No kind of print is without a place; a strange one stands last."""
    lines = [rules.priority(kind) for kind in PRINT_KINDS]
    assert max(lines) < rules.priority("ANEH")
    assert all(all(rules.priority_words(line)) for line in [*lines, 99])


def test_it_moves_the_right_in_two_halves() -> None:
    """Sent by the holder, taken by the office it goes to, by nobody else."""
    sent = rules_order.decide_send_right(ORDER, HERE, THERE, [HERE, THERE])
    assert sent.to == THERE
    moving = replace(ORDER, holder=b"", moving_to=THERE)
    assert rules_order.decide_take_right(moving, THERE, HERE).sent_by == HERE
    for refused in (
        lambda: rules_order.decide_take_right(moving, HERE, HERE),
        lambda: rules_order.decide_take_right(ORDER, THERE, HERE),
        lambda: rules_order.decide_send_right(moving, HERE, THERE, [HERE, THERE]),
        lambda: rules_order.decide_send_right(ORDER, THERE, HERE, [HERE, THERE]),
        lambda: rules_order.decide_send_right(ORDER, HERE, HERE, [HERE, THERE]),
        lambda: rules_order.decide_send_right(ORDER, HERE, THERE, [HERE]),
        lambda: rules_order.decide_send_right(
            replace(ORDER, attempts=(attempt("printed"),)), HERE, THERE, [THERE]
        ),
        lambda: rules_order.decide_send_right(
            replace(ORDER, attempts=(attempt("uncertain"),)), HERE, THERE, [THERE]
        ),
    ):
        with pytest.raises(Refusal):
            refused()


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ([], ""),
        ([ORDER], "ordered_already"),
        ([replace(ORDER, document=2)], ""),
        ([replace(ORDER, cancelled="x")], ""),
        ([replace(ORDER, cancelled="x", attempts=(attempt("printed"),))],
         "ordered_already"),
        ([replace(ORDER, cancelled="x", attempts=(attempt("intended"),))],
         "ordered_already"),
    ],
)  # fmt: skip
def test_it_orders_a_version_once(others: list[OrderState], code: str) -> None:
    """An order stands until it is cancelled with surely no card made."""
    request = Request(
        person=ORDER.person, order=b"o" * 12, home=HERE, recording=b"r", kind="HILANG"
    )
    if not code:
        assert rules_order.decide_order(request, others, [HERE]).home == HERE
        return
    with pytest.raises(Refusal) as caught:
        rules_order.decide_order(request, others, [HERE])
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [({"kind": "ANEH"}, "unknown_choice"), ({"home": THERE}, "unknown_office")],
)
def test_it_orders_only_what_makes_sense(change: dict[str, object], code: str) -> None:
    """A kind of the list, at an office of the network."""
    request = Request(
        person=b"p", order=b"o" * 12, home=HERE, recording=b"r", kind="HILANG"
    )
    with pytest.raises(Refusal) as caught:
        rules_order.decide_order(replace(request, **change), [], [HERE])  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("outcome", "cause", "code"),
    [("uncertain", "", "unknown_choice"), ("spoiled", "", "unknown_choice"),
     ("", "", "unknown_choice"), ("nothing", "", "unknown_choice")],
)  # fmt: skip
def test_it_wants_to_know_what_was_seen(outcome: str, cause: str, code: str) -> None:
    """A person who looked says printed, spoiled with a cause, or never began."""
    order = replace(ORDER, attempts=(attempt("intended"),))
    with pytest.raises(Refusal) as caught:
        rules.decide_resolve(order, HERE, 1, Outcome(outcome, cause))
    assert caught.value.code == code
    with pytest.raises(Refusal) as caught:
        rules.decide_resolve(order, THERE, 1, Outcome("printed"))
    assert caught.value.code == "unknown_attempt"


def test_it_cancels_with_a_reason() -> None:
    """No reason, no order: refused."""
    for order, reason in ((ORDER, " "), (ORDER, "x" * 201), (None, "DUP")):
        with pytest.raises(Refusal):
            rules_order.decide_cancel(order, reason)
    assert rules_order.decide_cancel(ORDER, " DUP ").reason == "DUP"


def test_it_writes_a_card_in_words() -> None:
    """Codes become the words of the law; life-long unless the permit says otherwise."""
    face = face_of(create_biodata(), "1703", date(2026, 11, 21))
    assert (face.provinsi, face.kabupaten) == ("BENGKULU", "KABUPATEN BENGKULU UTARA")
    assert (face.kecamatan, face.kel_desa) == ("ENGGANO", "BANJAR SARI")
    assert face.tempat_tgl_lahir == "ENGGANO, 20-01-2000"
    assert (face.agama, face.pekerjaan) == ("ISLAM", "NELAYAN/PERIKANAN")
    assert (face.gol_darah, face.berlaku_hingga) == ("-", "SEUMUR HIDUP")
    assert (face.issued_at, face.issued_on) == ("BENGKULU UTARA", "21-11-2026")
    foreigner = replace(
        create_biodata(),
        kewarganegaraan="WNA",
        berlaku_hingga=date(2028, 5, 1),
        wilayah="9999999999",
        gelar_depan="Dr.",
        gelar_belakang="M.Si",
        rt="",
    )
    face = face_of(foreigner, "1703", date(2026, 11, 21))
    assert face.berlaku_hingga == "01-05-2028"
    assert face.kel_desa == "99.99.99.9999"
    assert face.nama == "Dr. BUDI, M.Si"
    assert face.rt_rw == "-/002"


def test_it_tells_the_parts_apart() -> None:
    """By what each says it is; an order without a photo is none."""
    photo, signature = picture("red"), picture("white")
    parts = sort_parts([b"FMR\x00a", photo, signature, b"FMR\x00b", b"???"])
    assert (parts.photo, parts.signature) == (photo, signature)
    assert parts.templates == (b"FMR\x00a", b"FMR\x00b")
    records = sort_parts([b"SDI\x00s", b"FAC\x00f"])
    assert (records.photo, records.signature) == (b"FAC\x00f", b"SDI\x00s")
    with pytest.raises(Refusal) as caught:
        sort_parts([b"SDI\x00s"])
    assert caught.value.code == "no_photo"


def test_it_hands_over_only_what_lies_here() -> None:
    """Printed at another office, or on its way from it: the card is not in this drawer."""
    finger = Proof(means="finger", score=60, threshold=40)
    printed = replace(ORDER, attempts=(attempt("printed", node=THERE),))
    assert rules.decide_hand_over(printed, HERE, finger).score == 60
    for change in ({"holder": THERE}, {"holder": b"", "moving_to": HERE}):
        with pytest.raises(Refusal) as caught:
            rules.decide_hand_over(replace(printed, **change), HERE, finger)  # type: ignore[arg-type]
        assert caught.value.code == "card_elsewhere"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"attempts": (attempt("uncertain"),)},
        {"attempts": (attempt("printed"), attempt("intended", 2))},
        {"attempts": (attempt("printed"),), "handed_over": True},
    ],
)
def test_it_sends_no_card_that_is_none(change: dict[str, object]) -> None:
    """Not printed, not clear, or in its person's hand: there is nothing to send."""
    order = replace(ORDER, **change)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as caught:
        rules_order.decide_send_card(order, HERE, THERE, [HERE, THERE])
    assert caught.value.code == "no_card_here"
