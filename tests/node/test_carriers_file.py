"""`[[carriers]]` in node.toml: read, checked in words, written back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from perahu.node.carriers.file import ONLY, CarrierEntry, hours_of
from perahu.node.settings import (
    Settings,
    load_settings,
    save_settings,
    settings_of,
    toml_of,
)
from perahu.words import Refusal

PLAIN = {"name": "Enggano", "role": "kecamatan", "wilayah": ["170301"]}
TEXT = """
name = "Enggano"
role = "kecamatan"
wilayah = ["170301"]

[[carriers]]
name = "vsat"
words = "Parabola kantor"
kind = "satelit"
address = "hub.example:443"
interface = "eth1"
monthly_mb = 4000
hours = "22:00-03:00"

[[carriers]]
name = "sim-1"
kind = "seluler"
address = "[2001:db8::1]:443"
source = "10.0.0.2"
preference = 2
cost_per_mb = 12
outside = "nothing"
udp = false
"""


def test_it_works(tmp_path: Path) -> None:
    """What people wrote is what the node has, and saved it is the same again."""
    (tmp_path / "node.toml").write_text(TEXT)
    settings = load_settings(tmp_path)
    vsat, sim = settings.carriers
    assert vsat.shown == "Parabola kantor" and vsat.udp and vsat.window is not None
    assert (sim.preference, sim.cost_per_mb, sim.udp) == (2, 12, False)
    assert settings.ways == settings.carriers
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path) == settings
    assert tomllib.loads(toml_of(settings))["carriers"][1]["source"] == "10.0.0.2"


def test_it_keeps_the_old_parent_as_the_one_carrier() -> None:
    """A node.toml without carriers goes on as before; without a parent it has none."""
    old = settings_of({**PLAIN, "parent": "10.1.2.3:7443"}, Path("node.toml"))
    assert old.ways == (CarrierEntry(name=ONLY, address="10.1.2.3:7443"),)
    assert Settings(name="A", role="kecamatan", wilayah=("17",)).ways == ()


GOOD = {"name": "sim", "address": "10.0.0.1:443"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sim", "[[carriers]]"),
        (["sim"], "bukan tabel"),
        ([{"name": "sim"}], "'address' tidak ada"),
        ([{"address": "10.0.0.1:443"}], "'name' tidak ada"),
        ([{**GOOD, "name": "SIM 1"}], "isi 'name'"),
        ([{**GOOD, "address": "10.0.0.1"}], "host:port"),
        ([{**GOOD, "address": ""}], "isi 'address'"),
        ([{**GOOD, "kind": "merpati"}], "seluler"),
        ([{**GOOD, "hours": "22-3"}], "22:00-03:00"),
        ([{**GOOD, "hours": "22:00-22:00"}], "22:00-03:00"),
        ([{**GOOD, "hours": "25:00-03:00"}], "22:00-03:00"),
        ([{**GOOD, "outside": "photos"}], "records, nothing"),
        ([{**GOOD, "interface": "eth0; reboot"}], "isi 'interface'"),
        ([{**GOOD, "source": "here"}], "isi 'source'"),
        ([{**GOOD, "monthly_mb": -1}], "isi 'monthly_mb'"),
        ([{**GOOD, "preference": True}], "isi 'preference'"),
        ([{**GOOD, "udp": 1}], "isi 'udp'"),
        ([{**GOOD, "price": 5}], "'price' tidak dikenal"),
        ([{**GOOD, "contact_s": 5}], "di atas [[carriers]]"),
        ([{**GOOD, "cost_per_mb": "12"}], "tanpa tanda kutip"),
        ([GOOD, GOOD], "dua jalur"),
        ([{**GOOD, "name": f"s{n}"} for n in range(17)], "lebih dari 16"),
    ],
)
def test_it_says_what_is_wrong(wrong: object, said: str) -> None:
    """A wrong table is named with its key; the book stays untouched."""
    with pytest.raises(Refusal) as refused:
        settings_of({**PLAIN, "carriers": wrong}, Path("node.toml"))
    assert said in refused.value.words.id


def test_it_reaches_across_midnight() -> None:
    """22:00 to 03:00 holds late evening and early morning, and nothing between."""
    night = hours_of("22:00-03:00")
    assert [night.holds(h * 60) for h in (21, 22, 23, 0, 2, 3, 12)] == [
        False, True, True, True, True, False, False,
    ]  # fmt: skip
    assert night.minutes_to(21 * 60 + 30) == 30 and night.minutes_to(60) == 0
    day = hours_of("08:00-16:30")
    assert day.holds(16 * 60 + 29) and not day.holds(16 * 60 + 30)
    assert day.minutes_to(17 * 60) == 15 * 60
