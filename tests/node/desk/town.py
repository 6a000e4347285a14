"""A hub and Enggano in real folders, with people, PINs, and a way to run commands there.

Founding, joining, recording and ordering take seconds, so each stage is made once a
session and copied for every test that starts from it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.secret import SecretBox

from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_store import open_store
from perahu.devices.matcher import extract
from perahu.journal.journal import Journal
from perahu.journal.limits import CHUNK_BYTES
from perahu.journal.types import COMMON
from perahu.keys import cbor
from perahu.keys import pin as pins
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.keys.vault import Cost, seal_secret, stretch
from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.hub import Hub, hub_round
from perahu.node.office import Office, open_office
from perahu.node.rng import system_random
from perahu.node.settings import load_settings, save_settings
from perahu.people.models import Person
from sim.people import write_csv
from tests.cast import carry
from tests.devices.scanners.desk import ROOT, SimulatedDesk
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

PIN = "473829"
PEOPLE = 150
OFFICERS = {"hub": "ratna", "enggano": "sari"}
DAY_MS = 24 * 3600 * 1000
CHEAP = Cost(ops=1, memory_bytes=8192)


@dataclass
class Ran:
    """How a command ended and what it said."""

    code: int
    events: list[dict[str, Any]]
    err: str

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of this name."""
        return [event for event in self.events if event["event"] == name]

    def one(self, name: str) -> dict[str, Any]:
        """The only event of this name."""
        (event,) = self.named(name)
        return event


@dataclass
class Town:
    """The folders of the two nodes, and a terminal at each."""

    folder: Path
    terminal: pytest.CaptureFixture[str] | None = None
    scanners: SimulatedDesk | None = None

    def at(self, name: str) -> Path:
        """The folder of a node."""
        return self.folder / name

    def open(self, name: str) -> Office:
        """A node, opened in this process."""
        return open_office(self.at(name), passphrase=PHRASE)

    def say(
        self, name: str, *words: str | Path, lang: str = "en"
    ) -> tuple[int, str, str]:
        """Run a command as the node's operator, for people; code, stdout and stderr."""
        assert self.terminal is not None
        self.terminal.readouterr()
        os.environ["PERAHU_PIN"] = PIN
        officer = ("--officer", OFFICERS[name])
        code = perahu(self.at(name), *words, *officer, lang=lang)
        shown = self.terminal.readouterr()
        return code, shown.out, shown.err

    def run(self, name: str, *words: str | Path) -> Ran:
        """Run a command as the node's operator, with `--json`."""
        code, out, err = self.say(name, *words, "--json")
        return Ran(code, [json.loads(line) for line in out.splitlines()], err)

    def start(self, name: str, *words: str | Path) -> subprocess.Popen[str]:
        """The same in a process of its own."""
        given = [sys.executable, "-m", "perahu", "--dir", str(self.at(name))]
        given += [*map(str, words), "--officer", OFFICERS[name], "--json"]
        return subprocess.Popen(
            given,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PERAHU_PIN": PIN, "PERAHU_PASSPHRASE": PHRASE},
        )

    def set(self, name: str, **changes: Any) -> None:
        """Change a node's settings."""
        path = self.at(name)
        settings = load_settings(path)
        save_settings(path, replace(settings, **changes))

    def exchange(self) -> None:
        """A perfect link: everything each has for the other, entries and blobs."""
        with ExitStack() as both:
            hub = both.enter_context(self.open("hub")).journal
            enggano = both.enter_context(self.open("enggano")).journal
            for_enggano = (COMMON, enggano.node_id)
            carry(hub, enggano, audience=for_enggano.__contains__)
            carry(enggano, hub, audience=lambda audience: audience == b"")
            bring_blobs(hub, enggano)
            bring_blobs(enggano, hub)

    def to_record(self, count: int = 1) -> list[str]:
        """The NIK of residents of Enggano who may be recorded."""
        with self.open("enggano") as office:
            latest = office.now().today - timedelta(days=18 * 366)
            rows = Person.objects.filter(
                status_rekam="UNREGISTERED", tanggal_lahir__lt=latest
            )
            found = list(rows.order_by("nik").values_list("nik", flat=True)[:count])
        assert len(found) == count
        return found

    def centre_answers(self) -> None:
        """The hub hands over what it has, and hears PRR of all of it."""
        now_ms = 0
        store = open_store(":memory:")
        centre = SimulatedCentre(
            store, now_ms=lambda: now_ms, settings=SimulatorSettings(seed=1)
        )
        with self.open("hub") as office:
            hub = Hub(office=office, centre=centre, extract=extract)
            for _ in range(4):
                hub_round(hub)
                now_ms += 30 * DAY_MS


def bring_blobs(source: Journal, target: Journal) -> None:
    """Bring every blob that the target misses and the source has."""
    for ref in target.blobs.missing():
        if source.blobs.has(ref.sha256):
            for index in range(-(-ref.size // CHUNK_BYTES)):
                piece = source.blobs.read_chunk(ref.sha256, index)
                target.blobs.add_chunk(ref, index, piece)


def found_town(folder: Path) -> Town:
    """Both nodes, Ratna and Sari with all rights and their PINs; nobody imported yet."""
    folder.mkdir(parents=True, exist_ok=True)
    town = Town(folder)
    founded = found_hub(folder)
    add_enggano(folder)
    code = new_activation_code(system_random)
    for name in OFFICERS:
        make_cheap(town.at(name) / "node.key")
    with town.open("hub") as office:
        set_cheap_pin(office, "ratna", founded.activation_code)
        today = office.now().today
        plan = GrantPlan(
            login="sari",
            name="Sari",
            rights=RIGHTS,
            wilayah=("170301",),
            valid_from=today,
            valid_until=today + timedelta(days=300),
            decree="SK/2/2026",
        )
        activation = activation_hash(code)
        grant_operator(
            office.journal,
            office.ask(),
            plan,
            operator=system_random(8),
            activation=activation,
        )
    town.exchange()
    with town.open("enggano") as office:
        set_cheap_pin(office, "sari", code)
    write_csv(town.folder / "enggano.csv", kecamatan="170301", count=PEOPLE, seed=5)
    return town


def make_cheap(key_file: Path) -> None:
    """Seal a node's secret anew so that opening it costs no time; tests open it often."""
    sealed = cbor.decode(key_file.read_bytes(), 4096)
    key = stretch(PHRASE.encode(), sealed[2], Cost(sealed[3], sealed[4]))
    secret = SecretBox(key).decrypt(sealed[6], sealed[5])
    key_file.write_bytes(seal_secret(secret, PHRASE, system_random, CHEAP))


def set_cheap_pin(office: Office, login: str, code: str) -> None:
    """Set the PIN so that a guess costs no time."""
    grant = office.authority.operator_by_login(login)
    assert grant is not None
    new = pins.NewPin(
        operator=grant.operator, code=code, activation=grant.activation, pin=PIN
    )
    device = pins.Device(office.keys.device_key, CHEAP)
    pins.set_pin(office.journal.local, device, new, system_random)


def copy_town(town: Town, folder: Path) -> Path:
    """The same files in another folder, to be used instead of the first."""
    shutil.copytree(town.folder, folder)
    return folder
