"""Every command at a node that is broken, locked, away or read-only: one sentence, nothing
changed; and damaged tables are no trouble at all."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from perahu.node.cli import COMMANDS, main
from perahu.people import reads
from tests.audits import leave_out
from tests.node.offices import PHRASE
from tests.system.mounts import make_read_only, small_disk
from tests.system.world import HUB, PIN, World
from tests.system.wrong import check_sentence, refused, snapshot

NO_SERVER = "postgresql://perahu@127.0.0.1:9/book"
_OFFICER = "--officer ratna"
_HEX = "00" * 12

ORDERS = {
    "enrol": "enrol --name X --role field --wilayah 1703 --out {out}",
    "grant": "grant --login x --name X --decree S --rights record --wilayah 1703",
    "revoke": "revoke --login sari --reason x",
    "policy": "policy --set ONLINE_ONLY --decree S",
    "pin": "pin --login sari",
    "serve": "serve",
    "sync": "sync",
    "road": "road",
    "courier": "courier import {stick}",
    "relay": "relay list",
    "import": f"import {_OFFICER} {{csv}}",
    "find": f"find {_OFFICER} sari",
    "record": f"record {_OFFICER} --nik 1703016001009001",
    "print": f"print {_OFFICER} --all",
    "hand-over": f"hand-over {_OFFICER} --order {_HEX} --code X",
    "stock": f"stock {_OFFICER}",
    "map": "map {csv}",
    "field": f"field trips {_OFFICER}",
    "case": f"case {_OFFICER}",
    "status": "status",
    "verify": "verify",
    "rescue": "rescue --out {out}",
    "history": "history",
}
"""Each command as it would be right, if the node were."""


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What is wrong with a node, and a word of what is said of it."""

    name: str
    says: str
    do: Callable[[Path], object] = lambda folder: None
    env: dict[str, str] = field(default_factory=dict)


def _garbage(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"not this " * 500)


def _without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _halve(folder: Path) -> None:
    book = folder / "book.sqlite3"
    os.truncate(book, book.stat().st_size // 2 // 4096 * 4096)


DAMAGES = (
    Damage(name="no-folder", says="no Perahu node", do=shutil.rmtree),
    Damage(name="no-settings", says="no Perahu node", do=_without("node.toml")),
    Damage(name="settings", says="node.toml", do=_garbage("node.toml")),
    Damage(name="no-key", says="node.key", do=_without("node.key")),
    Damage(name="key", says="key file", do=_garbage("node.key")),
    Damage(name="certificate", says="certificate", do=_garbage("certificate")),
    Damage(
        name="book",
        says="is damaged (file is not a database)",
        do=_garbage("book.sqlite3"),
    ),
    Damage(name="half-a-book", says="book", do=_halve),
    Damage(
        name="phrase", says="passphrase", env={"PERAHU_PASSPHRASE": "another phrase"}
    ),
    Damage(name="no-phrase", says="waits for", env={"PERAHU_PASSPHRASE": ""}),
    Damage(name="no-server", says="does not answer", env={"PERAHU_BOOK": NO_SERVER}),
    Damage(name="no-url", says="PERAHU_BOOK", env={"PERAHU_BOOK": "mysql://x/y"}),
)


@pytest.fixture(scope="module")
def broken(founded: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A hub for every damage; refused commands leave it as it is for the next one."""
    folder = tmp_path_factory.mktemp("broken")
    leave_out(folder, "a hub for every damage there is")
    found = {}
    for damage in DAMAGES:
        found[damage.name] = folder / damage.name / "hub"
        shutil.copytree(founded.place(HUB), found[damage.name])
        damage.do(found[damage.name])
    return found


def _given(name: str, folder: Path) -> list[str]:
    beside = folder.parent
    shown = {"out": beside / "x", "stick": beside, "csv": beside / "gone.csv"}
    return ["--dir", str(folder), *shlex.split(ORDERS[name].format(**shown))]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever secret a command may ask for."""
    monkeypatch.setenv("PERAHU_PIN", PIN)
    monkeypatch.setenv("PERAHU_CODE", "0000-0000-0000-0000")


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_it_works(
    damage: Damage,
    known: None,
    broken: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever the command, the damage is named and left as it is."""
    for name, value in damage.env.items():
        monkeypatch.setenv(name, value)
    folder = broken[damage.name]
    before = snapshot(folder.parent)
    for name in ORDERS:
        said = refused(_given(name, folder), capsys, twice=name == "verify")
        assert damage.says in said.en, (name, said.en)
        assert snapshot(folder.parent) == before, name


def test_it_tries_every_command() -> None:
    """A new command is tried too; `trust` reads the certificate's files and no book."""
    assert {"init", "trust", *ORDERS} == set(COMMANDS)


def test_it_refuses_a_disk_that_is_read_only(
    known: None, founded: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing can be written, which is said; no command pretends."""
    with small_disk(tmp_path / "disk", "20m") as disk:
        shutil.copytree(founded.place(HUB), disk / "hub")
        before = snapshot(disk)
        make_read_only(disk)
        for name in ORDERS:
            refused(_given(name, disk / "hub"), capsys, twice=name == "verify")
        found = ["init", "--name", "X", "--wilayah", "1703", "--decree", "S"]
        refused(["--dir", str(disk / "new"), *found], capsys)
        assert snapshot(disk) == before


def test_it_founds_nothing_where_the_database_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kabupaten on a server that is down: neither folder, draft nor root key."""
    found = ["init", "--name", "X", "--wilayah", "1703", "--decree", "S"]
    folder = tmp_path / "new"
    said = refused(["--dir", str(folder), *found, "--book", NO_SERVER], capsys)
    assert "does not answer" in said.en
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not tables " * 900, bytes(8192)])
def test_it_builds_damaged_tables_again(
    content: bytes, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables are no truth: any command replaces them, says so, and goes on."""
    folder = world.place(HUB)
    (folder / "tables.sqlite3").write_bytes(content)
    assert main(["--lang", "en", "--dir", str(folder), "status"]) == 0
    assert "Bengkulu Utara" in capsys.readouterr().out
    with world.open(HUB) as office:
        assert reads.by_nik(world.residents()[0]) is not None
        assert office.journal.verify().sound


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that another program holds."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield f"127.0.0.1:{other.getsockname()[1]}"


@pytest.mark.damages_book("a boat's book is overwritten")
def test_it_ends_so_as_a_process_too(known: None, world: World, taken: str) -> None:
    """Real processes: a taken port, a broken book, a wrong PIN, a parent who is away."""
    world.change("Enggano", parent="127.0.0.1:9")
    world.change(HUB, page=taken)
    _garbage("book.sqlite3")(world.place("Kapal"))
    orders = (
        (HUB, "serve", PIN, taken),
        ("Kapal", "verify", PIN, "rusak"),
        ("Enggano", "record --officer sari --nik 1703016001009001", "000000", "PIN"),
        ("Enggano", "sync", PIN, "tidak terjangkau"),
    )
    children = [_begin(world.place(name), words, pin) for name, words, pin, _ in orders]
    for child, (*_, says) in zip(children, orders, strict=True):
        out, said = child.communicate(timeout=60)
        check_sentence(child.returncode, said)
        assert (out, says in said) == ("", True), said


def _begin(folder: Path, words: str, pin: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "perahu", "--dir", str(folder), *words.split()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PERAHU_PASSPHRASE": PHRASE, "PERAHU_PIN": pin},
    )
