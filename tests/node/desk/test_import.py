"""`perahu import`: look first, take in, go on, undo; and the sentence for every bad file."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.people import reads
from sim.people import write_csv
from tests.node.desk.town import PEOPLE, Town


def people_of(town: Town, name: str) -> int:
    """How many residents a node knows."""
    with town.open(name):
        return sum(reads.counts_by_desa().values())


def test_it_works(new_town: Town) -> None:
    """The residents are taken in, a second time they are known, and Enggano hears of them."""
    path = new_town.folder / "enggano.csv"
    ran = new_town.run("hub", "import", path)
    assert ran.code == 0, ran.err
    assert ran.named("imported")[-1] == {
        "event": "imported", "done": PEOPLE, "of": PEOPLE
    }  # fmt: skip
    done = ran.events[-1]
    assert done["event"] == "done" and len(done["batch"]) == 24
    counts = [done[key] for key in ("accepted", "refused", "unchanged", "unserved")]
    assert counts == [PEOPLE, 0, 0, 0]
    again = new_town.run("hub", "import", path).events[-1]
    assert (again["accepted"], again["unchanged"]) == (0, PEOPLE)
    assert again["batch"] == done["batch"]
    new_town.exchange()
    assert people_of(new_town, "enggano") == PEOPLE


def test_it_looks_first(new_town: Town) -> None:
    """The dry run counts, names the first wrong rows in words, and writes nothing."""
    path = new_town.folder / "bad.csv"
    write_csv(path, kecamatan="170301", count=100, seed=3, bad_rows=30)
    ran = new_town.run("hub", "import", path, "--dry-run")
    assert ran.code == 0, ran.err
    checked = ran.one("checked")
    assert (checked["rows"], checked["refused"], checked["added"]) == (100, 30, 70)
    errors = ran.named("row_error")
    assert len(errors) == 20 and all(event["says"] for event in errors)
    assert ran.one("row_errors_more")["more"] >= 10
    assert people_of(new_town, "hub") == 0


def test_it_takes_bad_rows_only_when_told_to_skip_them(new_town: Town) -> None:
    """A file with bad rows is refused whole; with --skip-bad the good ones come in."""
    path = new_town.folder / "bad.csv"
    write_csv(path, kecamatan="170301", count=100, seed=3, bad_rows=5)
    ran = new_town.run("hub", "import", path)
    assert ran.code == 2 and ran.err.count("\n") == 1 and ran.events == []
    assert people_of(new_town, "hub") == 0
    done = new_town.run("hub", "import", path, "--skip-bad").events[-1]
    assert (done["accepted"], done["refused"]) == (95, 5)


def test_it_undoes_a_whole_import(new_town: Town) -> None:
    """With its reason; a second time it is refused."""
    path = new_town.folder / "enggano.csv"
    batch = new_town.run("hub", "import", path).events[-1]["batch"]
    undo = ("import", "--undo", batch, "--reason", "berkas keliru")
    assert new_town.run("hub", *undo).one("undone")["batch"] == batch
    assert people_of(new_town, "hub") == 0
    ran = new_town.run("hub", *undo)
    assert ran.code == 2 and ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "Name one file"),
        (("enggano.csv", "--undo", "00" * 12), "Name one file"),
        (("--undo", "00" * 12), "together with --reason"),
        (("--undo", "xyz", "--reason", "x"), "hex digits"),
        (("--undo", "00" * 12, "--reason", "x"), "import"),
        (("missing.csv",), "cannot be read"),
    ],
)
def test_it_refuses_a_wrong_call(
    new_town: Town, words: tuple[str, ...], part: str
) -> None:
    """One sentence, exit code 2, nothing written."""
    ran = new_town.run("hub", "import", *words)
    assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    assert people_of(new_town, "hub") == 0


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02" * 50, b"a;b\n1;2\n", b"PK\x03\x04xx"],
    ids=["empty", "binary", "columns", "zip"],
)  # fmt: skip
def test_it_refuses_a_file_that_is_none(
    new_town: Town, tmp_path: Path, content: bytes
) -> None:
    """Not a CSV, not an XLSX, or without the columns: one sentence and 2."""
    path = tmp_path / "file"
    path.write_bytes(content)
    for more in ((), ("--dry-run",)):
        ran = new_town.run("hub", "import", path, *more)
        assert ran.code == 2 and ran.err.count("\n") == 1, ran.err
        assert "mistake in the program" not in ran.err


def test_it_is_for_the_hub_alone(new_town: Town) -> None:
    """An office imports nobody."""
    ran = new_town.run("enggano", "import", new_town.folder / "enggano.csv")
    assert ran.code == 2 and "Only the kabupaten" in ran.err


def test_it_speaks_to_people(new_town: Town) -> None:
    """Without --json it is sentences in Bahasa Indonesia."""
    path = new_town.folder / "enggano.csv"
    code, out, err = new_town.say("hub", "import", path, "--dry-run", lang="id")
    assert code == 0 and "baru" in out and "Tidak ada yang ditulis" in out, err
    code, out, err = new_town.say("hub", "import", path, lang="id")
    assert code == 0 and f"{PEOPLE} diterima" in out, err
