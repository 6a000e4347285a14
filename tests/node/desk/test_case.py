"""`perahu case`: the cases that wait for a person, and the decision of one."""

from __future__ import annotations

import pytest

from perahu.cases.actions import open_cases
from perahu.cases.rules import Finding
from tests.node.desk.town import Town
from tests.node.offices import perahu


@pytest.fixture
def disputed(new_town: Town) -> str:
    """One case waits at the hub: a transfer that arrived with one blanko less."""
    with new_town.open("hub") as office:
        finding = Finding(
            kind="TRANSFER_DIFFERENCE", about=(b"t" * 12,), reason="dikirim 20, tiba 19"
        )
        assert open_cases(office.journal, office.ask(), findings=[finding])
    return finding.case.hex()


def test_it_works(new_town: Town, disputed: str) -> None:
    """It is listed with its choices, decided once, and then gone from the list."""
    shown = new_town.run("hub", "case").one("case")
    assert (shown["case"], shown["choices"]) == (disputed, ["SELESAI"])
    assert "selisih kiriman stok" in new_town.say("hub", "case", lang="id")[1]
    words = ("--decide", disputed, "--decision", "SELESAI", "--reason", "satu jatuh")
    assert new_town.run("hub", "case", *words).one("decided")["decision"] == "SELESAI"
    assert new_town.run("hub", "case").events == []
    assert "No case" in new_town.say("hub", "case")[1]
    again = new_town.run("hub", "case", *words)
    assert again.code == 2 and "already" in again.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--decide", "00" * 12), "together"),
        (("--reason", "x"), "together"),
        (("--decide", "zz", "--decision", "SAH", "--reason", "x"), "hex digits"),
        (("--decide", "00" * 12, "--decision", "SAH", "--reason", "x"), "not in this"),
    ],
)
def test_it_refuses_half_a_decision(
    new_town: Town, words: tuple[str, ...], part: str
) -> None:
    """One sentence, and nothing is decided."""
    ran = new_town.run("hub", "case", *words)
    assert ran.code == 2 and not ran.events and part in ran.err


def test_it_decides_at_the_hub_only(new_town: Town) -> None:
    """An office sees its cases; it decides none."""
    words = ("--decide", "00" * 12, "--decision", "SAH", "--reason", "x")
    ran = new_town.run("enggano", "case", *words)
    assert ran.code == 2 and "at the hub" in ran.err


def test_it_shows_in_the_status(
    new_town: Town, disputed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`perahu status` says that a person is waited for, and what to call."""
    assert perahu(new_town.at("hub"), "status", lang="id") == 0
    assert "1 kasus menunggu keputusan orang" in capsys.readouterr().out
