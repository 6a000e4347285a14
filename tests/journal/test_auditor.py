"""The paper is enough: a reader that imports nothing of ours agrees with our own verify."""

from __future__ import annotations

import ast
from pathlib import Path
from zlib import crc32

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import PHOTO, Draft
from perahu.keys.vault import Cost, new_secret, seal_secret
from tests.cast import BUDI, SARI, Dice, carry, corrected, stocked, with_hub
from tests.journal.stores import StoreDistrict, with_mirror
from tools import auditor
from tools.auditor_facts import audit


def audited(
    district: StoreDistrict, journal: Journal, name: str, mirror: Path | None = None
) -> auditor.Findings:
    """What the second reader finds in a closed node."""
    journal.close()
    member = district.members[name]
    secret = member.keys.secret
    root = bytes(district.root.verify_key)
    return audit(auditor.Auditor(member.folder, secret, root, mirror))


def at_work(district: StoreDistrict) -> tuple[Journal, Journal, Path]:
    """Enggano with facts of both lanes, a blob, an erasure, seals and a mirror."""
    mirror = with_mirror(district)
    hub, enggano = with_hub(district)
    ref = enggano.blobs.put(b"sealed" * 5_000, PHOTO)
    with enggano.writing() as book:
        drafts = [Draft(corrected(), (ref,)), Draft(stocked(3))]
        book.append(district.ask("Enggano", SARI), drafts)
    enggano.seal()
    district.state(enggano, corrected(subject=b"other-person"), stocked(4))
    enggano.erase(BUDI)
    carry(enggano, hub, audience=lambda a: a == b"")
    district.state(enggano, stocked(5))
    return hub, enggano, mirror


def test_it_works(district: StoreDistrict) -> None:
    """The same counts as our own verify, at the office and at the hub, and nothing wrong."""
    hub, enggano, mirror = at_work(district)
    for name, journal in (("Enggano", enggano), ("Hub", hub)):
        report = journal.verify()
        path = mirror if name == "Enggano" else None
        found = audited(district, journal, name, path)
        assert found.wrong == [] and report.sound
        assert (found.journals, found.entries) == (report.journals, report.entries)
        assert (found.erased, found.seals) == (report.erased, report.seals)
        assert found.blobs == report.blobs
    assert hub.node_id != enggano.node_id


def test_it_reads_every_epoch(district: StoreDistrict) -> None:
    """After a new epoch old and new journals are read, and the fence agrees."""
    _, enggano, mirror = at_work(district)
    enggano.begin_epoch()
    district.state(enggano, stocked(6))
    found = audited(district, enggano, "Enggano", mirror)
    assert found.wrong == [] and found.mirrored == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET h = zeroblob(32)",
        "UPDATE entries SET salt = zeroblob(16) WHERE salt IS NOT NULL",
        "UPDATE entries SET body = zeroblob(40) WHERE body IS NOT NULL",
        "UPDATE entries SET commit_hash = zeroblob(32) WHERE body IS NULL",
        "UPDATE segments SET seal = zeroblob(64)",
        "UPDATE segments SET wall_ms = wall_ms + 1",
        "DELETE FROM segments",
        "DELETE FROM entries WHERE seq = 2",
        "UPDATE journals SET lane = 2",
    ],
)
@pytest.mark.damages_book("cells changed with the key in hand")
def test_it_finds_what_our_verify_finds(
    district: StoreDistrict, statement: str
) -> None:
    """The book is changed by SQL with the key in hand: both readers say so."""
    _, enggano, mirror = at_work(district)
    with enggano._book.store.transaction():
        enggano._book.store.run(statement)
    assert not enggano.verify().sound
    assert audited(district, enggano, "Enggano", mirror).wrong


@pytest.mark.damages_book("cells changed with the key in hand")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journals SET certificate = zeroblob(90) WHERE number = 1",
        "UPDATE journals SET audience = x'4830' WHERE audience = x''",
        "UPDATE journals SET own = 1 - own",
        "UPDATE journals SET epoch = epoch + 1",
        "UPDATE journals SET node = zeroblob(16)",
        "UPDATE journals SET head_seq = head_seq + 1",
        "UPDATE journals SET head_h = zeroblob(32)",
        "UPDATE journals SET sealed_seq = sealed_seq - 1 WHERE sealed_seq > 0",
        "UPDATE journals SET knows_seq = knows_seq + 1 WHERE own = 1",
        "UPDATE entries SET header = x'a0' WHERE seq = 1",
        "UPDATE entries SET salt = NULL WHERE body IS NOT NULL",
        "UPDATE entries SET commit_hash = zeroblob(32) WHERE body IS NOT NULL",
        "UPDATE segments SET a = a + 100",
        "UPDATE segments SET b = b + 90",
        "UPDATE segments SET h_b = zeroblob(32)",
        "UPDATE segments SET lamport = lamport + 1",
        "UPDATE asked SET entries = x'80'",
        "UPDATE asked SET op_id = randomblob(16)",
        "UPDATE book SET value = x'02' WHERE name = 'format'",
        "UPDATE book SET value = x'00' WHERE name = 'incarnation'",
        "UPDATE book SET value = zeroblob(8) WHERE name = 'lamport'",
        "DELETE FROM book WHERE name = 'lamport'",
        "UPDATE citations SET seq = seq + 1",
        "DELETE FROM citations",
        "UPDATE blobs SET size = size + 1",
        "UPDATE blobs SET class = 4",
        "UPDATE blobs SET sha256 = zeroblob(32)",
        "DELETE FROM blobs",
    ],
)
def test_it_finds_any_cell_that_was_changed(
    district: StoreDistrict, statement: str
) -> None:
    """What the paper says of a column, the auditor holds against the entries."""
    _, enggano, mirror = at_work(district)
    with enggano._book.store.transaction():
        enggano._book.store.run(statement)
    assert audited(district, enggano, "Enggano", mirror).wrong


@pytest.mark.damages_book("files beside the book are changed")
@pytest.mark.parametrize("name", ["fence", "keyring", "blobs", "mirror", "mirror keys"])
def test_it_finds_what_was_changed_beside_the_book(
    district: StoreDistrict, name: str
) -> None:
    """A fence that is further, lost keys, a blob of other bytes, and a mirror's record."""
    _, enggano, mirror = at_work(district)
    folder = district.members["Enggano"].folder
    enggano.close()
    if name == "fence":
        raw = bytearray(folder.joinpath(name).read_bytes())
        for at in (0, 128):
            raw[at + 40] ^= 1
            raw[at + 124 : at + 128] = crc32(raw[at : at + 124]).to_bytes(4, "big")
        folder.joinpath(name).write_bytes(raw)
    elif name == "keyring":
        raw = bytearray(folder.joinpath(name).read_bytes())
        folder.joinpath(name).write_bytes(raw[:16])
    elif name == "blobs":
        (path,) = (p for p in folder.joinpath(name).rglob("*") if p.is_file())
        path.write_bytes(path.read_bytes() + b"x")
    else:
        ending = ".jrnm" if name == "mirror" else ".keyring"
        (path,) = mirror.glob(f"*{ending}")
        raw = bytearray(path.read_bytes())
        if ending == ".jrnm":
            end = 8 + int.from_bytes(raw[4:8], "big")
            raw[end - 1] ^= 1
            raw[end : end + 4] = crc32(raw[:end]).to_bytes(4, "big")
        path.write_bytes(raw if ending == ".jrnm" else raw[:16])
    assert audited(district, enggano, "Enggano", mirror).wrong


def test_it_stays_small() -> None:
    """At most 300 lines, so that a stranger reads it in one sitting."""
    assert Path(auditor.__file__).read_text().count("\n") <= 300


def test_it_opens_a_vault() -> None:
    """The node's secret comes out of `node.key` by the paper alone."""
    secret = new_secret(Dice("vault"))
    cheap = Cost(ops=1, memory_bytes=8 * 1024 * 1024)
    vault = seal_secret(secret, "kata sandi kapal", Dice("salt"), cheap)
    assert auditor.secret_of(vault, "kata sandi kapal") == secret


def test_it_says_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder, no words: a sentence and exit code 2."""
    assert auditor.main([str(tmp_path / "nowhere")]) == 2
    assert auditor.main([]) == 2
    assert "Cannot be read" in capsys.readouterr().err


def test_it_imports_nothing_of_ours() -> None:
    """Other eyes: not one line of Perahu's code."""
    tree = ast.parse(Path(auditor.__file__).read_text())
    named = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    named += [
        a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
    ]
    assert not [name for name in named if name.startswith(("perahu", "tests", "sim"))]
