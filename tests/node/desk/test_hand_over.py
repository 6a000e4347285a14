"""`perahu hand-over`: by the code on the proof, by a finger, all codes of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perahu.cards import reads
from perahu.enrolment import actions
from perahu.people import reads as people
from tests.node.desk.conftest import Printing


@pytest.fixture
def printed(printing: Printing) -> Printing:
    """Both cards lie at the counter."""
    assert printing.town.run("enggano", "print", "--all").code == 0
    return printing


def code_of(printing: Printing, nik: str) -> str:
    """The pick-up code on this person's proof."""
    with printing.town.open("enggano") as office:
        resident = people.by_nik(nik)
        assert resident is not None
        (order,) = reads.orders_of(resident.person)
        return actions.pickup_code(office.journal, order.recording)


def given(printing: Printing) -> int:
    """Cards in their persons' hands, by the book."""
    with printing.town.open("enggano"):
        return reads.handed_over_total()


def test_it_works(printed: Printing) -> None:
    """With the code of the proof; once, and what was sealed for the card is gone after."""
    nik = printed.niks[0]
    words = ("hand-over", "--nik", nik, "--code", code_of(printed, nik))
    ran = printed.town.run("enggano", *words)
    assert ran.code == 0, ran.err
    told = ran.one("handed_over")
    assert (told["nik"], told["means"], told["collector"]) == (nik, "code", "self")
    with printed.town.open("enggano") as office:
        state = reads.order(bytes.fromhex(told["order"]))
        assert state is not None and state.blobs
        assert not any(office.journal.blobs.has(sha) for sha in state.blobs)
    again = printed.town.run("enggano", *words)
    assert again.code == 2 and "already" in again.err and given(printed) == 1


def test_it_works_with_a_finger(printed: Printing) -> None:
    """The finger of who was recorded opens the hand; another's does not."""
    nik = printed.niks[0]
    words = ("hand-over", "--nik", nik, "--finger")
    assert printed.town.scanners is not None
    printed.town.scanners.control("person", seed=4242)
    ran = printed.town.run("enggano", *words)
    assert ran.code == 2 and "does not match" in ran.err and given(printed) == 0
    ran = printed.town.run("enggano", *words, "--sim-person")
    assert ran.code == 0, ran.err
    assert ran.one("handed_over")["means"] == "finger"
    assert ran.one("handed_over")["score"] >= 40


def test_it_gives_all_cards_of_a_file(printed: Printing, tmp_path: Path) -> None:
    """A wrong code, an unknown NIK or a repeated line stops nobody else."""
    first, second = printed.niks
    rows = [
        {"event": "recorded", "nik": first, "pickup": code_of(printed, first)},
        {"nik": second, "code": "WRONGONE"},
        {"nik": "1703010000000000", "code": "WRONGONE"},
        {"event": "done"},
    ]
    path = tmp_path / "codes"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = printed.town.run("enggano", "hand-over", "--all-codes", path)
    assert ran.code == 0, ran.err
    assert [event["nik"] for event in ran.named("handed_over")] == [first]
    codes = {event["nik"]: event["code"] for event in ran.named("refused")}
    assert codes == {second: "code_differs", "1703010000000000": "not_printed"}
    assert ran.one("done") == {"event": "done", "handed_over": 1, "refused": 2}


def test_it_gives_nothing_that_is_not_printed(printing: Printing) -> None:
    """With the right code, but without a card."""
    nik = printing.niks[0]
    words = ("hand-over", "--nik", nik, "--code", code_of(printing, nik))
    ran = printing.town.run("enggano", *words)
    assert ran.code == 2 and "not printed here" in ran.err and given(printing) == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--nik", "1703019999999999", "--code", "X"), "nothing to hand over"),
        (("--order", "zz", "--code", "X"), "hex digits"),
        (("--order", "00" * 12, "--code", "X"), "not in this node's book"),
        (("--order", "00" * 12), "--code or --finger"),
        (("--all-codes", "none.jsonl"), "missing"),
        (("--all-codes", "none.jsonl", "--code", "X"), "--all-codes alone"),
        ((), "is required"),
    ],
)
def test_it_refuses_a_wrong_call(
    printed: Printing, words: tuple[str, ...], part: str
) -> None:
    """One sentence, exit code 2, every card stays."""
    ran = printed.town.run("enggano", "hand-over", *words)
    assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    assert given(printed) == 0


@pytest.mark.parametrize("content", ["", "[1]\n", "{", '{"nik": "1"}\n', "\x00"])
def test_it_refuses_a_file_without_codes(
    printed: Printing, tmp_path: Path, content: str
) -> None:
    """One sentence, exit code 2, every card stays."""
    path = tmp_path / "codes"
    path.write_text(content)
    ran = printed.town.run("enggano", "hand-over", "--all-codes", path)
    assert ran.code == 2 and ran.err.count("\n") == 1 and "JSON lines" in ran.err


def test_it_speaks_to_people(printed: Printing) -> None:
    """The name of who has the card now."""
    nik = printed.niks[0]
    words = ("hand-over", "--nik", nik, "--code", code_of(printed, nik))
    code, out, err = printed.town.say("enggano", *words, lang="id")
    assert code == 0 and out.startswith(f"Diserahkan: {nik} "), err
