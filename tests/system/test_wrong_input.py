"""Wrong input at every command ends in one sentence, exit code 2, and nothing half-done."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator

import pytest

from perahu.node.cli import COMMANDS
from tests.people.builders import create_csv, create_row
from tests.system.world import NODES, World, copy_world
from tests.system.wrong import Case, refused, snapshot, with_pin

_FOUND = "init --name Baru --wilayah 17.04 --decree SK"
_JOIN = "init --from {world}/Kapal.enrol"
_CODE = {"PERAHU_CODE": "0000-0000-0000-0000"}
_RATNA, _SARI = "--officer ratna", "--officer sari"
_LATE = "--from 2026-05-01 --until 2026-04-01"
_GRANT = "grant --login x --name X --decree SK --rights"
_HEX = "00" * 12

CASES = (
    # -- init, enrol
    Case(at="", words=_FOUND, says="--dir"),
    Case(words=_FOUND, says="is not empty"),
    Case(
        at="new", words="init --name Baru --wilayah 17.04", says="--decree is required"
    ),
    Case(at="new", words="init --name Baru --wilayah abc --decree SK", says="wilayah"),
    Case(at="new", words=f"{_FOUND} --role kecamatan", says="Only a kabupaten"),
    Case(at="new", words=f"{_FOUND} --listen nowhere", says="not host:port"),
    Case(at="new", words=f"{_FOUND} --timezone Asia/Atlantis", says="Atlantis"),
    Case(at="new", words=f"{_FOUND} --root-key {{world}}/root-key", says="exists"),
    Case(at="new", words=f"{_FOUND} --root-key {{world}}/no/key", says="no folder"),
    Case(at="new", words=f"{_FOUND} --mirror {{world}}/no/stick", says="missing"),
    Case(at="new", words=_FOUND, env={"PERAHU_PASSPHRASE": "kecil"}, says="passphrase"),
    Case(at="new", words=_FOUND, env={"PERAHU_PASSPHRASE": ""}, says="waits for"),
    Case(at="new", words=_JOIN, says="was not given"),
    Case(at="new", words=_JOIN, env=_CODE, says="code"),
    Case(at="new", words="init --from {world}/gone", env=_CODE, says="missing"),
    Case(
        at="new", words="init --from {world}/wrong.csv", env=_CODE, says="no enrolment"
    ),
    Case(at="new", words="init --from {world}", env=_CODE, says="missing"),
    Case(
        at="enggano",
        words="enrol --name X --role field --wilayah 170301 --out {world}/x",
        says="for the hub",
    ),
    Case(
        words="enrol --name X --role field --wilayah 9999 --out {world}/x",
        says="does not fit",
    ),
    Case(
        words="enrol --name enggano --role field --wilayah 1703 --out {world}/x",
        says="node named",
    ),
    Case(
        words="enrol --name X --role field --wilayah 1703 --out {world}/Kapal.enrol",
        says="exists",
    ),
    Case(
        words="enrol --name X --role field --wilayah 1703 --out {world}/no/x",
        says="plug the stick in",
    ),
    Case(
        words="enrol --name X --role field --wilayah 1703 --out {world}/x --listen a:b",
        says="not host:port",
    ),
    Case(words="enrol --again nowhere --out {world}/x", says="node 'nowhere'"),
    Case(words="enrol --again Kapal --name X --out {world}/x", says="do not name"),
    Case(words="enrol --again Kapal --out {world}/Kapal.enrol", says="exists"),
    Case(at="enggano", words="enrol --again Kapal --out {world}/x", says="for the hub"),
    Case(words="enrol --out {world}/x", says="--name is required"),
    # -- rescue, history
    Case(words="rescue", says="required"),
    Case(words="rescue --out {world}/no/x", says="plug the stick in"),
    Case(words="rescue --out {world}/Kapal.enrol", says="exists"),
    Case(words="history --node nowhere", says="node 'nowhere'"),
    # -- grant, revoke, policy, pin
    Case(words=f"{_GRANT} fly --wilayah 1703", says="rights are"),
    Case(words=f"{_GRANT} record --wilayah 9999", says="outside the kabupaten"),
    Case(words=f"{_GRANT} record --wilayah 1703 {_LATE}", says="period"),
    Case(words=f"{_GRANT} record --wilayah 1703 --from tomorrow", says="tomorrow"),
    Case(at="enggano", words=f"{_GRANT} record --wilayah 1703", says="for the hub"),
    Case(words="grant --login x", says="required"),
    Case(words="revoke --login nobody --reason lost", says="operator 'nobody'"),
    Case(words="revoke --node nowhere --reason lost", says="node 'nowhere'"),
    Case(words="revoke --reason lost", says="required"),
    Case(at="enggano", words="revoke --login sari --reason x", says="for the hub"),
    Case(words="policy --set ONLINE_ONLY", says="needs --decree"),
    Case(words="policy --set NEVER --decree SK", says="NEVER"),
    Case(
        words="policy --set ONLINE_ONLY --decree SK --timezone Mars/X", says="time zone"
    ),
    Case(at="kapal", words="policy --set ONLINE_ONLY --decree SK", says="for the hub"),
    Case(at="enggano", words="pin --login nobody", env=_CODE, says="operator 'nobody'"),
    Case(at="enggano", words="pin --login sari", says="was not given"),
    Case(
        at="enggano", words="pin --login sari", env={"PERAHU_PIN": ""}, says="not given"
    ),
    Case(at="enggano", words="pin --login sari", env=_CODE, says="code"),
    Case(
        words="pin --login sari --reset-by ratna",
        env={"PERAHU_PIN": "000001"},
        says="PIN",
    ),
    Case(at="enggano", words="pin --login ratna --reset-by sari", says="supervisor"),
    # -- sync, courier
    Case(words="sync", env={}, says="cannot be reached"),
    Case(at="provinsi", words="sync", says="has no parent"),
    Case(words="road check --carrier perahu", says="carrier"),
    Case(words="relay take {world}/nowhere", says="nowhere"),
    Case(at="enggano", words="courier export --to nowhere", says="node 'nowhere'"),
    Case(at="enggano", words="courier export --to Ketahun", says="exchanges nothing"),
    Case(at="enggano", words="courier export --folder {world}/no", says="no folder"),
    Case(at="provinsi", words="courier export --folder {world}", says="has no parent"),
    Case(words="courier import", says="Name the courier file"),
    Case(words="courier lost", says="Name the courier file"),
    Case(words="courier lost 99 --reason x", says="not in the list"),
    Case(words="courier found nothing.jrnb", says="not in the list"),
    Case(words="courier import {world}/gone.jrnb", says="gone.jrnb"),
    Case(words="courier import {world}/wrong.csv", says="wrong.csv"),
    Case(words="courier import {world}/empty", says="empty"),
    Case(words="courier import {world}/nothing", says="no courier file for this node"),
    # -- import
    Case(words=f"import {_RATNA}", says="Name one file"),
    Case(words=f"import {_RATNA} {{world}}/gone.csv", says="gone.csv"),
    Case(words=f"import {_RATNA} {{world}}", says="cannot be read"),
    Case(words=f"import {_RATNA} {{world}}/empty", says="empty"),
    Case(words=f"import {_RATNA} {{world}}/noise.xlsx", says="XLSX file is broken"),
    Case(words=f"import {_RATNA} {{world}}/noise.csv", says="neither CSV"),
    Case(words=f"import {_RATNA} {{world}}/other.csv", says="column"),
    Case(words=f"import {_RATNA} {{world}}/wrong.csv", says="no row that"),
    Case(words=f"import {_RATNA} --undo {_HEX}", says="--reason"),
    Case(words=f"import {_RATNA} --undo xyz --reason x", says="hex"),
    Case(words=f"import {_RATNA} --undo {_HEX} --reason x", says="import"),
    Case(at="enggano", words=f"import {_SARI} {{world}}/good.csv", says="Only the"),
    Case(words="import --officer nobody {world}/good.csv", says="operator 'nobody'"),
    Case(
        words=f"import {_RATNA} {{world}}/good.csv",
        env={"PERAHU_PIN": "000001"},
        says="PIN",
    ),
    Case(
        words=f"import {_RATNA} {{world}}/good.csv",
        env={"PERAHU_PIN": ""},
        says="was not given",
    ),
    # -- record
    Case(at="enggano", words=f"record {_SARI} --nik 1703019999999999", says="not in"),
    Case(at="enggano", words=f"record {_SARI} --nik budi", says="'budi'"),
    Case(at="enggano", words=f"record {_SARI} --list {{world}}/gone", says="missing"),
    Case(
        at="enggano", words=f"record {_SARI} --list {{world}}/good.csv", says="no list"
    ),
    Case(at="enggano", words=f"record {_SARI} --list {{world}}/empty", says="no list"),
    Case(at="enggano", words=f"record {_SARI} --nik {{nik}}", says="root certificate"),
    Case(
        at="enggano",
        words=f"record {_SARI} --nik {{nik}} --scanner-root {{world}}/wrong.csv",
        says="root certificate",
    ),
    Case(at="enggano", words="record --officer made --nik {nik}", says="PIN"),
    Case(
        at="enggano",
        words=f"record {_SARI} --nik {{nik}}",
        env={"PERAHU_PIN": "000001"},
        says="PIN",
    ),
    # -- print, hand-over, stock
    Case(at="enggano", words=f"print {_SARI} --order xyz", says="hex"),
    Case(at="enggano", words=f"print {_SARI} --order {_HEX}", says="printer"),
    Case(
        at="printing", words=f"print {_SARI} --order {_HEX}", says="No blanko was used"
    ),
    Case(at="enggano", words=f"print {_SARI} --all --limit 0", says="at least 1"),
    Case(at="enggano", words=f"print {_SARI} --resolve {_HEX}", says="together"),
    Case(
        at="enggano",
        words=f"print {_SARI} --resolve {_HEX} --outcome printed",
        says="order",
    ),
    Case(at="enggano", words=f"print {_SARI} --limit many", says="many"),
    Case(at="enggano", words=f"hand-over {_SARI} --nik {{nik}}", says="--code"),
    Case(at="enggano", words=f"hand-over {_SARI} --nik {{nik}} --code X", says="card"),
    Case(
        at="enggano", words=f"hand-over {_SARI} --order {_HEX} --code X", says="order"
    ),
    Case(
        at="enggano",
        words=f"hand-over {_SARI} --all-codes {{world}}/gone",
        says="missing",
    ),
    Case(
        at="enggano",
        words=f"hand-over {_SARI} --all-codes {{world}}/good.csv",
        says="no JSON",
    ),
    Case(at="enggano", words=f"stock {_SARI} send --count 5", says="--to"),
    Case(
        at="enggano",
        words=f"stock {_SARI} send --count 5 --to Mars",
        says="node 'Mars'",
    ),
    Case(
        at="enggano",
        words=f"stock {_SARI} send --count 5 --to Kapal",
        says="only 0 blanko",
    ),
    Case(
        at="enggano",
        words=f"stock {_SARI} spoil --count -3 --cause JAM",
        says="JAM",
    ),
    Case(
        at="enggano",
        words=f"stock {_SARI} arrive --transfer {_HEX} --count 5",
        says="t",
    ),
    Case(at="enggano", words=f"stock {_SARI} count --count minus", says="minus"),
    # -- map, trust
    Case(words="map {world}/gone.geojson", says="gone.geojson"),
    Case(words="map {world}/wrong.csv", says="GeoJSON"),
    Case(words="trust --out {world}/no/folder", says="folder"),
    Case(at="enggano", words=f"field {_SARI} plan", says="--desa"),
    Case(at="enggano", words=f"field {_SARI} plan --desa 1703122001", says="wilayah"),
    Case(at="enggano", words=f"field {_SARI} again --trip x --folder .", says="hex"),
    Case(at="enggano", words=f"field {_SARI} end --trip {_HEX}", says="no such trip"),
    # -- find, case, status, verify, serve
    Case(words=f"find {_RATNA}", says="Name somebody"),
    Case(words=f"find {_RATNA} sari --limit 0", says="--limit"),
    Case(words=f"case {_RATNA} --decide {_HEX}", says="together"),
    Case(words=f"case {_SARI}", says="No PIN"),
    Case(words="status --verbose", says="--verbose"),
    Case(words="verify everything", says="everything"),
    Case(words="serve now", says="now"),
)


@pytest.fixture(scope="module")
def quiet(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A district with some files beside it that are not what they seem."""
    made = copy_world(founded, tmp_path_factory.mktemp("quiet") / "world")
    folder = made.folder
    (folder / "nothing").mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "noise.xlsx").write_bytes(b"PK\x03\x04" + b"\xff\x00noise" * 400)
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 64)
    (folder / "other.csv").write_text("A,B,C\n1,2,3\n")
    (folder / "good.csv").write_bytes(create_csv())
    (folder / "wrong.csv").write_bytes(create_csv(create_row(TGL_LHR="31-02-1990")))
    made.change("hub", parent="127.0.0.1:9", parent_node=made.node_id("Provinsi").hex())
    copy_world(World(made.place("Enggano")), folder / "printing")
    made.change("printing", printer="ipp://127.0.0.1:9/ipp/print")
    for name in ("printing", *NODES):
        made.open(name).close()
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_works(
    case: Case,
    quiet: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence in each language, exit code 2, every file as it was."""
    with_pin(case.env, monkeypatch)
    shown = {"world": quiet.folder, "nik": quiet.residents()[0]}
    words = [word.format(**shown) for word in shlex.split(case.words)]
    place = ["--dir", str(quiet.folder / case.at)] if case.at else []
    # Signing in counts the try, durably, and so does a carrier that reached nobody; the
    # facts in the book are what they were.
    is_try = "--officer" in words or words[0] in ("pin", "sync")
    but = "book.sqlite3" if is_try else ""
    before = snapshot(quiet.folder, but=but), facts(quiet, case) if is_try else []
    try:
        said = refused([*place, *words], capsys)
        assert case.says in said.en
        assert snapshot(quiet.folder, but=but) == before[0]
        assert not is_try or facts(quiet, case) == before[1]
        assert not list(quiet.folder.glob(".*")), "no draft is left"
        assert not (quiet.folder / "new").exists()
    finally:
        shutil.rmtree(quiet.folder / "new", ignore_errors=True)


def facts(quiet: World, case: Case) -> list[tuple[bytes, bytes]]:
    """How far every journal in the book of the case's node goes."""
    with quiet.open(case.at) as office:
        return [(row.id, row.head_h) for row in office.journal.journals()]


def test_it_tries_every_command() -> None:
    """A new command brings its wrong inputs."""
    assert {case.words.partition(" ")[0] for case in CASES} == set(COMMANDS)
