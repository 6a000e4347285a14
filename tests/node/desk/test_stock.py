"""`perahu stock`: both halves of a transfer, what is spoiled, what is counted, the sum."""

from __future__ import annotations

import pytest

from tests.node.desk.town import Town

RECEIVED = (
    "receive",
    "--count",
    "100",
    "--source",
    "TERIMA_PUSAT",
    "--document",
    "B 1",
)


def test_it_works(new_town: Town) -> None:
    """From outside to the hub, on the way, at Enggano; the sum is zero at every step."""
    assert new_town.run("hub", "stock", *RECEIVED).one("stock")["on_hand"] == 100
    sent = new_town.run("hub", "stock", "send", "--count", "30", "--to", "Enggano")
    told = sent.one("stock")
    assert (told["on_hand"], len(told["transfer"])) == (70, 24)
    assert new_town.run("enggano", "stock", "arrive").events == []
    new_town.exchange()
    way = new_town.run("enggano", "stock", "arrive").one("on_the_way")
    assert way == {
        "event": "on_the_way", "transfer": told["transfer"], "item": "blanko",
        "count": 30, "sent_by": "Bengkulu Utara",
    }  # fmt: skip
    arrived = ("arrive", "--transfer", told["transfer"], "--count", "30")
    assert new_town.run("enggano", "stock", *arrived).one("stock")["on_hand"] == 30
    assert new_town.run("enggano", "stock", "arrive").events == []
    twice = new_town.run("enggano", "stock", *arrived)
    assert twice.code == 2 and "already" in twice.err
    new_town.exchange()
    for name in ("hub", "enggano"):
        shown = new_town.run(name, "stock")
        assert shown.one("ledger")["sum"] == 0
        assert sum(event["count"] for event in shown.named("account")) == 0


def test_it_notes_what_is_spoiled_and_what_was_counted(new_town: Town) -> None:
    """Every piece has its account; a difference needs its reason."""
    new_town.run("hub", "stock", *RECEIVED)
    spoiled = ("stock", "spoil", "--count", "2", "--cause", "CACAT_PABRIK")
    assert new_town.run("hub", *spoiled).one("stock")["on_hand"] == 98
    counted = ("stock", "count", "--count", "97")
    ran = new_town.run("hub", *counted)
    assert ran.code == 2 and "reason" in ran.err
    ran = new_town.run("hub", *counted, "--reason", "satu hilang")
    assert ran.one("stock")["on_hand"] == 97
    assert new_town.run("hub", "stock").one("ledger")["sum"] == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("receive", "--count", "5"), "--source --document"),
        (("receive", "--count", "0", *RECEIVED[3:]), "whole number"),
        (("receive", "--count", "many", *RECEIVED[3:]), "invalid int"),
        (
            ("receive", "--count", "5", "--source", "X", "--document", "B"),
            "choose from",
        ),
        (
            ("receive", "--count", "5", "--source", "TERIMA_PUSAT", "--document", ""),
            "Write",
        ),
        (("send", "--count", "5", "--to", "Atlantis"), "not known"),
        (("send", "--count", "5", "--to", "Enggano"), "only 0"),
        (("arrive", "--transfer", "zz", "--count", "1"), "hex digits"),
        (("arrive", "--transfer", "00" * 12, "--count", "1"), "No transfer"),
        (("arrive", "--transfer", "00" * 12), "--count"),
        (("spoil", "--count", "1"), "--cause"),
        (("spoil", "--count", "1", "--cause", "GAGAL_CETAK"), "only 0"),
        (("count",), "--count"),
        (("burn",), "choose from"),
    ],
)
def test_it_refuses_a_wrong_call(
    new_town: Town, words: tuple[str, ...], part: str
) -> None:
    """One sentence, exit code 2, and nothing in the ledger."""
    ran = new_town.run("hub", "stock", *words)
    assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    assert new_town.run("hub", "stock").events == [{"event": "ledger", "sum": 0}]


def test_it_speaks_to_people(new_town: Town) -> None:
    """Accounts have names that people read."""
    new_town.run("hub", "stock", *RECEIVED)
    code, out, err = new_town.say("hub", "stock", lang="id")
    assert code == 0 and "di kantor Bengkulu Utara" in out, err
    assert "Jumlah seluruh buku: 0" in out


def test_it_says_that_the_second_medium_is_away(new_town: Town) -> None:
    """Whoever acts hears that what she records lies on one disk alone; it is recorded."""
    stick = new_town.folder / "stick"
    stick.mkdir()
    new_town.set("hub", mirror=str(stick))
    assert "NOT there" not in new_town.say("hub", "stock", *RECEIVED)[2]
    stick.rename(new_town.folder / "pocket")
    code, out, err = new_town.say("hub", "stock", *RECEIVED)
    assert code == 0 and "200" in out and "NOT there" in err
