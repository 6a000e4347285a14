"""Fixtures: stages of one town, each made once and copied for every test."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from perahu.devices.sim_printer import PrinterServer, keep_in
from perahu.devices.sim_printer_engine import CardPrinterEngine
from perahu.node.settings import load_settings
from tests.devices.scanners.desk import SimulatedDesk
from tests.node.desk.town import PIN, Town, copy_town, found_town
from tests.node.offices import PHRASE, perahu

STARTS_MAX = 5


@pytest.fixture(scope="session")
def scanners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedDesk]:
    """The simulated scanners of Enggano, as a process."""
    for _ in range(STARTS_MAX):
        keys = tmp_path_factory.mktemp("scanners") / "keys"
        desk = SimulatedDesk.start(keys)
        root = keys / "root.pem"
        if root.exists() and desk.ask("GET", "/sim/root.pem")[1] == root.read_bytes():
            yield desk
            desk.stop()
            return
        # Another run took the port in between, and answered in its stead.
        desk.stop()
    raise AssertionError("every port for scanners is taken by others")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Two nodes and their operators."""
    return found_town(tmp_path_factory.mktemp("founded") / "town")


@pytest.fixture(scope="session")
def peopled(founded: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The residents are imported, and Enggano knows its own; 20 blanko lie there."""
    town = Town(copy_town(founded, tmp_path_factory.mktemp("peopled") / "town"))
    _do(town, "hub", "ratna", "import", str(town.folder / "enggano.csv"))
    town.exchange()
    words = ("stock", "receive", "--count", "20", "--source", "TERIMA_PROVINSI")
    _do(town, "enggano", "sari", *words, "--document", "BAST 1")
    return town


@pytest.fixture(scope="session")
def ordered_once(
    peopled: Town,
    scanners: SimulatedDesk,
    tmp_path_factory: pytest.TempPathFactory,
) -> Town:
    """Two people were recorded at Enggano, the centre passed them, Enggano may print."""
    town = Town(copy_town(peopled, tmp_path_factory.mktemp("ordered") / "town"))
    _plug_in(town, scanners)
    niks = town.to_record(2)
    for nik in niks:
        _do(town, "enggano", "sari", "record", "--nik", nik, "--sim-person")
    town.exchange()
    town.centre_answers()
    town.exchange()
    (town.folder / "recorded.txt").write_text("\n".join(niks))
    return town


def _do(town: Town, name: str, officer: str, *words: str) -> None:
    """A command that must succeed, outside of any test."""
    known = {"PERAHU_PASSPHRASE": PHRASE, "PERAHU_PIN": PIN}
    before = {key: os.environ.get(key) for key in known}
    os.environ.update(known)
    try:
        assert perahu(town.at(name), *words, "--officer", officer) == 0, words
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _plug_in(town: Town, scanners: SimulatedDesk) -> None:
    root = (scanners.keys / "root.pem").read_bytes()
    settings = load_settings(town.at("enggano"))
    (town.at("enggano") / settings.scanner_root).write_bytes(root)
    town.set("enggano", scanners=(scanners.port,))


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator types her PIN."""
    monkeypatch.setenv("PERAHU_PIN", PIN)


@pytest.fixture
def new_town(
    founded: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str], pin: None
) -> Town:
    """A copy of `founded`."""
    return Town(copy_town(founded, tmp_path / "town"), capsys)


@pytest.fixture
def town(
    peopled: Town,
    scanners: SimulatedDesk,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    pin: None,
) -> Town:
    """A copy of `peopled`, with the scanners plugged in and nothing broken."""
    copied = Town(copy_town(peopled, tmp_path / "town"), capsys)
    scanners.control("reset")
    _plug_in(copied, scanners)
    copied.scanners = scanners
    return copied


@dataclass
class Printing:
    """A town with two cards to print, and its printer."""

    town: Town
    engine: CardPrinterEngine
    niks: list[str]

    def orders(self) -> list[str]:
        """The queue, as the command lists it."""
        return [event["order"] for event in self.town.run("enggano", "print").events]


@pytest.fixture
def printing(
    ordered_once: Town,
    scanners: SimulatedDesk,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    pin: None,
) -> Iterator[Printing]:
    """A copy of `ordered_once`, with a printer of its own."""
    copied = Town(copy_town(ordered_once, tmp_path / "town"), capsys)
    scanners.control("reset")
    copied.scanners = scanners
    engine = CardPrinterEngine(time.monotonic, keep_in(tmp_path / "cards"), card_s=0.0)
    server = PrinterServer(0, engine)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    copied.set("enggano", printer=server.uri)
    yield Printing(copied, engine, (copied.folder / "recorded.txt").read_text().split())
    server.shutdown()
    server.server_close()
    thread.join()
