"""How a command ends: done, or one clear sentence and exit code 2, never a traceback."""

from __future__ import annotations

import errno
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.node import cli
from perahu.node.office import open_office
from perahu.node.sentences import sentence_for
from tests.node.offices import PHRASE, found_hub, perahu


def test_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists every command, in the language asked for."""
    for language, word in (("en", "usage: perahu"), ("id", "pemakaian: perahu")):
        with pytest.raises(SystemExit) as ended:
            cli.main(["--lang", language, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert text.startswith(word)
        assert all(f"    {name}" in text for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_it_explains_every_command_in_both_languages(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command's help says what it does; the two languages differ."""
    command = import_module(f"perahu.node.commands.{name.replace('-', '_')}")
    assert name == command.NAME
    texts = []
    for language in ("id", "en"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["--lang", language, name, "--help"])
        assert ended.value.code == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] != texts[1]
    assert command.HELP.id != command.HELP.en


def test_it_speaks_indonesian_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a choice it is Bahasa Indonesia; the environment may choose English."""
    assert cli.main(["verify", "--dir", "/nowhere"]) == 2
    assert "tidak ada simpul" in capsys.readouterr().err
    monkeypatch.setenv("PERAHU_LANG", "en")
    assert cli.main(["verify", "--dir", "/nowhere"]) == 2
    assert "no Perahu node" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["sail"],
        ["verify", "--nonsense"],
        ["verify", "stray"],
        ["grant"],
        ["init", "--role", "captain"],
        ["--lang", "fr", "verify"],
    ],
)
def test_it_refuses_a_wrong_command_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence on stderr, nothing on stdout, exit code 2."""
    assert cli.main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("book.sqlite3", b"not a book" * 1000),
        ("certificate", b"\xff" * 50),
        ("certificate", None),
        ("node.key", b"\x00"),
        ("node.key", None),
        ("root.pub", b"zz"),
        ("root.pub", b"00" * 32),
        ("node.toml", b"name = "),
        ("node.toml", b"\xff\xfe"),
        ("node.toml", b'name = "x"\nrole = "pirate"\nwilayah = ["17"]\n'),
        ("node.toml", b'sail = "x"\n'),
    ],
)
@pytest.mark.damages_book("files are replaced, some of them its own", always=False)
def test_it_says_what_is_broken(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    content: bytes | None,
) -> None:
    """A damaged or missing file of a node ends in one sentence, and stays as it was."""
    found_hub(tmp_path)
    path = tmp_path / "hub" / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert perahu(tmp_path / "hub", "verify") == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and "Traceback" not in shown
    assert "mistake in the program" not in shown, shown
    assert (path.read_bytes() if path.exists() else None) == content


def test_it_asks_for_the_passphrase_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a passphrase it says what it waits for; a file or systemd may give it."""
    found_hub(tmp_path)
    phrase = tmp_path / "perahu-passphrase"
    phrase.write_text("ombak besar di Enggano\n")
    monkeypatch.delenv("PERAHU_PASSPHRASE")
    assert perahu(tmp_path / "hub", "verify") == 2
    assert "waits for the passphrase" in capsys.readouterr().err
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert perahu(tmp_path / "hub", "verify") == 0
    monkeypatch.setenv("PERAHU_PASSPHRASE_FILE", str(tmp_path / "gone"))
    assert perahu(tmp_path / "hub", "verify") == 2
    monkeypatch.setenv("PERAHU_PASSPHRASE_FILE", str(phrase))
    assert perahu(tmp_path / "hub", "verify") == 0


def test_it_shows_a_traceback_only_when_debugging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PERAHU_DEBUG lets the error through to the developer."""
    monkeypatch.setenv("PERAHU_DEBUG", "1")
    with pytest.raises(Exception, match="no_node"):
        perahu(tmp_path, "verify")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EIO, "Input/output error"), "broken"),
        (OSError(errno.EADDRINUSE, "Address already in use"), "taken"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "/x"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "permitted"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/x"), "missing"),
        (sqlcipher.OperationalError("database or disk is full"), "full"),
        (sqlcipher.DatabaseError("file is not a database"), "damaged"),
        (sqlcipher.DatabaseError("database disk image is malformed"), "damaged"),
        (sqlcipher.OperationalError("database is locked"), "another process"),
        (sqlcipher.OperationalError("unable to open database file"), "opened"),
        (psycopg.OperationalError("connection refused"), "hub's database"),
    ],
)
def test_it_has_a_sentence_for_every_trouble(error: Exception, word: str) -> None:
    """The operating system's and the databases' errors become words, in both languages."""
    words = sentence_for(error)
    assert words is not None and word in words.en
    assert words.id and words.id != words.en


def test_it_calls_a_mistake_of_the_program_by_its_name() -> None:
    """What was not foreseen is not dressed up as something else."""
    assert sentence_for(KeyError("x")) is None


@pytest.mark.parametrize("room_bytes", [3_000, 60_000])
def test_it_says_that_the_disk_is_full(tmp_path: Path, room_bytes: int) -> None:
    """Out of room in the middle of a founding: one sentence, code 2, nothing half-done."""
    done = _with_little_room(tmp_path / "hub", room_bytes, *FOUND)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1 and "full" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_it_changes_nothing_when_the_disk_is_full(tmp_path: Path) -> None:
    """A book that cannot grow says so, stays sound, and goes on when there is room."""
    found_hub(tmp_path)
    hub = tmp_path / "hub"
    words = ("policy", "--set", "ONLINE_ONLY", "--decree", "SK/9")
    done = _with_little_room(hub, 12_000, *words)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    assert perahu(hub, "verify") == 0
    with open_office(hub, passphrase=PHRASE) as office:
        assert office.authority.policy.policy == "STORE_AND_FORWARD"
    assert perahu(hub, *words) == 0


FOUND = ("init", "--name", "Bengkulu Utara", "--wilayah", "1703", "--decree", "SK/1")


def _with_little_room(
    folder: Path, room_bytes: int, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that may make no file longer than this."""
    code = (
        "import resource, sys; from perahu.node.cli import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room_bytes}, {room_bytes}));"
        "sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "--lang", "en", "--dir", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
    )
