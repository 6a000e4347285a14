"""The simulated printer as a process: its start, its control and its truth."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from perahu.devices.ipp import IppPrinter
from perahu.devices.sim_printer import REQUEST_BYTES_MAX, main
from perahu.devices.sim_printer_engine import CardPrinterEngine, set_state
from tests.devices.printers import LIMITS, Bench, HandClock, bench, card_job


def asked(
    desk: Bench,
    verb: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """One HTTP exchange with the simulator."""
    link = http.client.HTTPConnection("127.0.0.1", desk.server.server_port, timeout=5)
    try:
        link.request(verb, path, body or None, headers or {})
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def fates_of(seed: int) -> list[str]:
    """What becomes of forty cards on a printer of this seed that spoils a third."""
    clock = HandClock()
    kept: list[str] = []
    engine = CardPrinterEngine(
        clock.monotonic_s, lambda name, png: kept.append(name), seed, fault_permille=333
    )
    for number in range(40):
        job = engine.create(f"{number:02x}")
        assert job is not None
        engine.take_document(job, b"png")
        clock.wait(2)
    engine.advance()
    assert engine.printed == len(kept)
    return [job.fate for job in engine.jobs.values()]


def test_it_starts_prints_and_says_it_is_ready(tmp_path: Path) -> None:
    """The process prints its address, prints a card, and keeps the picture."""
    words = [sys.executable, "-m", "perahu.devices.sim_printer", "--port", "0"]
    words += [
        "--folder",
        str(tmp_path / "cards"),
        "--card-s",
        "0",
        "--faults",
        "jam,none",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, uri = process.stdout.readline().split()
            clock = HandClock()
            printer = IppPrinter(
                uri, wait=clock.wait, monotonic_s=clock.monotonic_s, limits=LIMITS
            )
            assert ready == "ready"
            assert printer.print(card_job("a1")).outcome == "spoiled"
            assert printer.print(card_job("a2")).outcome == "printed"
        finally:
            process.terminate()
    assert [path.name for path in (tmp_path / "cards").iterdir()] == ["a2.png"]


def test_it_ends_with_one_line_when_the_port_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A taken port is one sentence and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port, "--folder", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("wrong", [("--faults", "fire"), ("--cards", "-1")])
def test_it_refuses_wrong_arguments(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """Unknown faults and absurd counts end with code 2."""
    assert main(["--port", "0", "--folder", str(tmp_path), *wrong]) == 2


def test_it_has_the_same_faults_for_the_same_seed() -> None:
    """A seed decides which cards are spoiled, and another seed decides otherwise."""
    assert fates_of(5) == fates_of(5)
    assert fates_of(5) != fates_of(6)
    assert 0 < fates_of(5).count("spoiled") < 40


def test_it_takes_control_over_http_and_tells_the_truth(tmp_path: Path) -> None:
    """POST /sim changes the printer; GET /sim tells what really happened."""
    with bench(tmp_path) as desk:
        change = {"cards": 3, "ribbon": 9, "faults": ["encode"], "card_s": 0.5}
        status, _ = asked(desk, "POST", "/sim", json.dumps(change).encode())
        assert status == 200
        desk.print("a1")
        desk.print("a2")
        status, body = asked(desk, "GET", "/sim")
        truth = json.loads(body)
        assert status == 200
        assert (truth["cards_left"], truth["ribbon_left"]) == (1, 8)
        assert (truth["cards_fed"], truth["printed"], truth["spoiled"]) == (2, 1, 1)
        assert truth["jobs"]["a1"] == [{"fate": "spoiled", "fault": "encode"}]


@pytest.mark.parametrize(
    "change",
    [
        {"cards": -1},
        {"cards": "3"},
        {"ribbon": 2_000_000},
        {"card_s": -1},
        {"faults": ["fire"]},
        {"faults": "jam"},
        {"paper": 3},
    ],
)
def test_it_changes_nothing_for_a_wrong_control(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """A wrong value is refused whole."""
    with bench(tmp_path) as desk:
        body = json.dumps({"cards": 9, **change}).encode()
        assert asked(desk, "POST", "/sim", body)[0] == 400
        assert desk.engine.cards == 100


@pytest.mark.parametrize("body", [b"[]", b"not json", b"\xff"])
def test_it_refuses_control_that_is_no_object(tmp_path: Path, body: bytes) -> None:
    """Control is a JSON object or nothing."""
    with bench(tmp_path) as desk:
        assert asked(desk, "POST", "/sim", body)[0] == 400


def test_it_prints_what_waited_for_cards(tmp_path: Path) -> None:
    """A job that met an empty hopper goes on when cards are loaded."""
    with bench(tmp_path) as desk:
        job = desk.engine.create("a1")
        assert job is not None
        set_state(desk.engine, {"cards": 0})
        desk.engine.take_document(job, b"png")
        assert "media-empty-error" in desk.engine.reasons()
        set_state(desk.engine, {"cards": 5})
        desk.clock.wait(5)
        desk.engine.advance()
        assert (job.fate, desk.engine.cards) == ("printed", 4)


def test_it_aborts_a_jammed_job_when_the_jam_is_cleared(tmp_path: Path) -> None:
    """A jam nobody cancelled ends as one spoiled card when it is taken out."""
    with bench(tmp_path, faults=("jam_stops",)) as desk:
        job = desk.engine.create("a1")
        assert job is not None
        desk.engine.take_document(job, b"png")
        desk.clock.wait(5)
        desk.engine.advance()
        assert desk.engine.jammed
        desk.engine.clear()
        assert (job.state, job.fate, job.cards) == (8, "spoiled", 1)


def test_it_prints_one_card_after_another(tmp_path: Path) -> None:
    """Two jobs at once take twice the time of one."""
    with bench(tmp_path) as desk:
        for name in ("a1", "a2"):
            job = desk.engine.create(name)
            assert job is not None
            desk.engine.take_document(job, b"png")
        desk.clock.wait(1.5)
        assert desk.engine.truth()["printed"] == 1
        desk.clock.wait(1.0)
        assert desk.engine.truth()["printed"] == 2


def test_it_keeps_a_second_card_of_a_name_beside_the_first(tmp_path: Path) -> None:
    """If a name is printed twice, both pictures stand as the evidence."""
    with bench(tmp_path) as desk:
        for _ in range(2):
            job = desk.engine.create("a1/../x")
            assert job is not None
            desk.engine.take_document(job, b"png")
        desk.clock.wait(5)
        assert desk.engine.truth()["printed"] == 2
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["a1____x-2.png", "a1____x.png"]


def test_it_refuses_requests_over_the_limit(tmp_path: Path) -> None:
    """A request too long, or of unknown length, is not read."""
    with bench(tmp_path) as desk:
        long = {"Content-Length": str(REQUEST_BYTES_MAX + 1)}
        assert asked(desk, "POST", "/ipp/print", headers=long)[0] == 413
        assert (
            asked(desk, "POST", "/ipp/print", headers={"Content-Length": "x"})[0] == 413
        )


def test_it_reads_a_request_in_chunks(tmp_path: Path) -> None:
    """Other clients send chunked requests; they are read whole."""
    with bench(tmp_path) as desk:
        body = b'b\r\n{"cards":44\r\n1\r\n}\r\n0\r\n\r\n'
        with socket.create_connection(("127.0.0.1", desk.server.server_port)) as link:
            head = (
                b"POST /sim HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            link.sendall(head + body)
            assert link.recv(100).startswith(b"HTTP/1.1 200")
        assert desk.engine.cards == 44


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_it_serves_nothing_else(tmp_path: Path, verb: str) -> None:
    """Any other path is not there."""
    with bench(tmp_path) as desk:
        assert asked(desk, verb, "/other", b"x" if verb == "POST" else b"")[0] == 404
