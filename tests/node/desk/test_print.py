"""`perahu print`: the queue and its rule, jams, uncertain prints that a person looks at."""

from __future__ import annotations

import os
import threading

import pytest

from perahu.cards import reads, reads_stock
from tests.node.desk.conftest import Printing


def blanko(printing: Printing) -> tuple[int, int, int]:
    """Used, spoiled and on hand at Enggano, by its own ledger."""
    with printing.town.open("enggano") as office:
        node = office.journal.node_id
        found = reads_stock.used_at(node), reads_stock.spoiled_at(node)
        assert reads_stock.ledger_sum() == 0 and reads.printed_twice() == []
        return (*found, reads_stock.on_hand(node))


def test_it_works(printing: Printing) -> None:
    """The queue with its rule, then a card for each, and a blanko for each card."""
    queue = printing.town.run("enggano", "print")
    assert [event["place"] for event in queue.named("queued")] == [1, 2]
    assert {event["nik"] for event in queue.events} == set(printing.niks)
    assert all("never had a card" in event["rule"] for event in queue.events)
    ran = printing.town.run("enggano", "print", "--all")
    assert ran.code == 0, ran.err
    printed = ran.named("printed")
    orders = [event["order"] for event in queue.events]
    assert [event["order"] for event in printed] == orders
    assert all(event["attempt"] == 1 for event in printed)
    done = ran.one("done")
    assert (done["printed"], done["spoiled"], done["left"]) == (2, 0, 0)
    assert printing.engine.printed == 2 and blanko(printing) == (2, 0, 18)


def test_it_prints_a_spoiled_card_again_only_when_told(printing: Printing) -> None:
    """A jam spoils a blanko and ends there; with the switch it is tried once more."""
    printing.engine.faults = ["jam", "none", "jam", "jam"]
    ran = printing.town.run("enggano", "print", "--all")
    assert [e["event"] for e in ran.events] == ["spoiled", "printed", "done"]
    assert ran.one("done")["left"] == 1
    again = printing.town.run("enggano", "print", "--all", "--again-after-spoiled")
    assert [e["attempt"] for e in again.named("spoiled")] == [2, 3]
    assert again.one("done")["left"] == 1
    assert blanko(printing) == (1, 3, 16) and printing.engine.spoiled == 3


def test_it_waits_until_somebody_has_mended_the_printer(printing: Printing) -> None:
    """Its last card jams: fresh cards are waited for, then the same order is printed."""
    printing.engine.faults, printing.engine.cards = ["jam"], 1
    orders = printing.orders()
    refilled = threading.Timer(1.5, setattr, (printing.engine, "cards", 10))
    refilled.start()
    words = ("print", "--order", orders[0], "--again-after-spoiled")
    ran = printing.town.run("enggano", *words)
    refilled.join()
    assert ran.code == 0, ran.err
    names = [event["event"] for event in ran.events]
    assert names == ["spoiled", "waiting_for_printer", "printed", "done"]
    assert blanko(printing) == (1, 1, 18)


@pytest.mark.parametrize(
    ("outcome", "cause", "after"),
    [
        ("printed", (), (1, 0, 19)),
        ("spoiled", ("--cause", "GAGAL_ENCODE"), (0, 1, 19)),
        ("nothing", (), (0, 0, 20)),
    ],
)
def test_it_asks_about_an_uncertain_print_and_never_repeats_it(
    printing: Printing, outcome: str, cause: tuple[str, ...], after: tuple[int, ...]
) -> None:
    """It is listed, not printed again, until a person says what was seen."""
    printing.engine.faults = ["drop_printed"]
    ran = printing.town.run("enggano", "print", "--all", "--limit", "1")
    unclear = ran.one("uncertain")["order"]
    assert ran.one("look")["order"] == unclear
    before = printing.engine.cards_fed
    ran = printing.town.run("enggano", "print", "--order", unclear)
    assert ran.code == 2 and "Look at the printer" in ran.err
    assert printing.engine.cards_fed == before
    resolve = ("print", "--resolve", unclear, "--outcome", outcome, *cause)
    ran = printing.town.run("enggano", *resolve)
    assert ran.code == 0, ran.err
    assert [event["attempt"] for event in ran.events] == [1]
    assert blanko(printing) == after
    again = printing.town.run("enggano", *resolve)
    assert again.code == 2 and "nothing was changed" in again.err


def test_it_passes_over_a_card_whose_photo_is_still_on_the_road(
    printing: Printing,
) -> None:
    """The others are printed; that one stays in the queue, with the reason in words."""
    first, second = printing.orders()
    with printing.town.open("enggano") as office:
        state = reads.order(bytes.fromhex(first))
        assert state is not None
        office.journal.blobs.remove(state.blobs[0])
    ran = printing.town.run("enggano", "print", "--all")
    assert ran.code == 0, ran.err
    refused = ran.one("refused")
    assert refused["order"] == first and refused["code"] and refused["says"]
    assert ran.one("printed")["order"] == second and printing.orders() == [first]
    alone = printing.town.run("enggano", "print", "--order", first)
    assert alone.code == 2 and alone.err.count("\n") == 1
    assert blanko(printing) == (1, 0, 19)


def test_it_stops_when_the_printer_can_do_no_more(printing: Printing) -> None:
    """Out of cards: what is printed is printed, the rest stays queued, one sentence."""
    printing.engine.cards = 1
    ran = printing.town.run("enggano", "print", "--all")
    assert ran.code == 2 and ran.err.count("\n") == 1 and "not ready" in ran.err
    assert len(ran.named("printed")) == 1 and len(printing.orders()) == 1
    assert blanko(printing) == (1, 0, 19)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--order", "zz"), "hex digits"),
        (("--order", "00" * 12), "not in this node's book"),
        (("--resolve", "00" * 12), "--outcome"),
        (("--outcome", "printed"), "--resolve"),
        (("--resolve", "00" * 12, "--outcome", "printed"), "not in this node's book"),
        (("--all", "--limit", "0"), "--limit"),
        (("--all", "--order", "00" * 12), "not allowed"),
    ],
)
def test_it_refuses_a_wrong_call(
    printing: Printing, words: tuple[str, ...], part: str
) -> None:
    """One sentence, exit code 2, no blanko used."""
    ran = printing.town.run("enggano", "print", *words)
    assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    assert printing.engine.cards_fed == 0


@pytest.mark.parametrize(
    ("printer", "part"),
    [
        ("", "No card printer"),
        ("lp0", "cannot be used"),
        ("ipp://127.0.0.1:9", "not connected"),
    ],
)
def test_it_says_what_is_wrong_with_the_printer(
    printing: Printing, printer: str, part: str
) -> None:
    """Not set, not an address, not there: the queue stays as it is."""
    printing.town.set("enggano", printer=printer)
    ran = printing.town.run("enggano", "print", "--all")
    assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    assert len(printing.orders()) == 2


def test_it_speaks_to_people(printing: Printing) -> None:
    """The queue and the prints in Bahasa Indonesia, with names."""
    code, out, err = printing.town.say("enggano", "print", lang="id")
    assert code == 0 and "belum pernah punya KTP-el" in out, err
    code, out, err = printing.town.say("enggano", "print", "--all", lang="id")
    assert code == 0 and out.count("Tercetak:") == 2 and "2 tercetak" in out, err
    assert os.environ["PERAHU_PIN"] not in out
